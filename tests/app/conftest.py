"""The page on a port of its own, with made-up networks, and a browser to look at it."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from people3d.app.limits import Limits
from people3d.predictor import Predictor

# Long, for a machine that has other work to do.
TIMEOUT_MS = 180_000


@pytest.fixture(scope="session")
def predictor(fake_networks):
    """One person wherever it is bright, at 1.2·k; ``predictor.networks.batches`` counts the calls."""

    def detector(image_rgb):
        bright = np.flatnonzero(image_rgb.max((0, 2)) > 128)
        if not len(bright):
            return np.zeros((0, 4)), np.zeros(0)
        return np.array([[bright[0] - 20.0, 20, bright[-1] + 20, image_rgb.shape[0] - 20]]), np.array([0.75])

    return Predictor(fake_networks(), detector)


@pytest.fixture(scope="session")
def server(predictor):
    """Address of the page."""
    pytest.importorskip("gradio")
    from people3d.app.server import make_server

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    limits = Limits(upload_mb=1, megapixels=1, seconds=5)
    server, page = make_server(predictor, limits, "127.0.0.1", port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)
    page.close()


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as p:
        flags = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        browser = p.chromium.launch(executable_path=path, args=flags, timeout=TIMEOUT_MS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, server):
    """``visit()`` is another visitor, looking at the page. ``page.strangers``: requests to other hosts."""
    contexts = []

    def visit():
        context = chromium.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        page.strangers = []
        page.on(
            "response", lambda r: None if r.url.startswith((server, "data:", "blob:")) else page.strangers.append(r.url)
        )
        page.goto(server, wait_until="domcontentloaded", timeout=TIMEOUT_MS)
        page.locator("#photo input[type=file]").wait_for(state="attached")
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """A photograph with one person, its EXIF data saying 50 mm; the same without EXIF; and what is none."""
    folder = tmp_path_factory.mktemp("photos")
    image = np.full((240, 320, 3), 60, np.uint8)
    image[100:130, 140:180] = 255
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 50
    Image.fromarray(image).save(folder / "fifty.jpg", quality=95, exif=exif)
    Image.fromarray(np.roll(image, 60, 1)).save(folder / "other.png")
    (folder / "broken.jpg").write_bytes((folder / "fifty.jpg").read_bytes()[:600])
    Image.fromarray(np.zeros((1100, 1000, 3), np.uint8)).save(folder / "large.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (900, 900, 3)).astype(np.uint8)).save(
        folder / "heavy.png"
    )
    return folder


@pytest.fixture(scope="session")
def walk(tmp_path_factory):
    """A video of two seconds: something bright goes to the right."""
    av = pytest.importorskip("av")
    pytest.importorskip("trackers")
    path = tmp_path_factory.mktemp("video") / "walk.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for i in range(20):
            image = np.full((240, 320, 3), 40, np.uint8)
            image[100:130, 100 + 4 * i : 140 + 4 * i] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path
