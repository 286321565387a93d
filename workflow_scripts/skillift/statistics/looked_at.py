"""Which verdicts a look at a study's results is of."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import polars as pl

from skillift.errors import UserError, problem
from skillift.protocols import MAIN, PROTOCOL, of_protocol
from skillift.statistics.pairing import with_skills

_FOR_CHOOSING = "dev"  # a suite that is there to be looked at
_KEY = ["suite", "student", "run", "step", "condition", "task_id", "sample"]


class LookedAt(NamedTuple):
    """What a look is of.

    Attributes:
        sha256: over the verdicts and their tasks' skills, whatever the order of their rows.
        n_tasks, n_skills: that have episodes.
    """

    sha256: str
    n_tasks: int
    n_skills: int


def looked_at(scores: pl.DataFrame, tasks: pl.DataFrame, path: str) -> LookedAt:
    """The verdicts on one scoring path, in all suites but `dev`; in that, too, where there is no other.

    Args:
        scores: contract SCORES.
        tasks: contract TASKS.
        path: the headline path.

    Raises:
        UserError: the path has no rows, or a scored task is unknown.
    """
    beside = scores.filter(pl.col(PROTOCOL) != MAIN) if PROTOCOL in scores.columns else scores.clear()
    rows = with_skills(of_protocol(scores).filter(path=path), tasks)
    if rows.is_empty():
        found = sorted(scores["path"].unique())
        raise UserError(problem("scores, column path", found, f"rows of the headline path {path}"))
    others = rows.filter(pl.col("suite") != _FOR_CHOOSING)
    rows = (others if others.height else rows).sort(_KEY)
    text = rows.select(*_KEY, "skill_id", "passed").write_csv()
    if beside.height:  # of other protocols every path counts, as the headline's may be none of theirs
        text += beside.sort(beside.columns).write_csv()
    digest = hashlib.sha256(text.encode()).hexdigest()
    return LookedAt(digest, rows["task_id"].n_unique(), rows["skill_id"].n_unique())
