"""What a log says, in one form for all harnesses.

An evaluation is one task of a harness, asked of one model: its items, each in one or more epochs, with one
score each.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

# one row for each item and epoch
ROWS = {
    "item": pl.String,  # what the item is called in its log
    "epoch": pl.Int64,  # counted from 0
    "value": pl.Float64,  # the score; null where there is none
    "reason": pl.String,  # why there is no score; null where there is one
    "cluster": pl.String,  # the group of related items; null where none was asked for
    "prompt": pl.String,
    "target": pl.String,
    "response": pl.String,
    "prompt_key": pl.String,  # equal where the same was asked, such as a hash
    "item_key": pl.String,  # equal where the item is the same, whatever stands before it in the prompt
    "tokens": pl.Int64,  # of the response; null where the log does not count them
}


# one half of a character that JSON writes in two: a model's answer can end within it, and no table holds it
_HALF = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def rows_of(columns: Mapping[str, Sequence]) -> pl.DataFrame:
    """`ROWS` of lists by column, with U+FFFD for what is no character."""
    try:
        return pl.DataFrame(columns, schema=ROWS)
    except UnicodeEncodeError:
        whole = {name: [_characters(value) for value in values] for name, values in columns.items()}
        return pl.DataFrame(whole, schema=ROWS)


def _characters(value: object) -> object:
    return _HALF.sub(_REPLACEMENT, value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Wanted:
    """What is wanted of logs.

    Attributes:
        metric: the score's name; None where the logs have one alone.
        filter: the filter's name (lm-evaluation-harness); None likewise.
        item: the field that names an item; None for the log's own number or id.
        cluster: the field that names the group of an item; None for no groups.
        columns: of plain tables: for each of item, passed or score, cluster, condition and so on, the column.
        tasks: patterns of names of tasks with `*`; logs of others are not looked into. Empty for all.
    """

    metric: str | None = None
    filter: str | None = None
    item: str | None = None
    cluster: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()

    def has(self, task: str) -> bool:
        """Whether the task is wanted."""
        return not self.tasks or any(fnmatchcase(task, pattern) for pattern in self.tasks)


@dataclass(frozen=True)
class Evaluation:
    """One task of a harness, asked of one model.

    Attributes:
        where: the log.
        task: its name in the harness.
        model: the model's name in the log; empty where it says none.
        scorer: what gave the scores, such as metric, filter and version; compared between arms.
        sampling: how answers were sampled, as the log says it; compared between arms.
        rows: `ROWS`.
        bounds: the least and the most that a score can be, where the harness says it.
        lower_is_better: where the harness says so.
    """

    where: Path
    task: str
    model: str
    scorer: dict
    sampling: dict
    rows: pl.DataFrame
    bounds: tuple[float, float] | None = None
    lower_is_better: bool = False


def unread(where: Path, task: str) -> Evaluation:
    """An evaluation that is not wanted, of which its task is known alone."""
    return Evaluation(where, task, "", {}, {}, pl.DataFrame(schema=ROWS))


def finite(number: float) -> float | None:
    """A score as a float; None for what is no finite one, such as NaN or an integer beyond all floats."""
    try:
        value = float(number)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None
