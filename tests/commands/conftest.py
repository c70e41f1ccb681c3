"""``people3d predict`` on networks and a detector that need no weights."""

from __future__ import annotations

import numpy as np
import pytest

from people3d import cli
from people3d.commands import predict
from people3d.detect.views import parse_views
from people3d.predictor import Predictor


@pytest.fixture
def run(monkeypatch, fake_networks, capsys):
    """``run(*args)`` runs the command; gives the exit code and the lines on stderr."""

    def detector(image_rgb):
        bright = np.flatnonzero(image_rgb.max((0, 2)) > 128)
        if not len(bright):
            return np.zeros((0, 4)), np.zeros(0)
        return np.array([[bright[0] - 20.0, 20, bright[-1] + 20, image_rgb.shape[0] - 20]]), np.array([0.75])

    def make(**options):
        assert options["device"] == "auto"
        parse_views(options.pop("detector_views"))  # as the predictor would
        for name in ("weights", "detector", "device", "score_threshold", "batch_size"):
            del options[name]
        return Predictor(fake_networks(), detector, **options)

    monkeypatch.setattr(predict, "Predictor", make)

    def run(*args):
        code = cli.main(["predict", *map(str, args)])
        progress = "%|"
        return code, [line for line in capsys.readouterr().err.splitlines() if progress not in line]

    return run
