"""What commands write into the docs: between ``<!-- NAME -->`` and ``<!-- end of NAME -->``."""

from __future__ import annotations

import re
from pathlib import Path

from people3d.files import write_whole


def replace_between_marks(path: Path, name: str, text: str) -> None:
    """Raises ``ValueError`` where the file has not exactly one pair of marks of that name."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    content = path.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if len(pattern.findall(content)) != 1:
        raise ValueError(f"{path}: expected one {begin} and one {end} behind it")
    write_whole(path, pattern.sub(lambda _: f"{begin}\n{text}\n{end}", content))
