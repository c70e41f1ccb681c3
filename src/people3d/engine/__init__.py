"""Many pictures on many machines: ``people3d predict --engine ray`` (docs/cluster.md).

The plan says which pictures go into which shard; a worker makes one shard at a time and writes it whole. A shard that
is there is done, so a run that was ended by anything goes on with those that are missing.
"""
