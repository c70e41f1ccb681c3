"""What happens where the command is started, with a Ray that is made up."""

from __future__ import annotations

import pytest

pytest.importorskip("pyarrow")

from people3d.engine import command
from people3d.engine.shards import bad_row, shard_path, write_shard
from people3d.engine.worker import Job
from people3d.skeleton import SKELETONS


@pytest.fixture
def run(tmp_path, monkeypatch):
    """``run(make)``: exit code and complaints of a run over three pictures; ``make(job, shard)`` makes a shard."""
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(b"no picture")
    job = Job(str(tmp_path / "out"), "jsonl")

    def run(make):
        def make_shards(job, shards, workers, gpus, address):
            for shard in shards:
                make(shard)
                rows = [bad_row(where, name, f"{name} is bad") for where, name in shard.pictures]
                write_shard(shard_path(job.output, shard.name, job.form), rows)
                yield {"shard": shard.name, "pictures": len(rows)}

        monkeypatch.setattr(command, "make_shards", make_shards)
        said = []
        options = {"shard_size": 1, "workers": None, "gpus": 0, "address": None, "whole": True}

        def complain(line):
            said.append(line)
            return 2

        sources = (str(tmp_path),)
        code = command.run(job, sources, {}, SKELETONS["muco21"], complain=complain, **options)
        return code, said

    return run


def test_bad_pictures_are_named_and_the_rest_is_not_done_again(run, tmp_path):
    made = []
    assert run(lambda shard: made.append(shard.name)) == (2, ["0.png is bad", "1.png is bad", "2.png is bad"])
    assert (tmp_path / "out" / "people3d.json").exists()
    run(lambda shard: made.append(shard.name))
    assert made == ["000000", "000001", "000002"]


def test_a_ray_that_gives_up_begins_again_while_it_gets_somewhere(run):
    made = []

    def make(shard):
        made.append(shard.name)
        if made.count("000001") == 1 and shard.name == "000001":
            raise RuntimeError("an actor died")

    code, said = run(make)
    assert (code, said[0]) == (2, "Ray gave up and begins again with what is left: an actor died")
    assert made == ["000000", "000001", "000001", "000002"]


def test_a_ray_that_gets_nowhere_is_an_error(run):
    def make(shard):
        raise RuntimeError("no cluster")

    with pytest.raises(RuntimeError, match="no cluster"):
        run(make)


def test_an_interrupted_run_keeps_what_is_done(run):
    def make(shard):
        if shard.name == "000002":
            raise KeyboardInterrupt

    code, said = run(make)
    assert code == 130
    assert said[0] == "interrupted; the same command goes on from here"
    assert said[1:] == ["0.png is bad", "1.png is bad"]


def test_an_address_keeps_both_slashes():
    from pathlib import Path

    assert command.output_address(Path("s3://bucket/results")) == "s3://bucket/results"
    assert command.output_address(Path("/tmp/results")) == "/tmp/results"
