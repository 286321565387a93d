"""What a row of a user's file is, before anything is known of what it should be."""

from __future__ import annotations

import re
from typing import NamedTuple

from skillift.yaml_sources.source import Words

_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+|")  # of pandas; a nameless column in CSV is one too


class Row(NamedTuple):
    """One row: where it stands, for messages (`tasks.csv:3` and `line 3`), and its fields."""

    where: str
    place: str
    record: dict


class Number(str):
    """A number as it was written, in text: `7`, `0.50`, `1e-3`."""

    __repr__ = str.__str__


class Moment(Words):
    """A date or time, as Parquet shows it."""


def repeated(names: list[str]) -> list[str]:
    """The names that stand there more than once, sorted."""
    return sorted({name for name in names if names.count(name) > 1})


def is_index(name: str) -> bool:
    """Whether a column is the index that pandas writes beside a table."""
    return _INDEX.fullmatch(name) is not None
