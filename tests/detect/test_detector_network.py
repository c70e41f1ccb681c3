"""The default detector's network, what it learns from, and its ONNX file."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from people3d.data.box_augment import BoxAugmentation, LabelledPicture, make_box_batch, place  # noqa: E402
from people3d.detect.default import THRESHOLD_KEY, VIEWS_KEY, OnnxDetector  # noqa: E402
from people3d.detect.views import View, look  # noqa: E402
from people3d.models.detector import STRIDES, PersonDetector, grid_points  # noqa: E402
from people3d.runtime import load_weights  # noqa: E402
from people3d.runtime.entry import WeightsError  # noqa: E402
from people3d.train.detector import DetectorTask, detect  # noqa: E402
from people3d.train.detector_loss import assign, detector_loss, level_points  # noqa: E402


@pytest.fixture
def detector() -> PersonDetector:
    torch.manual_seed(0)
    return PersonDetector().eval()


def scene(rng: np.random.Generator, people: int = 2) -> LabelledPicture:
    """Bright upright rectangles before noise."""
    image = rng.integers(0, 90, (96, 128, 3), dtype=np.uint8)
    boxes = []
    for i in range(people):
        x, y, w, h = 10 + 60 * i + rng.integers(0, 10), rng.integers(5, 20), 24, 64
        image[y : y + h, x : x + w] = [250, 200, 60]
        boxes.append([x, y, x + w, y + h])
    return LabelledPicture(image, np.array(boxes, np.float32).reshape(-1, 4), np.zeros(people, bool))


def test_every_level_has_its_points_and_boxes_lie_about_them(detector):
    with torch.no_grad():
        logits, boxes = detector(torch.zeros(2, 64, 96, 3, dtype=torch.uint8))
    points = torch.cat(level_points(64, 96))
    assert logits.shape == (2, len(points)) and boxes.shape == (2, len(points), 4)
    assert len(points) == sum(64 // s * 96 // s for s in STRIDES)
    assert (boxes[..., :2] < points).all() and (boxes[..., 2:] > points).all()
    assert grid_points(2, 3, 8).tolist() == [[0, 0], [8, 0], [16, 0], [0, 8], [8, 8], [16, 8]]


def test_points_stand_for_the_person_in_whose_box_they_lie():
    points = level_points(256, 256)
    boxes = torch.tensor([[20.0, 20, 60, 120], [100, 10, 240, 250], [70.0, 200, 84, 228]])
    person = assign(points, boxes)
    everywhere = torch.cat(points)
    for index, box in enumerate(boxes):
        mine = everywhere[person == index]
        assert len(mine) >= 1
        assert (mine > box[:2]).all() and (mine < box[2:]).all()
    # A large person is seen by a coarse level, a small one by a fine one.
    first = len(points[0])
    assert (person[first:] == 1).any() and not (person[first:] == 2).any()


def test_nobody_gives_no_box_loss_and_a_finite_score_loss(detector):
    logits, boxes = detector(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))
    nothing = torch.zeros(0, 4)
    assert (assign(level_points(64, 64), nothing) == -1).all()
    score_loss, box_loss = detector_loss(logits, boxes, (64, 64), [nothing], [torch.zeros(0, dtype=torch.bool)])
    assert box_loss.item() == 0 and 0 < score_loss.item() < float("inf")


def test_the_loss_of_bf16_outputs_is_that_of_their_fp32_values(detector):
    logits, boxes = (x.bfloat16() for x in detector(torch.zeros(1, 64, 64, 3, dtype=torch.uint8)))
    person = [torch.tensor([[8.0, 4, 40, 60]])], [torch.tensor([False])]
    losses = detector_loss(logits, boxes, (64, 64), *person)
    assert losses == detector_loss(logits.float(), boxes.float(), (64, 64), *person)
    assert losses[1] > 0 and losses[0].dtype == torch.float32


def test_ignored_people_cost_nothing(detector):
    logits, boxes = detector(torch.zeros(1, 64, 64, 3, dtype=torch.uint8))
    everywhere = torch.tensor([[-1.0, -1, 65, 65]])
    score_loss, box_loss = detector_loss(logits, boxes, (64, 64), [everywhere], [torch.tensor([True])])
    assert score_loss.item() == 0 and box_loss.item() == 0


@pytest.mark.parametrize("seed", range(20))
def test_augmented_boxes_still_surround_the_people(seed):
    rng = np.random.default_rng(seed)
    augmentation = BoxAugmentation(light=0, colour=0, grey_prob=0, blur_prob=0)
    picture = scene(rng)
    window, boxes, ignore = place(picture, 160, 128, augmentation, rng)
    assert window.shape == (128, 160, 3) and len(boxes) == len(ignore)
    assert (boxes >= 0).all() and (boxes <= [160, 128, 160, 128]).all()
    bright = (window[..., 0] > 170) & (window[..., 2] < 110)
    covered = np.zeros(bright.shape, bool)
    for x1, y1, x2, y2 in boxes:
        covered[int(max(0, y1 - 1.5)) : int(y2 + 2.5), int(max(0, x1 - 1.5)) : int(x2 + 2.5)] = True
    assert not (bright & ~covered).any()
    for (x1, y1, x2, y2), left_out in zip(boxes, ignore, strict=True):
        inside = bright[int(np.ceil(y1)) + 1 : int(y2) - 1, int(np.ceil(x1)) + 1 : int(x2) - 1]
        assert left_out or inside.all()


def test_a_batch_is_the_same_for_the_same_seed_and_takes_pictures_without_people():
    pictures = [scene(np.random.default_rng(0), people=0), scene(np.random.default_rng(1))]
    a, b = (make_box_batch(pictures, 6, 96, BoxAugmentation(), np.random.default_rng(3)) for _ in range(2))
    assert a.images.shape == (6, 96, 96, 3) and a.images.dtype == np.uint8
    assert (a.images == b.images).all()
    assert all((x == y).all() for x, y in zip(a.boxes_xyxy, b.boxes_xyxy, strict=True))


def test_it_learns(detector):
    """A few steps on four pictures: the loss falls, and then the people are found."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pictures = [scene(np.random.default_rng(seed)) for seed in range(2)]
        plain = BoxAugmentation((1, 1.001), 0, 0, 0, 0, 0, 0, 0, 0)
        task = DetectorTask(detector.train(), {}, pictures, pictures, 4, [View(128)], augmentation=plain)
        optimizer = torch.optim.AdamW(detector.parameters(), 2e-3)
        losses = []
        for step in range(30):
            loss, _ = task.loss(task.batch(step, 128))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    finally:
        torch.set_num_threads(threads)


def test_the_onnx_file_gives_what_torch_gives(detector, tmp_path):
    pytest.importorskip("onnxscript")
    from people3d.detect.export import export_detector

    # Weights that half precision holds exactly, so that the file must give the same.
    state = {k: v.half().to(v.dtype) for k, v in detector.state_dict().items()}
    state["head.score.weight"] *= 64
    state["head.score.bias"] += 4.5  # scores about 0.5: everywhere something to compare
    detector.load_state_dict(state)
    path = tmp_path / "detector.onnx"
    export_detector(path, {}, state, [View(96)], 0.25)
    ours = OnnxDetector(path, device="cpu", threads=1)
    assert (ours.views, ours.score_threshold) == ((View(96),), 0.25)
    assert path.stat().st_size < 8e6
    rng = np.random.default_rng(1)
    for shape in [(1, 96, 64, 3), (7, 64, 32, 3), (2, 32, 160, 3)]:
        images = rng.integers(0, 256, shape, dtype=np.uint8)
        found = ours._run({"images": images})
        with torch.no_grad():
            logits, expected = detector(torch.from_numpy(images))
        np.testing.assert_allclose(found["boxes"], expected, atol=1e-2)
        np.testing.assert_allclose(found["scores"], logits.sigmoid(), atol=1e-4)
    for shape in [(80, 60, 3), (33, 200, 3), (1, 1, 3)]:
        boxes, scores = ours(rng.integers(0, 256, shape, dtype=np.uint8))
        assert len(boxes) == len(scores) and (boxes[:, 2:] <= [shape[1], shape[0]]).all()
    export_detector(path, {}, state, [View(96), View(128, mirrored=True)], 0.25)
    several = OnnxDetector(path, device="cpu", threads=1)
    assert several.views == (View(96), View(128, mirrored=True))
    image = rng.integers(0, 256, (100, 150, 3), dtype=np.uint8)
    for got, expected in zip(several(image), look(several.candidates, image, several.views, 0.25), strict=True):
        assert len(got)
        np.testing.assert_array_equal(got, expected)
    ours.score_threshold = 1.0
    boxes, scores = ours(np.zeros((50, 70, 3), np.uint8))
    assert boxes.shape == (0, 4) and scores.shape == (0,)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "expected a people3d detector, the network in it is another"),
        ({THRESHOLD_KEY: "0.3"}, "expected a detector that says its views, .*: export its checkpoint again"),
        ({THRESHOLD_KEY: "0.3", VIEWS_KEY: "320,x"}, "view: expected px from 32 to 4096, .* got 'x'"),
    ],
)
def test_a_file_that_does_not_say_how_to_use_it_is_refused(tmp_path, metadata, message):
    onnx = pytest.importorskip("onnx")
    shutil.copy(load_weights().detector_path(), tmp_path / "detector.onnx")
    model = onnx.load(str(tmp_path / "detector.onnx"))
    onnx.helper.set_model_props(model, metadata)
    onnx.save(model, str(tmp_path / "detector.onnx"))
    with pytest.raises(WeightsError, match=f"detector.onnx: {message}"):
        OnnxDetector(tmp_path / "detector.onnx", device="cpu")


def test_nobody_is_well_shaped(detector):
    boxes, scores = detect(detector, np.zeros((50, 70, 3), np.uint8), [View(96)], 0.9)
    assert boxes.shape == (0, 4) and scores.shape == (0,)
