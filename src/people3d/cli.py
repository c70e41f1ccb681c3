"""The command line: ``people3d COMMAND …``. Each command is one module of ``people3d.commands`` with ``main(args)``."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Any, TextIO

# What `people3d --help` prints, and the modules that may be called.
COMMANDS = {
    "predict": "people in photographs, in camera space, in millimetres",
    "app": "a page in the browser for photographs and videos",
    "doctor": "what is installed, which devices and weights there are, what is missing",
    "weights": "list, import and export weights",
    "data": "pack data sets for training",
    "train": "train a network",
    "export": "results for other programs: TRC, C3D, BVH, CSV, NPZ, COCO, rerun, GLB, meshes",
    "evaluate": "score predictions against ground truth",
    "benchmark": "the paper's tables and figures, its numbers beside yours",
    "synthesize": "render people with exact ground truth",
}


def _usage() -> str:
    lines = "\n".join(f"  {name:<12} {text}" for name, text in COMMANDS.items())
    hint = "`people3d COMMAND --help` explains one; --version prints the version."
    return f"usage: people3d COMMAND [OPTIONS]\n\n{lines}\n\n{hint}"


class _Output:
    """Standard output whose reader may leave, as in ``people3d … | head -1``: what comes after that is dropped. The
    command goes on, for its files are still wanted."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._drop()

    def _drop(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code (0 done, 2 bad usage or bad input)."""
    output = _Output(sys.stdout)
    with contextlib.redirect_stdout(output):  # pyright: ignore[reportArgumentType]
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            output.flush()


def _run(args: list[str]) -> int:
    if args[:1] in (["--version"], ["-V"]):
        from people3d import __version__

        print(f"people3d {__version__}")
        return 0
    if not args or args[0] in ("--help", "-h"):
        print(_usage())
        return 0 if args else 2
    if args[0] not in COMMANDS:
        print(f"people3d: no command {args[0]!r}\n{_usage()}", file=sys.stderr)
        return 2
    return importlib.import_module(f"people3d.commands.{args[0]}").main(args[1:])
