"""An effect of several studies as Markdown: each beside the others, and what is known of differences.

Students are named by their labels, as on all pages; what is subtracted or averaged is matched by their ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from skillift.reporting.column_text import UNDEFINED, as_markdown
from skillift.reporting.numbers import points
from skillift.reporting.view import BASE, DOT, View, in_percent
from skillift.statistics.across_studies import (
    LEAST,
    Finished,
    differences_of_pairs,
    groups_of,
    sharing,
    side_by_side,
    spread_p,
    summed_up,
)

_WITHIN = "\u00a0"  # a space at which no line of a cell ends
_ESTIMATE = ("estimate", "ci_low", "ci_high")
_TEXTS = (_UNIT, _STUDY) = (f"student{DOT}training", "study")  # heads of columns that are words


def comparison_text(studies: Mapping[str, Finished], views: Mapping[str, View], contrast: str) -> str:
    """One effect of several studies side by side as Markdown, with what may be concluded from it.

    Args:
        studies: by name, two or more.
        views: of each study, at the look of its table; the lowest level that one declares is that of the
            intervals that are made here.
        contrast: as in the table EFFECTS.

    Raises:
        UserError: see `side_by_side`.
    """
    confidence = min(view.spec.analysis.confidence for view in views.values())
    rows = side_by_side(studies, contrast)
    lines = [*_heading(studies, views, contrast), "", *_beside(rows, views)]
    differences = differences_of_pairs(studies, contrast, confidence)
    for part in (
        differences.partition_by("study", "against", maintain_order=True) if differences.width else []
    ):
        lines += ["", *_subtracted(part, views, confidence)]
    notes = list(_notes(rows, studies, views, confidence))
    if differences.is_empty() and not notes:
        notes = [
            "nothing can be subtracted: no two studies share a task, a suite and a scoring path, or a "
            f"recipe by name and a student by its id ({_ids(views)})"
        ]
    if notes:
        lines += ["", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def _heading(studies: Mapping[str, Finished], views: Mapping[str, View], contrast: str) -> list[str]:
    """What is compared; what all studies have alike is said once."""
    told = {
        name: f"path {as_markdown(study.path)}, suite {study.suite}, {views[name].level} intervals"
        for name, study in studies.items()
    }
    of = f"**{contrast}** in {len(studies)} studies, percentage points"
    if len(set(told.values())) == 1:
        return [f"{of}; {next(iter(told.values()))}:"]
    return [f"{of}:", "", *(f"- {as_markdown(name)}: {each}" for name, each in told.items())]


def _beside(rows: pl.DataFrame, views: Mapping[str, View]) -> Iterator[str]:
    """A table of all studies, in which the rows of one student and training stand together."""
    yield from _head(_UNIT, _STUDY, "estimate [interval]", "tasks (skills)", "unscored")
    above = ""
    for row in _placed(rows, views).iter_rows(named=True):
        name = as_markdown(row["name"])
        cells = ["" if name == above else name, as_markdown(row["study"]), _estimate(row)]
        yield _row([*cells, f"{row['n_tasks']}{_WITHIN}({row['n_skills']})", row["n_unscored"]])
        above = name


def _placed(rows: pl.DataFrame, views: Mapping[str, View]) -> pl.DataFrame:
    """The rows with `name`, by student from the smallest of the first study on, and by training."""
    students = list(dict.fromkeys(each for view in views.values() for each in view.students["student"]))
    named = []
    for part in rows.partition_by("study", maintain_order=True):
        view = views[part["study"][0]]
        part = part.with_columns(label=pl.col("student").replace(view.label_by_student), at=view.run_place())
        named.append(part.with_columns(name=view.named()))
    tier = pl.col("student").replace_strict({each: at for at, each in enumerate(students)})
    together = pl.col("at").min().over("student", "run")
    return pl.concat(named).sort(tier, together, "run", maintain_order=True)


def _subtracted(part: pl.DataFrame, views: Mapping[str, View], confidence: float) -> Iterator[str]:
    """The differences of two studies of the same tasks."""
    one, other = part["study"][0], part["against"][0]
    minus = f"{as_markdown(one)} \u2212 {as_markdown(other)}"
    yield f"**{minus}**, paired by the tasks that both asked, {in_percent(confidence)} intervals:"
    yield ""
    yield from _head(_UNIT, "difference [interval]", "tasks", "unscored")
    for row in part.iter_rows(named=True):
        name = _unit(row["student"], row["recipe"], [views[each] for each in (one, other)])
        yield _row([name, _estimate(row), row["n_tasks"], row["n_unscored"]])


def _notes(
    rows: pl.DataFrame, studies: Mapping[str, Finished], views: Mapping[str, View], confidence: float
) -> Iterator[str]:
    for part in groups_of(rows, dict(studies)):
        of = _unit(
            part["student"][0], part["recipe"][0] or part["run"][0], [views[each] for each in part["study"]]
        )
        yield f"other tasks, {of}: {_of_disjoint(part, confidence)}"
    alike = sharing(dict(studies))
    if alike and len(alike) < len(studies) * (len(studies) - 1) // 2:
        shown = ", ".join(f"{as_markdown(one)} and {as_markdown(other)}" for one, other in alike)
        yield (
            f"only {shown} share tasks; a mean over studies is made where no two do, as these are not "
            "independent"
        )


def _of_disjoint(part: pl.DataFrame, confidence: float) -> str:
    """What independent studies say together."""
    found = summed_up(part, confidence)
    if found is not None:
        return (
            f"mean of {found.n_studies} studies {points(found.estimate)}, {in_percent(confidence)} interval "
            f"{_points(found.ci_low)} to {points(found.ci_high)} (random effects); true "
            f"effects differ between studies with a standard deviation of {points(found.tau, sign=False)}, "
            f"I\u00b2 {100 * found.i2:.0f} %"
        )
    p_value = spread_p(part)
    if p_value is None:
        return f"whether they agree is {UNDEFINED}"
    agree = "they differ" if p_value < 1 - confidence else "that they differ is not resolvable"
    return f"{agree} (Cochran's Q, p = {p_value:.3f}); fewer than {LEAST} studies have no mean"


def _ids(views: Mapping[str, View]) -> str:
    """The students of each study, as they are matched: by id, which no page shows otherwise."""
    return "; ".join(f"{name}: {', '.join(view.students['student'])}" for name, view in views.items())


def _unit(student: str, trained: str, views: Sequence[View]) -> str:
    """A student and its training; where studies label the student differently, all labels and its id."""
    labels = list(dict.fromkeys(view.label_by_student[student] for view in views))
    label = labels[0] if len(labels) == 1 else f"{' / '.join(labels)} ({student})"
    return as_markdown(label + DOT + (views[0].before if trained == BASE else trained))


def _head(*names: str) -> Iterator[str]:
    """The head of a table; what is not named by a word stands to the right."""
    yield _row(names)
    yield _row(["---" if name in _TEXTS else "--:" for name in names])


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _estimate(row: Mapping) -> str:
    """`+7.0 [−1.2, +15.2]`; parts may be undefined."""
    if row["estimate"] is None:
        return UNDEFINED
    value, *ends = (None if row[name] is None else _points(row[name]) for name in _ESTIMATE)
    around = UNDEFINED if None in ends else f"{ends[0]},{_WITHIN}{ends[1]}"
    return f"{value}{_WITHIN}[{around}]"


def _points(value: float) -> str:
    return points(value).removesuffix(" pp")
