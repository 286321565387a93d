"""All scoring paths in one table: `bench`, and one path per judge.

Made from the episodes and verdicts of all runs and the tasks table. On `bench` a task's own scorer
(`skillift.scorers`, mostly the ANSWER-line extractor) scores it, or the primary judge where it has none; on
`judge:<name>` that judge scores every episode. Each episode has exactly one row on each path: what was not
scored stays, with its status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from skillift.contracts.pipeline import EPISODE_KEY, SCORES, key_of
from skillift.errors import UserError, problem
from skillift.protocols import PROTOCOL, keyed
from skillift.scorers.registry import Scorer, names, scorer

_SCORE = ["passed", "status"]
_REMAKE = "Delete the file and run the workflow again."


def build_scores(
    episodes: Sequence[tuple[str, str, pl.DataFrame]],
    verdicts: Sequence[tuple[str, str, str, pl.DataFrame]],
    tasks: pl.DataFrame,
    judges: Sequence[str],
    primary_judge: str,
    protocols: Mapping[str, Sequence[str]] | None = None,
) -> pl.DataFrame:
    """Score every episode on every path.

    Args:
        episodes: (student, run, frame that keeps the contract EPISODES).
        verdicts: (judge, student, run, frame that keeps the contract VERDICTS), one per judge and run.
        tasks: keeps the contract TASKS.
        judges: names of the judges that become paths.
        primary_judge: the one of them that scores tasks without a scorer on `bench`.
        protocols: of a study that declares some, the judges of each. An episode has no row on the path of a
            judge that does not judge its protocol, nor on `bench` where that judge would score it there.

    Returns:
        A frame that keeps the contract SCORES.

    Raises:
        UserError: an episode of an unknown task; a table that is there twice or not at all; an episode
            without a verdict, a verdict without an episode, or one whose `passed` contradicts its status.
    """
    if primary_judge not in judges:
        raise UserError(problem("primary_judge", primary_judge, f"one of the judges {', '.join(judges)}"))
    answered = _index("episodes", [((student, run), frame) for student, run, frame in episodes])
    judged = _index("verdicts", [((judge, student, run), frame) for judge, student, run, frame in verdicts])
    expected = {(judge, *run) for judge in judges for run in answered}
    for name in sorted(expected - set(judged)):
        raise UserError(f"verdicts {'/'.join(name)}: no such table was given; run the rule `judge` for it.")
    for name in sorted(set(judged) - expected):
        raise UserError(
            problem(f"verdicts {'/'.join(name)}", "a table", "verdicts on one of the given episodes")
        )
    parts = []
    for (student, run), frame in answered.items():
        by_judge = {
            judge: _matched(
                _judged_by(judge, frame, protocols),
                judged[judge, student, run],
                f"verdicts {judge}/{student}/{run}",
            )
            for judge in judges
        }
        paths = {"bench": _bench(frame, by_judge[primary_judge], tasks, f"episodes {student}/{run}")}
        paths |= {f"judge:{judge}": scored for judge, scored in by_judge.items()}
        labels = {"student": pl.lit(student), "run": pl.lit(run)}
        parts += [scored.with_columns(path=pl.lit(path), **labels) for path, scored in paths.items()]
    columns = [name for name in (PROTOCOL, *SCORES.columns) if name in parts[0].columns]
    scores = pl.concat([part.select(columns) for part in parts])
    return scores.sort(key_of(SCORES, scores))


def _judged_by(
    judge: str, episodes: pl.DataFrame, protocols: Mapping[str, Sequence[str]] | None
) -> pl.DataFrame:
    """The episodes of the protocols that a judge judges."""
    if protocols is None:
        return episodes
    own = [name for name, judges in protocols.items() if judge in judges]
    return episodes.filter(pl.col(PROTOCOL).is_in(own))


def _index(kind: str, tables: Sequence[tuple[tuple[str, ...], pl.DataFrame]]) -> dict:
    found: dict[tuple[str, ...], pl.DataFrame] = {}
    for name, frame in tables:
        if name in found:
            raise UserError(problem(f"{kind} {'/'.join(name)}", "two tables", "one"))
        found[name] = frame
    if not found:
        raise UserError(problem(kind, "no table", "at least one"))
    return found


def _matched(episodes: pl.DataFrame, verdicts: pl.DataFrame, source: str) -> pl.DataFrame:
    """The verdicts on `episodes`, one each, with nothing lost, invented or contradicting itself."""
    key = keyed(episodes, EPISODE_KEY)
    for left, right, found in (
        (episodes, verdicts, "an episode without a verdict"),
        (verdicts, episodes, "a verdict without an episode"),
    ):
        lonely = left.join(right, on=key, how="anti").sort(key)
        if lonely.height:
            count = f"{lonely.height} times {found}, first {lonely.select(key).row(0, named=True)}"
            raise UserError(problem(source, count, "one verdict for each episode", _REMAKE))
    if verdicts.height != episodes.height:
        raise UserError(
            problem(source, f"{verdicts.height} verdicts", f"{episodes.height}, one per episode", _REMAKE)
        )
    wrong = verdicts.filter((pl.col("status") == "scored") != pl.col("passed").is_not_null()).sort(key)
    if wrong.height:
        row = wrong.select(key + _SCORE).row(0, named=True)
        raise UserError(
            problem(source, row, "`passed` where, and only where, the status is `scored`", _REMAKE)
        )
    return verdicts.select(key + _SCORE)


def _bench(episodes: pl.DataFrame, primary: pl.DataFrame, tasks: pl.DataFrame, source: str) -> pl.DataFrame:
    known = episodes.join(tasks.select("task_id", "scorer"), on="task_id", how="left")
    unknown = known.filter(pl.col("scorer").is_null())["task_id"].unique().sort()
    if len(unknown):
        fix = "Remake the episodes from these tasks."
        raise UserError(
            problem(f"{source}, column task_id", unknown.head(3).to_list(), "ids of the tasks table", fix)
        )
    by_program = scored_by_program(known, tasks)
    key = keyed(episodes, EPISODE_KEY)
    by_judge = primary.join(known.filter(scorer="judge").select(key), on=key, how="semi")
    return pl.concat([by_program, by_judge])


def scored_by_program(episodes: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """The verdicts (key, passed, status) on the episodes of tasks that have a scorer of their own."""
    known = episodes.drop("scorer", strict=False).join(tasks.select("task_id", "scorer"), on="task_id")
    return pl.concat([_scored(known.filter(scorer=name), tasks, scorer(name)) for name in names()])


def _scored(episodes: pl.DataFrame, tasks: pl.DataFrame, by: Scorer) -> pl.DataFrame:
    """The verdicts of one scorer on the episodes of its tasks."""
    # a column that the table may lack is null
    absent = [pl.lit(None, dtype=pl.String).alias(name) for name in by.columns if name not in tasks.columns]
    said = tasks.with_columns(absent).select("task_id", *by.columns)
    rows = episodes.join(said, on="task_id", how="left", maintain_order="left")
    # an episode that the engine lost says nothing about the student
    columns = rows.select("finish_reason", "response", *by.columns).iter_rows()
    passed = [None if finish == "error" else by.score(*answered) for finish, *answered in columns]
    scored = rows.select(keyed(rows, EPISODE_KEY)).with_columns(passed=pl.Series(passed, dtype=pl.Boolean))
    return scored.with_columns(
        status=pl.when(pl.col("passed").is_null()).then(pl.lit("failed")).otherwise(pl.lit("scored"))
    )
