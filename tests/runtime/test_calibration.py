"""Corrections of standard deviations: fitted by maximum likelihood, kept in entry.json, applied by the weights."""

from __future__ import annotations

import json

import numpy as np
import pytest

from people3d.runtime.calibration import NEAR_SIDES, Correction, fit_correction, read_calibration, seen_threshold


def laplace_errors(factor: float, power: float, count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Errors whose true standard deviation is factor * std ** power, and std."""
    rng = np.random.default_rng(0)
    std = np.exp(rng.normal(-2.5, 0.6, count))
    return rng.laplace(0, factor * std**power / np.sqrt(2)), std


@pytest.mark.parametrize(("factor", "power"), [(0.5, 1.0), (0.3, 0.6), (2.0, 1.4)])
def test_the_correction_that_errors_were_made_with_is_found(factor, power):
    errors, std = laplace_errors(factor, power)
    found = fit_correction(errors, std)
    assert found.power == pytest.approx(power, abs=0.03)
    corrected = found(std)
    np.testing.assert_allclose(
        corrected[100:200], factor * np.clip(std, found.low, found.high)[100:200] ** power, rtol=0.06
    )
    assert np.sqrt((errors**2).mean() / (corrected**2).mean()) == pytest.approx(
        1, abs=0.1
    )  # cut at the ends, where the largest errors are


def test_deviations_that_say_nothing_become_one_number():
    errors, std = laplace_errors(1.0, 0.0)
    found = fit_correction(errors, std[::-1] ** -1)
    assert found.power < 0.03
    assert found(std).std() < 0.05 * found(std).mean()


def test_weights_decide_whom_it_fits():
    errors = np.r_[np.full(50, 0.1), np.full(50, 9.0)]
    std = np.tile(np.linspace(0.05, 0.2, 50), 2)
    trusted = fit_correction(errors, std, np.r_[np.ones(50), np.zeros(50)])
    np.testing.assert_allclose(trusted(std), np.sqrt(2) * 0.1, rtol=1e-6)
    with pytest.raises(ValueError, match="at least ten errors"):
        fit_correction(errors, std, np.r_[np.ones(5), np.zeros(95)])


def test_beyond_what_was_fitted_it_stays():
    correction = Correction(1.0, 1.0, 0.1, 0.5)
    np.testing.assert_array_equal(correction(np.array([1e-9, 0.2, 1e9])), [0.1, 0.2, 0.5])


def test_at_the_threshold_a_joint_is_as_likely_as_not_near():
    rng = np.random.default_rng(1)
    std = rng.uniform(0.02, 0.2, 50_000)
    distance = np.linalg.norm(rng.laplace(0, std[:, None] / np.sqrt(2), (50_000, 2)), axis=1)
    threshold = seen_threshold(distance, std)
    about = np.abs(std - threshold) < 0.005
    assert (distance[about] < NEAR_SIDES).mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"corrections": {"depth": {"factor": 1, "power": 1, "low": 0.1}}}, "missing"),
        ({"corrections": {"depth": {"factor": -1, "power": 1, "low": 0.1, "high": 1}}}, "factor: expected a number"),
        ({"corrections": {"depth": {"factor": 1, "power": 1, "low": 2, "high": 1}}}, "low <= high"),
        ({"corrections": {"z": {"factor": 1, "power": 1, "low": 0.1, "high": 1}}}, "expected corrections of depth"),
        ({"seen_std": 1}, "corrections"),
    ],
)
def test_a_damaged_calibration_is_named(values, problem):
    with pytest.raises(ValueError, match=rf"rootnet: calibration: .*{problem}"):
        read_calibration(values, "rootnet")


def test_weights_apply_what_was_fitted_on_packs(copied, tmp_path, capsys):
    """The command on a pack of made-up people; the answers stay, only their deviations change."""
    torch = pytest.importorskip("torch")
    assert torch
    from people3d.cli import main
    from people3d.data.pack import Person, write_pack
    from people3d.runtime import load_weights

    from .conftest import noise

    rng = np.random.default_rng(0)
    people = [
        Person(
            rng.integers(0, 256, (120, 100, 3), dtype=np.uint8),
            np.array([10.0, 10, 70, 100]),
            rng.uniform(20, 90, (21, 2)),
            rng.normal(0, 200, 21),
            np.ones(21),
            np.ones(21),
            rng.uniform(3, 8),
        )
        for _ in range(300)
    ]
    write_pack(tmp_path / "photos", people, 300)
    before = load_weights(copied)
    crops, k = noise(3), np.array([1000.0, 2000, 3000])
    root, pose = before.root(crops, k), before.pose(crops)
    assert main(["weights", "calibrate", str(copied), "--photos", str(tmp_path / "photos")]) == 0
    assert "seen up to a std of" in capsys.readouterr().out
    after = load_weights(copied)
    new_root, new_pose = after.root(crops, k), after.pose(crops)
    np.testing.assert_array_equal(new_root.root, root.root)
    np.testing.assert_array_equal(new_pose.joints, pose.joints)
    document = json.loads((copied / "entry.json").read_text())["networks"]
    xy = Correction(**document["posenet"]["calibration"]["corrections"]["xy"])
    depth = Correction(**document["rootnet"]["calibration"]["corrections"]["depth"])
    assert pose.std is not None and new_pose.std is not None and root.depth_std_mm is not None
    np.testing.assert_allclose(new_pose.std[..., 0], xy(pose.std[..., 0]), rtol=1e-6)
    z_mm = np.abs(root.root[:, 2])
    np.testing.assert_allclose(new_root.depth_std_mm, depth(root.depth_std_mm / z_mm) * z_mm, rtol=1e-5)
    assert after.seen_std == document["posenet"]["calibration"]["seen_std"]
    # Fitting again fits the networks' own deviations again, not the corrected ones.
    assert main(["weights", "calibrate", str(copied), "--photos", str(tmp_path / "photos")]) == 0
    assert json.loads((copied / "entry.json").read_text())["networks"] == document


def test_quantize_by_the_command_line_needs_people(copied, tmp_path, capsys):
    from people3d.cli import main

    assert main(["weights", "quantize", str(copied), "--output", str(tmp_path / "int8")]) == 2
    assert "expected --photos, --synthetic or both" in capsys.readouterr().err


def test_calibrate_needs_people_and_a_folder_of_weights(copied, tmp_path, capsys):
    from people3d.cli import main

    for args, problem in (
        ([str(copied)], "expected --photos"),
        ([str(tmp_path / "no"), "--photos", str(tmp_path)], "no such folder"),
    ):
        assert main(["weights", "calibrate", *args]) == 2
        err = capsys.readouterr().err
        assert problem in err and err.count("\n") == 1
