"""A study's results as one Markdown table, for a README, an issue or a mail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from skillift.findings import findings
from skillift.findings.finding import Finding, interval, merged
from skillift.findings.lift import of_claim
from skillift.findings.looks import in_short
from skillift.metrics.metric import of_metric
from skillift.reporting.column_text import UNDEFINED, as_markdown
from skillift.reporting.numbers import detectable, how_many, percent, points, probability
from skillift.reporting.view import BASE, View, view_of
from skillift.statistics import claim_labels
from skillift.statistics.room import NO_ROOM, PERHAPS

_DASH = "\u2013"


def summary(tables: Mapping[str, pl.DataFrame], view: View, name: str) -> str:
    """A row for each lift of the headline path, or for each procedural delta where no run was trained.

    Args:
        tables: see `findings`.
        view: how the study wants results shown.
        name: the study's name.

    Returns:
        Markdown: what the numbers are of, that arms have no room to move where that is so, the table (about
        100 characters wide where names are short: a hub or an issue shows no more), whether a longer prompt
        would do the same, and the warnings of the findings.

    Raises:
        UserError: see `findings`.
    """
    students = {
        student: entry.model_copy(update={"label": as_markdown(entry.label)})
        for student, entry in view.spec.students.items()
    }
    view = view_of(view.spec.model_copy(update={"students": students}), view.look)
    parts = findings(tables, view)
    answers = {part.question: part.answer for part in parts}
    found = [finding for part in parts for finding in part.findings]
    warnings, caveats = (
        merged([finding for finding in found if finding.claim == claim]) for claim in ("warning", "format")
    )
    room = re.findall(rf"^(?:{NO_ROOM}|{PERHAPS}).*?(?=\. )", parts[0].answer)
    claim = "lift" if list(of_claim(tables, view, "lift")) else "procedural_delta"
    rates = of_metric(tables["pass_rates"])
    claimed = [
        (suite, row)
        for suite in (view.suite, *view.others)
        for row in of_claim(tables, replace(view, suite=suite), claim)
    ]
    sizes = dict.fromkeys((row["n_tasks"], row["n_skills"]) for _, row in claimed)
    rows = [
        ({"suite": suite} if view.others else {}) | _row(claim, row, rates, view, sized=len(sizes) > 1)
        for suite, row in claimed
    ]
    suites = (
        f"suites {view.suite} (headline), {', '.join(view.others)}" if view.others else f"suite {view.suite}"
    )
    what = (
        "Lift: what SFT added to curated \u2212 none"
        if claim == "lift"
        else "Procedural delta: curated \u2212 none"
    )
    (n_tasks, n_skills), *differing = sizes or [(0, 0)]
    of_size = f", {how_many(n_tasks, 'task')} in {how_many(n_skills, 'skill')}{' each' * bool(view.others)}"
    head = (
        f"**skillift study `{name}`**, {suites}{'' if differing else of_size}, scoring path "
        f"{view.headline_path}. {what}, in percentage points (pp) with its {view.level} interval"
        f"{in_short(view)}, paired by task and clustered by skill; p is adjusted by Holm; MDE is the "
        "smallest effect that would be found with 80 % power. Pass rates, none \u2192 curated, are in per "
        "cent."
    )
    if any(_DASH in row.values() for row in rows):
        head += f" {_DASH}: undefined."
    return "\n\n".join(
        [
            head,
            *(f"**{text}.**" for text in room),
            _markdown(rows),
            answers["procedure"],
            *(_warning(each) for each in [*warnings, *caveats]),
        ]
    )


def _warning(finding: Finding) -> str:
    """A sentence in bold, and the names of what it is about in a list below, where it does not say them."""
    names = ["\n".join(f"- {name}" for name in finding.of)] * bool(finding.of)
    return "\n\n".join([f"**{finding.sentence}**", *names])


def _row(claim: str, row: Mapping, rates: pl.DataFrame, view: View, sized: bool) -> dict[str, str]:
    """The cells of a row; `sized`: whether rows rest on tasks and skills of different number."""
    trained = {"by": _training(row["student"], row["run"], view)}
    asked = {
        view.before: _rates(rates, row, BASE, view),
        f"after {view.nouns.training}": _rates(rates, row, row["run"], view),
    }
    if claim != "lift":
        trained, asked = {}, {"none \u2192 curated": asked[view.before]}
    size = {"tasks (skills)": f"{row['n_tasks']} ({row['n_skills']})"} if sized else {}
    return {
        "student": view.label_by_student[row["student"]],
        **trained,
        **asked,
        f"{claim.replace('_', ' ')}, pp": _estimate(row),
        "word": row["word"].replace(claim_labels.NOT_RESOLVABLE, "not resolvable"),
        "p": _DASH if row["p_holm"] is None else _whole(probability(row["p_holm"])),
        "MDE, pp": _DASH if row["mde"] is None else _whole(_bare(detectable(row["mde"]))),
        **size,
        "unscored": str(row["n_unscored"]),
    }


def _estimate(row: Mapping) -> str:
    if row["estimate"] is None:
        return UNDEFINED
    around = interval(row["ci_low"], row["ci_high"], "").removeprefix(" interval ").removeprefix("interval ")
    return f"{_bare(points(row['estimate']))} ({_whole(_bare(around))})"


def _bare(text: str) -> str:
    """A number without its unit, which the head of its column says."""
    return text.removesuffix(" pp").replace("more than", ">")


def _whole(text: str) -> str:
    """A text that is not broken over lines: of a cell only what stands between such texts is."""
    return text.replace(" ", "\u00a0")


def _training(student: str, run: str, view: View) -> str:
    if (student, run) in view.trained_by:
        return view.run_in_words[run]
    return f"{run}, {how_many(view.runs.filter(student=student, recipe=run).height, 'seed')}"


def _rates(rates: pl.DataFrame, row: Mapping, run: str, view: View) -> str:
    """Pass rates under none and curated at the last checkpoint, of a recipe the mean over its seeds."""
    seeds = view.runs.filter(recipe=run)["run"].to_list() or [run]
    arms = rates.filter(
        pl.col("run").is_in(seeds), path=row["path"], suite=row["suite"], student=row["student"]
    ).filter(pl.col("step") == pl.col("step").max().over("run"))
    means = [
        arms.filter(condition=condition).select(pl.col("pass_rate").mean()).item()
        for condition in ("none", "curated")
    ]
    return "\u00a0\u2192 ".join(
        UNDEFINED if mean is None else percent(mean).removesuffix(" %") for mean in means
    )


def _markdown(rows: list[dict[str, str]]) -> str:
    head = [*next(iter(rows), {})]
    lines = [head, ["---"] * len(head), *(row.values() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
