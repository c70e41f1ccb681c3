"""Which pictures go into which shard."""

from __future__ import annotations

import pytest

from people3d.engine import storage
from people3d.engine.plan import make_plan, read_plan

SETTINGS = {"weights": {"posenet": {"sha256": "0" * 64}}, "camera": "EXIF"}


def _pictures(*numbers: int) -> list[tuple[str, str]]:
    return [(f"/photos/{i}.jpg", f"{i}.jpg") for i in numbers]


def test_every_picture_is_in_one_shard(tmp_path):
    plan = make_plan(str(tmp_path), _pictures(*range(10)), SETTINGS, 4)
    assert [len(shard.pictures) for shard in plan.shards] == [4, 4, 2]
    assert [picture for shard in plan.shards for picture in shard.pictures] == _pictures(*range(10))
    assert read_plan(str(tmp_path)) == plan


def test_pictures_that_came_since_get_shards_of_their_own(tmp_path):
    """Whatever was planned stays as it was, also where pictures are gone or another size of shards is wanted."""
    before = make_plan(str(tmp_path), _pictures(1, 3, 5), SETTINGS, 2)
    after = make_plan(str(tmp_path), _pictures(0, 1, 2, 5), SETTINGS, 10)
    assert after.shards[:2] == before.shards
    assert [shard.pictures for shard in after.shards[2:]] == [tuple(_pictures(0, 2))]
    assert len({shard.name for shard in after.shards}) == 3


def test_another_setting_is_another_run(tmp_path):
    make_plan(str(tmp_path), _pictures(1), SETTINGS, 2)
    with pytest.raises(ValueError, match="got another camera; choose another --output"):
        make_plan(str(tmp_path), _pictures(1), {**SETTINGS, "camera": "fov 40"}, 2)


def test_something_else_in_its_place_is_named(tmp_path):
    storage.write(str(tmp_path / "plan.jsonl"), b"[1, 2]\n")
    with pytest.raises(ValueError, match="expected the plan of a run with --engine ray"):
        make_plan(str(tmp_path), _pictures(1), SETTINGS, 2)
