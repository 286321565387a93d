"""The commands that README and docs show, word by word."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

BLOCK = re.compile(r"(?m)^ *```sh\n(.*?)^ *```", re.DOTALL)


def pages(repository: Path, parts: tuple[str, ...] = ("tutorial", "how-to", "reference")) -> list[Path]:
    """The README and the pages of these parts; but for the page that is made from the commands."""
    docs = repository / "docs"
    found = [path for part in parts for path in (docs / part).glob("*.md")]
    return [repository / "README.md", *sorted(path for path in found if path.name != "commands.md")]


def shown(found: list[Path]) -> list[tuple[str, list[str]]]:
    """The commands of pages: the page and the words of each, without what comes before or after them."""
    commands = []
    for page in found:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                calls = re.split(r" && |\n", line.strip())
                words = [shlex.split(call, comments=True) for call in calls]
                commands += [(page.name, each) for each in words if each and each[0] != "."]
    return commands
