"""Serving the page: Gradio behind :class:`Visitors`, on this machine only unless asked."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from people3d.app.limits import Limits
from people3d.app.page import APP_EXTRA, Page
from people3d.app.visitors import Visitors
from people3d.predictor import Predictor

LOCAL = ("127.0.0.1", "localhost", "::1")


def make_server(predictor: Predictor, limits: Limits, host: str, port: int) -> tuple[Any, Page]:
    """A ``uvicorn.Server`` that is yet to run, and the page that it serves; ``page.close()`` deletes its files.

    Raises:
        ImportError: the extra is missing.
    """
    folder = Path(tempfile.mkdtemp(prefix="people3d-app-"))
    # Read by Gradio when it is imported: nothing is reported to anybody, and uploads stay in our folder.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(folder / "uploads")
    try:
        import fastapi
        import gradio
        import uvicorn
    except ImportError as error:
        raise ImportError(APP_EXTRA) from error
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    page = Page(predictor, limits, folder)
    fonts = ["system-ui", "sans-serif"], ["ui-monospace", "monospace"]  # no font is fetched from elsewhere
    app = gradio.mount_gradio_app(
        fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        page.build(),
        path="",
        server_name=host,
        server_port=port,
        max_file_size=f"{limits.upload_mb}mb",
        show_error=True,
        ssr_mode=False,
        run_history=False,
        footer_links=[],
        theme=gradio.themes.Default(  # pyright: ignore[reportPrivateImportUsage]
            font=fonts[0], font_mono=fonts[1]
        ),
    )
    app.add_middleware(Visitors)
    if host in LOCAL:  # a page elsewhere must not reach this one under a name of its own
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)
    return uvicorn.Server(config), page
