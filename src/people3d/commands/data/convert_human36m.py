"""``people3d data convert-human36m``: raw Human3.6M into the parsed form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from people3d.commands import parse
from people3d.commands.data import report


@dataclass(frozen=True)
class Convert:
    """Write Human36M_subject{N}_{data,camera,joint_3d}.json from the folders that the released MATLAB tool extracts."""

    root: Path
    """holds images/s_01_act_02_subact_01_ca_01/h36m_meta.mat and so on"""
    output: Path | None = None
    """ROOT/annotations if not given, where `data pack human36m --root ROOT` finds them"""


def main(args: list[str]) -> int:
    """Returns 0, or 2 where sequences were missing or broken; the rest is written all the same."""
    from people3d.data.human36m_raw import convert

    options = parse(Convert, "data convert-human36m", args)
    problems = []
    for line in convert(options.root, options.output or options.root / "annotations"):
        if line.startswith("subject"):
            print(line, flush=True)
        else:
            problems.append(line)
    return report("convert-human36m", problems)
