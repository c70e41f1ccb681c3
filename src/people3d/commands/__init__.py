"""One module a command, each with ``main(args) -> exit code``."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from typing import TypeVar

Config = TypeVar("Config")


def parse(config: type[Config], command: str, args: list[str]) -> Config:
    """Arguments → the command's dataclass, by tyro; ``--help`` works as usual.

    Raises:
        SystemExit: 2 for bad usage, after one line on stderr that says what was expected and what came.
    """
    import tyro

    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors):
            return tyro.cli(config, prog=f"people3d {command}", args=args)
    except SystemExit as stop:
        if not stop.code:
            raise
        print(f"people3d {command}: {_one_line(errors.getvalue())} (see people3d {command} --help)", file=sys.stderr)
        raise SystemExit(2) from None


def _one_line(message: str) -> str:
    """What tyro says in a box of many lines, in one."""
    lines = [line.strip("│| ") for line in message.splitlines()[1:]]  # the first line is the box's title
    text = " ".join(line for line in lines if line.strip("╭╮╰╯─+- "))
    text = re.split(r"Got errors:|Argument helptext:|For full helptext", text)[0]
    text = re.sub(
        r"Error parsing (\S+): no type matching (?:\{None\}\|)?(.+?) could be instantiated from \[(.*)\]\.?",
        lambda m: f"{m[1]}: expected {m[2].strip('{}').replace('FLOAT', 'number')}, got {m[3]}",
        text,
    )
    return re.sub(r"Error parsing (\S+):", r"\1:", " ".join(text.split())).rstrip(". ")
