"""``people3d app``: a page in the browser for photographs and videos."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro

from people3d.app.limits import Limits
from people3d.commands import parse


@dataclass(frozen=True)
class App:
    """A page in the browser: drop, paste or take a photo, or hand over a video (docs/app.md)."""

    host: str = "127.0.0.1"
    """Address to listen at; 0.0.0.0 lets other machines in, and there is no password."""
    port: int = 7860
    weights: Annotated[str, tyro.conf.arg(metavar="NAME|DIR")] = "default"
    """Name or folder of the weights."""
    detector: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Another detector than that of the weights."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the networks run."""
    limits: tyro.conf.OmitArgPrefixes[Limits] = field(default_factory=Limits)


def main(args: list[str]) -> int:
    """Serves until it is interrupted. Returns 0, or 2 where it cannot begin."""
    try:
        config = parse(App, "app", args)
        if not 1 <= config.port <= 65535:
            raise ValueError(f"--port: expected 1 to 65535, got {config.port}")
        from people3d.app.server import LOCAL, make_server
        from people3d.predictor import Predictor

        predictor = Predictor(config.weights, config.detector, device=config.device)
        _ = predictor.detector  # what is wrong with it is said now
        server, page = make_server(predictor, config.limits, config.host, config.port)
    except (ValueError, ImportError, OSError) as error:
        print(f"people3d app: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    try:
        print(f"http://{config.host}:{config.port} (Ctrl-C ends it)")
        if config.host not in LOCAL:
            print("Everybody who reaches this address can use it; there is no password.", file=sys.stderr)
        server.run()
    except KeyboardInterrupt:
        pass
    except SystemExit:  # of uvicorn, which has said why: the port is taken
        return 2
    finally:
        page.close()
    return 0
