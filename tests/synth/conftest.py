"""What the tests of the synthetic world share. They need the extra ``synth`` and OpenGL on EGL."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def body_model():
    """The coarse body; skips where anny is missing."""
    from people3d.synth.body import load_body_model

    try:
        return load_body_model("coarse")
    except ImportError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def egl(body_model):
    """Skips where nothing can be rendered."""
    from people3d.synth.render import renderer

    try:
        return renderer("coarse")
    except (ImportError, RuntimeError) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def pictures(egl):
    """Four pictures of two or three people, and eight crops."""
    from itertools import islice

    from people3d.synth.generate import crops, scenes

    several = list(islice(scenes(3, image_size=(240, 180), people=(2, 3)), 4))
    return several + list(islice(crops(3, size=160), 8))
