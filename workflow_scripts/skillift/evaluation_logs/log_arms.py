"""Arms from logs: which evaluations stand for which run and condition, and whether they can be compared.

An arm is one run under one condition. Its items are those of all its tasks of the harness; two arms are
paired by the task and the item's name. Where conditions are tasks of their own in the harness (`gsm8k_none`,
`gsm8k_steps`), `--condition none=*_none` says so, and the part that `*` stands for names the task in both.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

from skillift.contracts.pipeline import CONDITIONS
from skillift.errors import UserError, problem
from skillift.evaluation_logs.finding_logs import read_logs
from skillift.evaluation_logs.records import ROWS, Evaluation, Wanted

# what may differ between arms where `--accept` says so
ACCEPTABLE = {
    "items": "items that some arms lack, which count as unscored there",
    "models": "tasks of one arm that were asked of models of other names",
    "prompts": "the same condition asked in other words before and after",
    "sampling": "other settings of generation",
    "scorer": "another version of the task or of its scorer",
}


@dataclass(frozen=True)
class Source:
    """Where the logs of one run stand.

    Attributes:
        run: `base`, or that of a training.
        condition: that all of these logs are of; None where their tasks tell.
        path: file or folder.
    """

    run: str
    condition: str | None
    path: Path


@dataclass(frozen=True)
class Arm:
    """One run under one condition.

    Attributes:
        rows: `records.ROWS` of all its tasks, item and item's cluster with the task's name before them where
        there
            are several tasks.
        evaluations: where the rows are from.
    """

    run: str
    condition: str
    rows: pl.DataFrame
    evaluations: tuple[Evaluation, ...]


@dataclass(frozen=True)
class Arms:
    """All arms, and what was accepted that differs between them.

    Attributes:
        arms: sorted by run, `base` first, and condition.
        accepted: a sentence for each difference that `--accept` lets pass.
        clustered: what items are grouped by, in words.
        left_out: tasks of the logs that are of no condition, by name.
    """

    arms: tuple[Arm, ...]
    accepted: tuple[str, ...] = ()
    clustered: str = ""
    left_out: tuple[str, ...] = ()


def not_told(arms: Sequence[Arm]) -> list[str]:
    """What no log says, in words, and what therefore was not compared between arms."""
    known = {
        "settings of sampling": any(each.sampling for arm in arms for each in arm.evaluations),
        "prompts": any((arm.rows["prompt_key"] != "").any() for arm in arms),
        "targets": any((arm.rows["item_key"] != "").any() for arm in arms),
    }
    return [name for name, there in known.items() if not there]


def read_arms(
    sources: Sequence[Source], conditions: Mapping[str, str], wanted: Wanted, accept: Iterable[str] = ()
) -> Arms:
    """Read all logs, and say what keeps arms from being compared.

    Args:
        sources: of all runs.
        conditions: for each condition the names of its tasks, as a pattern with `*`; empty where there is
        one. wanted: of the readers.
        accept: of `ACCEPTABLE`.

    Raises:
        UserError: a log is wrong, a task is of no condition, an arm is missing or there twice, or arms
        differ in
            what is not accepted; all differences at once.
    """
    grouped: dict[tuple[str, str], dict[str, Evaluation]] = {}
    left_out: set[str] = set()
    for source in sources:
        own = replace(wanted, tasks=() if source.condition else tuple(conditions.values()))
        for evaluation in read_logs(source.path, own):
            placed = _condition(evaluation, source, conditions)
            if placed is None:
                left_out.add(evaluation.task)
                continue
            condition, task = placed
            tasks = grouped.setdefault((source.run, condition), {})
            if task in tasks:
                fix = "Give each arm once; several trainings are several folders after --after."
                both = f"{tasks[task].where} and {evaluation.where}"
                raise UserError(problem(f"{source.run} under {condition}, task {task}", both, "one log", fix))
            tasks[task] = evaluation
    _refuse_missing(grouped, left_out)
    several = len({task for tasks in grouped.values() for task in tasks}) > 1
    arms = tuple(
        Arm(run, condition, _rows(tasks, several, wanted), tuple(tasks.values()))
        for (run, condition), tasks in sorted(
            grouped.items(), key=lambda item: (item[0][0] != "base", item[0])
        )
    )
    differences = _Differences()
    for arm in arms:
        _compare_tasks(arm, differences)
    _compare(arms, differences)
    refused = [text for kind, text in differences.found if kind not in set(accept)]
    if refused:
        kinds = sorted({kind for kind, text in differences.found if text in refused and kind in ACCEPTABLE})
        last = [f"Where that is meant: --accept {' '.join(kinds)}."] if kinds else []
        raise UserError("\n".join([*refused, *last]))
    accepted = tuple(text for _, text in differences.found)
    return Arms(arms, accepted, _grouped_by(arms, wanted, several), tuple(sorted(left_out)))


def _condition(
    evaluation: Evaluation, source: Source, conditions: Mapping[str, str]
) -> tuple[str, str] | None:
    """Condition and task of an evaluation; None where it is of no condition that was asked for."""
    if source.condition is not None:
        return source.condition, evaluation.task
    if not conditions:
        return "none", evaluation.task
    fitting = [name for name, pattern in conditions.items() if fnmatchcase(evaluation.task, pattern)]
    if len(fitting) > 1:
        fix = "Make the patterns of --condition exclude each other."
        raise UserError(problem(f"{evaluation.where}, task {evaluation.task}", fitting, "one condition", fix))
    if not fitting:
        return None
    start, star, end = conditions[fitting[0]].partition("*")
    return fitting[0], evaluation.task[len(start) : len(evaluation.task) - len(end)] if star else ""


def _refuse_missing(
    grouped: Mapping[tuple[str, str], Mapping[str, Evaluation]], left_out: Collection[str]
) -> None:
    if not grouped:
        fix = f"Their tasks: {', '.join(sorted(left_out))}."
        expected = "a pattern that fits their names"
        raise UserError(problem("--condition", "no task of the logs", expected, fix))
    runs, asked = ({key[place] for key in grouped} for place in (0, 1))
    missing = [
        f"{run} under {condition}"
        for run in sorted(runs)
        for condition in sorted(asked)
        if (run, condition) not in grouped
    ]
    if missing:
        there = ", ".join(f"{run} under {condition}" for run, condition in sorted(grouped))
        fix = "Give its logs, or leave the condition out everywhere."
        raise UserError(problem("arms", there, f"{missing[0]}, too", fix))
    if len(runs) < 2:
        raise UserError(
            problem("runs", sorted(runs), "logs from before and after", "Give --before and --after.")
        )
    unknown = sorted(asked - set(CONDITIONS))
    if unknown:
        raise UserError(problem("--condition", unknown[0], f"one of {', '.join(CONDITIONS)}"))


def _grouped_by(arms: Sequence[Arm], wanted: Wanted, several: bool) -> str:
    """What items are grouped by, in words: a field, a table's column, or the tasks of the harness."""
    fields = [wanted.cluster, wanted.columns.get("cluster")]
    if named := next((name for name in fields if name), ""):
        return named
    if any(each.rows["cluster"].count() for arm in arms for each in arm.evaluations):
        return "cluster"
    return "task of the harness" if several else ""


def _rows(tasks: Mapping[str, Evaluation], several: bool, wanted: Wanted) -> pl.DataFrame:
    parts = []
    for task, evaluation in sorted(tasks.items()):
        rows = evaluation.rows
        if several:
            own = rows["cluster"].count() or wanted.cluster
            cluster = pl.format("{}/{}", pl.lit(task), "cluster") if own else pl.lit(task)
            rows = rows.with_columns(item=pl.format("{}/{}", pl.lit(task), "item"), cluster=cluster)
        parts.append(rows)
    found = pl.concat(parts) if parts else pl.DataFrame(schema=ROWS)
    twice = found.filter(pl.struct("item", "epoch").is_duplicated())
    if twice.height:
        item = twice["item"][0]
        where = next(iter(tasks.values())).where
        raise UserError(
            problem(f"{where}, item", item, "each item once in each epoch", "Give --item the right field.")
        )
    return found


@dataclass
class _Differences:
    """What differs between arms: kind and sentence."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, kind: str, where: str, found: object, expected: str) -> None:
        self.found.append((kind, problem(where, found, expected)))


def _compare_tasks(arm: Arm, differences: _Differences) -> None:
    """A mean over tasks is one of a single score, of a single model."""
    metrics = sorted({str(each.scorer.get("metric")) for each in arm.evaluations})
    if len(metrics) > 1:
        expected = "one score in all tasks: choose tasks with --condition none=TASK, or a score with --metric"
        differences.add("", f"{_name(arm)}, metrics of its tasks", ", ".join(metrics), expected)
    models = sorted({each.model for each in arm.evaluations if each.model})
    if len(models) > 1:
        differences.add("models", f"{_name(arm)}, models of its tasks", ", ".join(models), "one model")


def _compare(arms: Sequence[Arm], differences: _Differences) -> None:
    first = arms[0]
    for arm in arms[1:]:
        _compare_items(first, arm, differences)
        _compare_settings(first, arm, differences)
    for arm in arms:
        before = next(other for other in arms if other.run == "base" and other.condition == arm.condition)
        if before is not arm:
            _compare_prompts(before, arm, differences)


def _name(arm: Arm) -> str:
    return f"{arm.run} under {arm.condition}"


def _compare_items(first: Arm, arm: Arm, differences: _Differences) -> None:
    ours, theirs = (each.rows.select("item", "item_key").unique() for each in (first, arm))
    both = ours.join(theirs, on="item")
    if both.is_empty():
        examples = f"{ours['item'].min()!r} and {theirs['item'].min()!r}"
        found = f"no item of both, such as {examples}"
        differences.add(
            "", f"{_name(first)} and {_name(arm)}", found, "the same items: name them with --item"
        )
        return
    other = both.filter(pl.col("item_key") != pl.col("item_key_right"))
    if other.height:
        item = other.sort("item").row(0, named=True)
        found = f"item {item['item']} with other targets ({other.height} of {both.height})"
        differences.add(
            "", f"{_name(first)} and {_name(arm)}", found, "items of the same name to be the same"
        )
        return
    for one, rest, lacking in ((ours, theirs, arm), (theirs, ours, first)):
        alone = one.join(rest, on="item", how="anti")
        if alone.height:
            examples = ", ".join(alone["item"].sort().head(3))
            found = f"{alone.height} of {one.height} items are not there, such as {examples}"
            differences.add("items", _name(lacking), found, "the items of the other arms")


def _compare_settings(first: Arm, arm: Arm, differences: _Differences) -> None:
    for kind, attribute in (("scorer", "scorer"), ("sampling", "sampling")):
        ours, theirs = (_settings(each, attribute) for each in (first, arm))
        for name in sorted({*ours, *theirs}):
            if ours.get(name) != theirs.get(name):
                found = f"{theirs.get(name)} there and {ours.get(name)} in {_name(first)}"
                differences.add(kind, f"{_name(arm)}, {name}", found, "the same")


def _settings(arm: Arm, attribute: str) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for evaluation in arm.evaluations:
        for name, value in getattr(evaluation, attribute).items():
            found.setdefault(name, set()).add(json.dumps(value, sort_keys=True, default=str))
    return {name: ", ".join(sorted(values)) for name, values in found.items()}


def _compare_prompts(before: Arm, arm: Arm, differences: _Differences) -> None:
    both = before.rows.select("item", "epoch", "prompt_key").join(
        arm.rows.select("item", "epoch", "prompt_key"), on=["item", "epoch"]
    )
    other = both.filter(pl.col("prompt_key") != pl.col("prompt_key_right"))
    if other.height:
        found = f"{other.height} of {both.height} prompts differ, such as that of {min(other['item'])}"
        differences.add("prompts", f"{_name(before)} and {_name(arm)}", found, "the same prompts")
