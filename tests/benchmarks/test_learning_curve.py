"""A training's log as a plot and a sentence."""

from __future__ import annotations

import pytest

LOG = """50,60.0,128,img_s=1,xy=0.1,depth=0.5
100,eval,synthetic_depth=0.3,synthetic_k=0.5,synthetic_constant=0.25,synthetic_root_px256=12
150,30.0,128,img_s=1,xy=0.1,depth=0.4
200,eval,synthetic_depth=0.2,synthetic_k=0.5,synthetic_constant=0.25,synthetic_root_px256=8.5
"""


def test_the_log_of_a_resumed_run_and_its_sentence(tmp_path):
    from learning_curve import read_log, sentence

    path = tmp_path / "log.csv"
    path.write_text(LOG)
    log = read_log(path)
    assert log.minutes == {50: 1.0, 150: 1.5} and [*log.held_out] == [100, 200]
    text = sentence(log, "synthetic")
    assert "After 200 steps (2 minutes)" in text and "off by 20.0 %" in text and "0.40 and 0.80 of them" in text
    path.write_text("what,is,this\n")
    with pytest.raises(ValueError, match="line 1: expected a line of a training's log"):
        read_log(path)


def test_the_plot_and_the_docs(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    from learning_curve import main

    (tmp_path / "log.csv").write_text(LOG)
    guide = tmp_path / "training.md"
    guide.write_text("before\n<!-- learning curve -->\nold\n<!-- end of learning curve -->\nafter\n")
    monkeypatch.setattr("sys.argv", ["learning_curve.py", str(tmp_path / "log.csv"), "--docs", str(tmp_path)])
    main()
    assert (tmp_path / "images/learning.png").read_bytes().startswith(b"\x89PNG")
    text = guide.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "](images/learning.png)\n\nAfter 200 steps" in text
