"""The command line: ``people3d COMMAND …``. Each command is one module of ``people3d.commands`` with ``main(args)``."""

from __future__ import annotations

import importlib
import os
import select
import sys

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


READER_GONE = 141  # what a shell reports of a program that SIGPIPE ended


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 2 bad usage or bad input, 141 where the reader of the output has
    closed it, as in ``people3d --help | head -1``."""
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_is_gone():  # it was a pipe between our own processes
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it ends
        return READER_GONE


def _reader_is_gone() -> bool:
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)  # errors are always told
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


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
