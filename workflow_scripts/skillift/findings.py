"""The findings of a study as plain sentences, for the report's first page.

From the tables of the analysis, on the headline path, one sentence for each claim. A claim about a
difference ends in one of three words, by this rule: `resolved` where the interval excludes zero,
`not resolvable at this n` where it includes zero, `undefined` where the data give no estimate or no
interval. The second says nothing about absence: the smallest detectable effect stands beside it.
Fractions of the tables become percentage points (pp) here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from skillift.arms import View, on_path, place, read_spec
from skillift.audit_contracts import ALL_CONDITIONS
from skillift.certificates import certificate, warnings
from skillift.result_text import UNDEFINED

RESOLVED = "resolved"
NOT_RESOLVABLE = "not resolvable at this n"

# arms outside of these pass rates have little room to move, so their differences say little
FLOOR, CEILING = 0.05, 0.97


@dataclass(frozen=True)
class Finding:
    """One sentence of the report's first page.

    Attributes:
        claim: what it is about, such as `lift`; findings of one claim follow each other.
        student: the label of the student, or empty where it is about several.
        path: the scoring path, or empty where it is about several.
        word: `RESOLVED`, `NOT_RESOLVABLE`, `UNDEFINED`, or empty where nothing is tested.
        sentence: the finding in full.
        figure: the figure that shows it.
    """

    claim: str
    student: str
    path: str
    word: str
    sentence: str
    figure: str


def findings(
    effects: pl.DataFrame,
    pass_rates: pl.DataFrame,
    agreement: pl.DataFrame,
    path_shift: pl.DataFrame,
    certification: pl.DataFrame,
    spec: dict,
) -> list[Finding]:
    """All findings, the lift first; before it a warning where the headline judge errs too often.

    Args:
        effects: contract EFFECTS.
        pass_rates: contract PASS_RATES.
        agreement: contract AGREEMENT; without rows where there is one judge.
        path_shift: contract PATH_SHIFT; without rows where no judge was asked.
        certification: contract CERTIFICATION_RATES.
        spec: the analysis spec, see `skillift.arms.read_spec`.

    Raises:
        UserError: a table has no rows to show, or does not fit the spec.
    """
    view = read_spec(spec)
    estimates = on_path(place(effects, view, "effects"), view.headline_path, "effects").filter("headline")
    rates = on_path(place(pass_rates, view, "pass rates"), view.headline_path, "pass rates")
    return [
        *_warnings(certification, spec),
        *_lifts(estimates, view),
        *_deltas(estimates, view, before=True),
        *_deltas(estimates, view, before=False),
        *_certificates(certification, view, spec),
        *_agreement(agreement, view),
        *_path_shift(path_shift, view),
        *_answer_lines(rates, view),
        *_room_to_move(place(pass_rates, view, "pass rates")),
    ]


def word(ci_low: float | None, ci_high: float | None) -> str:
    """The word of a claim about a difference, by the rule at the head of this module."""
    if ci_low is None or ci_high is None:
        return UNDEFINED
    return RESOLVED if ci_low > 0 or ci_high < 0 else NOT_RESOLVABLE


def points(value: float, sign: bool = True) -> str:
    """A difference of fractions in percentage points: 0.07 -> +7.0 pp."""
    rounded = round(100 * value, 1) + 0.0  # no negative zero
    return f"{rounded:+.1f} pp".replace("-", "\u2212") if sign else f"{rounded:.1f} pp"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _difference(row: Mapping, view: View, estimate: float | None) -> str:
    """An estimate with its interval, what it rests on, the detectable effect and its word."""
    counts = f"{row['n_tasks']} tasks in {row['n_skills']} skills, {row['n_unscored']} episodes unscored"
    if estimate is None:
        return f"{UNDEFINED} ({counts})."
    if row["ci_low"] is None:
        return f"{points(estimate)} (interval and smallest detectable effect {UNDEFINED}; {counts})."
    interval = f"{view.level} interval {points(row['ci_low'])} to {points(row['ci_high'])}"
    detectable = f"smallest detectable effect {points(row['mde'], sign=False)}"
    return f"{points(estimate)} ({interval}; {counts}; {detectable}): {word(row['ci_low'], row['ci_high'])}."


def _whose(row: Mapping, view: View) -> str:
    """The student and run of a row in words, such as `at 45 k after SFT by sft, seed 0`."""
    if row["student"] in view.references:
        return f"of the reference model {row['label']}"
    if row["recipe"] is None:
        return f"at {row['label']} before SFT"
    seed = f"seed {row['seed']}" if row["seed"] is not None else f"mean of {row['n_runs']} seeds"
    return f"at {row['label']} after SFT by {row['recipe']}, {seed}"


def _of_effect(row: Mapping, view: View, claim: str, subject: str, figure: str) -> Finding:
    sentence = f"{subject}, on the path {row['path']}: {_difference(row, view, row['estimate'])}"
    return Finding(claim, row["label"], row["path"], word(row["ci_low"], row["ci_high"]), sentence, figure)


def _lifts(estimates: pl.DataFrame, view: View) -> Iterator[Finding]:
    for row in estimates.filter(contrast="lift:curated-none").iter_rows(named=True):
        yield _of_effect(row, view, "lift", f"Lift {_whose(row, view)}", "lift")


def _deltas(estimates: pl.DataFrame, view: View, *, before: bool) -> Iterator[Finding]:
    phase = pl.col("recipe").is_null()
    chosen = estimates.filter(phase if before else ~phase, contrast="curated-none")
    claim = f"procedural delta {'before' if before else 'after'} SFT"
    for row in chosen.iter_rows(named=True):
        yield _of_effect(row, view, claim, f"Procedural delta {_whose(row, view)}", "tier_trajectory")


def _warnings(certification: pl.DataFrame, spec: dict) -> Iterator[Finding]:
    path = spec["analysis"]["headline_path"]
    rests = "Tasks without an extractor rest" if path == "bench" else "Every verdict rests"
    for line in warnings(certification, spec):
        sentence = f"{line}. {rests} on that judge on the path {path}."
        yield Finding("warning", "", path, "", sentence, "certification")


def _certificates(certification: pl.DataFrame, view: View, spec: dict) -> Iterator[Finding]:
    for judge in certification["judge"].unique().sort():
        text = certificate(certification, judge, spec, view.level)
        yield Finding("certification of the judges", "", f"judge:{judge}", "", text, "certification")


def _agreement(agreement: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence for each pair of judges: all runs together, kappa from the worst to the best."""
    if agreement.is_empty():
        return
    rows = place(agreement.filter(condition=ALL_CONDITIONS), view, "judge agreement")
    for (judge_a, judge_b), pair in rows.group_by("judge_a", "judge_b", maintain_order=True):
        same = pair["both_pass"].sum() + pair["both_fail"].sum()
        scored = same + pair["only_a"].sum() + pair["only_b"].sum()
        share = f"{_percent(same / scored)} of {scored} episodes" if scored else f"{UNDEFINED} (0 episodes)"
        known = pair.filter(pl.col("kappa").is_not_null()).sort("kappa", maintain_order=True)
        kappas = f"Cohen's kappa {UNDEFINED}"
        if not known.is_empty():
            ends = [_kappa(known.row(place_of, named=True), view) for place_of in (0, -1)]
            kappas = f"Cohen's kappa {' to '.join(dict.fromkeys(ends))}"
        sentence = (
            f"Judges {judge_a} and {judge_b}, same verdict: {share} that both scored, "
            f"{pair['n_unscored'].sum()} unscored by either; {kappas}."
        )
        yield Finding("judge agreement", "", "", "", sentence, "judge_agreement")


def _kappa(row: Mapping, view: View) -> str:
    limits = (
        f"{row['kappa_low']:.2f} to {row['kappa_high']:.2f}" if row["kappa_low"] is not None else UNDEFINED
    )
    text = f"{row['kappa']:.2f} ({_whose(row, view)}; {view.level} interval {limits})"
    return text.replace("-", "\u2212") if row["kappa"] < 0 else text


def _path_shift(path_shift: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence for each judge's path: the arm where it stands furthest from the bench path."""
    if path_shift.is_empty():
        return
    from skillift.statistics.intervals import minimum_detectable_effect

    rows = place(path_shift, view, "path shift").filter(pl.col("shift").is_not_null())
    for (path,), arms in rows.group_by("path", maintain_order=True):
        row = arms.sort(pl.col("shift").abs(), descending=True, maintain_order=True).row(0, named=True)
        if row["standard_error"] is not None:
            row["mde"] = minimum_detectable_effect(row["standard_error"], row["n_skills"], view.confidence)
        sentence = (
            f"Largest of {arms.height} shifts from the path bench to {path} (chosen after the fact): "
            f"{_whose(row, view)}, condition {row['condition']}: "
            f"{_difference(row, view, row['shift'])}"
        )
        found = word(row["ci_low"], row["ci_high"])
        yield Finding("path shift", row["label"], path, found, sentence, "path_audit")


def _answer_lines(rates: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence for each trained student: how many responses have an ANSWER line, before and after."""
    known = rates.filter(pl.col("answer_line_rate").is_not_null())
    for (label,), rows in known.group_by("label", maintain_order=True):
        phase = pl.col("recipe").is_null()
        before, after = (rows.filter(part)["answer_line_rate"] for part in (phase, ~phase))
        if len(before) and len(after):
            sentence = (
                f"Responses with an ANSWER line at {label}: {_span(before)} before SFT and {_span(after)} "
                "after, over conditions and runs."
            )
            yield Finding("answer lines", label, "", "", sentence, "path_audit")


def _span(rates: pl.Series) -> str:
    low, high = _percent(rates.min()), _percent(rates.max())
    return low if low == high else f"{low} to {high}"


def _room_to_move(rates: pl.DataFrame) -> Iterator[Finding]:
    known = rates["pass_rate"].drop_nulls()
    inside = int(known.is_between(FLOOR, CEILING).sum())
    sentence = (
        f"Room to move: {inside} of {rates.height} arms (path, student, run, condition) have a pass rate "
        f"from {100 * FLOOR:g} to {100 * CEILING:g} %; {rates.height - len(known)} have none."
    )
    yield Finding("room to move", "", "", "", sentence, "condition_ladder")
