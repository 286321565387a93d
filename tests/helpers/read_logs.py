"""Logs as tests look at them: the one evaluation of a folder, its scores, or an arm before and one after."""

from __future__ import annotations

from pathlib import Path

from skillift.evaluation_logs.finding_logs import read_logs
from skillift.evaluation_logs.log_arms import Arms, Source, read_arms
from skillift.evaluation_logs.records import Evaluation, Wanted


def one(path: Path, **wanted: object) -> Evaluation:
    """The only evaluation in a folder."""
    (found,) = read_logs(path, Wanted(**wanted))
    return found


def values(path: Path, **wanted: object) -> list:
    """The scores of the only evaluation in a folder."""
    return one(path, **wanted).rows["value"].to_list()


def arms(folder: Path, *accept: str, **wanted: object) -> Arms:
    """The arms of the folders `before` and `after`."""
    sources = [Source("base", None, folder / "before"), Source("training-s0", None, folder / "after")]
    return read_arms(sources, {}, Wanted(**wanted), accept)
