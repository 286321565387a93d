"""Paths with names in braces: one option for the files of all runs, as `episodes/{student}/{run}.parquet`.

Which runs there are stands in the command's `--spec`, so an option is as short for 10,000 runs as for one.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PathPattern:
    """A path with names in braces.

    Attributes:
        text: the path.
        names: names that it must hold; `skillift.tables.read_each` returns their values in this order.
    """

    text: str
    names: tuple[str, ...]

    def path(self, values: Mapping[str, object]) -> str:
        """The path with values in the place of their names; `values` may hold more, other braces stay."""
        return re.sub(r"\{(\w+)\}", lambda match: str(values.get(match[1], match[0])), self.text)


def path_pattern(*names: str) -> Callable[[str], PathPattern]:
    """An argparse type for a path that holds each of `names` in braces."""

    def parse(text: str) -> PathPattern:
        if any(f"{{{name}}}" not in text for name in names):
            expected = " and ".join(f"{{{name}}}" for name in names)
            raise argparse.ArgumentTypeError(f"found {text!r}, expected a path with {expected} in it")
        return PathPattern(text, names)

    return parse
