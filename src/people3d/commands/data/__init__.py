"""``people3d data``: pack, check, browse and make data sets. One module a sub-command, each with ``main(args)``."""

from __future__ import annotations

import importlib
import sys

SUBCOMMANDS = {
    "pack": "cut person crops once, for training",
    "check": "what of a data set is there, missing or broken",
    "show": "browse samples with boxes, joints and depth drawn in",
    "composite-muco": "make MuCo-3DHP from MPI-INF-3DHP, as the paper did",
    "convert-human36m": "raw Human3.6M into the parsed form",
}


def main(args: list[str]) -> int:
    """Returns the sub-command's exit code; 2 for one that there is not."""
    if args[:1] and args[0] in SUBCOMMANDS:
        module = args[0].replace("-", "_")
        try:
            return importlib.import_module(f"people3d.commands.data.{module}").main(args[1:])
        except (ValueError, OSError, ImportError) as error:
            print(f"people3d data {args[0]}: {error}", file=sys.stderr)
            return 2
    lines = "\n".join(f"  {name:<17} {text}" for name, text in SUBCOMMANDS.items())
    asked = args[:1] in (["--help"], ["-h"])
    print(f"usage: people3d data COMMAND [OPTIONS]\n\n{lines}", file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


def report(command: str, problems: list[str], shown: int = 20) -> int:
    """A line on stderr for each problem, at most ``shown``; returns the exit code, 2 where there is any."""
    for problem in problems[:shown]:
        print(f"people3d data {command}: {problem}", file=sys.stderr)
    if len(problems) > shown:
        print(f"people3d data {command}: and {len(problems) - shown:,} more", file=sys.stderr)
    return 2 if problems else 0
