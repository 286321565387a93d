"""What a comparison of logs found, in sentences: a gain of two arms, a lift of four, and what they rest on.

The questions are those that a reader of two folders of logs has. Words, families and estimates are those of
the table CLAIMS (`compared`); numbers stand in the unit of the score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from skillift.evaluation_logs.log_tables import About
from skillift.evaluation_logs.measure import DECLARED, HARNESS, Measure
from skillift.findings import QUESTIONS as OF_STUDIES
from skillift.findings.finding import (
    FEW,
    Finding,
    Part,
    between,
    detectable,
    numbers_of,
    probability,
    told,
)
from skillift.findings.prediction import prediction
from skillift.findings.procedure import procedure
from skillift.findings.room import room_first
from skillift.metrics.names import PASS
from skillift.reporting.column_text import UNDEFINED
from skillift.reporting.numbers import how_many, percent
from skillift.reporting.view import BASE, View
from skillift.statistics import claim_labels
from skillift.statistics.claim_registry import DELTA, LIFT, POINTS
from skillift.statistics.contrast_names import GAIN
from skillift.statistics.contrast_names import LIFT as LIFTS

# in the order of the page
QUESTIONS = {
    "gain": "Is the gain resolved at this n?",
    "resolved": OF_STUDIES["resolved"],
    "procedure": OF_STUDIES["procedure"],
    "prediction": OF_STUDIES["prediction"],
    "basis": OF_STUDIES["basis"],
}
FIGURE = "gains"


def comparison_parts(tables: Mapping[str, pl.DataFrame], view: View, said: Said) -> list[Part]:
    """The findings, a part for each question that the logs can answer.

    Args:
        tables: those of `compared.compared`; `predictions` where a study declares some.
        view: how the comparison is shown.
        said: how its things are called.
    """
    parts = [_changes(tables, view, said)]
    controls = {"placebo", "filler"} & set(said.conditions)
    if said.measure.metric == PASS and controls and said.has_lift:
        parts.append(procedure(tables, view))
    if "predictions" in tables:
        parts.append(prediction(tables["predictions"], view))
    if said.measure.metric == PASS:
        parts = room_first(parts, tables["pass_rates"], view)
    return [*parts, _basis(tables, view, said)]


class Said:
    """How a comparison's things are called."""

    def __init__(self, about: About) -> None:
        self.measure = about.measure
        self.conditions = list(about.conditions)
        self.has_lift = {"none", "curated"} <= set(self.conditions)
        self.grouped = about.grouped
        self.about = about

    def change(self, contrast: str) -> str:
        """A change as a subject: `Gain`, `Gain under curated`, `Lift (curated \u2212 none)`."""
        kind, _, of = contrast.rpartition(":")
        if f"{kind}:" == GAIN:
            return f"Gain under {of}" if self.conditions != ["none"] else "Gain"
        what = of.replace("-", " \u2212 ")
        return f"Lift ({what})" if kind else f"Procedural delta ({what})"

    def estimated(self, row: Mapping, view: View, n_tests: int, from_to: str = "") -> str:
        """An estimate with its interval, p-value, detectable effect and counts."""
        if row["estimate"] is None:
            return f"{UNDEFINED} ({view.nouns.sizes(row)})"
        low, high = (None if row[end] is None else self.measure.difference(row[end]) for end in _ENDS)
        parts = [between(low, high, view.level, self.measure.unit)]
        if row["p_holm"] is not None:
            parts.append(probability(row["p_holm"], "Holm-adjusted p" if n_tests > 1 else "p"))
        parts += [f"smallest detectable effect {self.detectable(row)}", view.nouns.sizes(row)]
        return f"{self.measure.difference(row['estimate'])}{from_to} ({'; '.join(parts)})"

    def detectable(self, row: Mapping) -> str:
        """The smallest detectable effect, with what its variance leaves open."""
        if self.measure.unit == POINTS or row["mde"] is None:
            return detectable(row)
        least, low, high = (
            self.measure.difference(row[name], sign=False) for name in ("mde", "mde_low", "mde_high")
        )
        if (row["degrees_of_freedom"] or FEW) >= FEW or low == high:
            return least
        unit = f" {self.measure.unit}"
        return f"{least} (its variance is little known: {low.removesuffix(unit)} to {high})"


_ENDS = ("ci_low", "ci_high")


def families(claims: pl.DataFrame) -> Iterator[tuple[str, list[dict]]]:
    """The changes by kind (lift, gains, further lifts, procedural deltas), each with its rows."""
    of = pl.col("contrast")
    own = claims.filter(
        pl.col("claim").is_in(["lift", "procedural_delta"]) | pl.col("claim").str.ends_with(of)
    )
    kinds = {
        "lift": of == LIFT,
        "gain": of.str.starts_with(GAIN),
        "further lift": of.str.starts_with(LIFTS) & (of != LIFT),
        "procedural delta": of == DELTA,
    }
    for kind, chosen in kinds.items():
        rows = own.filter(chosen).sort((pl.col("run") != BASE), "contrast", "run").to_dicts()
        if rows:
            yield kind, rows


def _changes(tables: Mapping[str, pl.DataFrame], view: View, said: Said) -> Part:
    """Each lift and gain with its word; the first kind that there is gives the answer."""
    found: list[Finding] = []
    answer, question = "", "resolved" if said.has_lift else "gain"
    for kind, rows in families(tables["claims"]):
        found += [_change(kind, row, len(rows), tables["pass_rates"], view, said) for row in rows]
        if not answer:
            answer = _answer(kind, rows)
    return Part(question, answer, found)


def _answer(kind: str, rows: Sequence[Mapping]) -> str:
    given = [row["word"] for row in rows]
    settled = sum(word in (claim_labels.SUPPORTED, claim_labels.CONTRADICTED) for word in given)
    about = ""
    if all(row["n_runs"] == 1 for row in rows):
        about = (
            " Before and after differ by one training, so this is about that run, and not about its recipe."
        )
    return f"{settled} of {how_many(len(rows), kind)} resolved: {told(given)}.{about}"


def _change(kind: str, row: Mapping, n_tests: int, rates: pl.DataFrame, view: View, said: Said) -> Finding:
    subject = said.change(row["contrast"])
    of_all = kind == "gain" and not row["n_unscored"]  # else levels are of other items than the gain
    from_to = _levels(row, rates, view, said) if of_all else ""
    sentence = f"{subject} {_whose(row['run'], view)}: {said.estimated(row, view, n_tests, from_to)}."
    if row["n_unscored"]:
        sentence += (
            " Whatever the missing scores are, the word stays."
            if row["word_holds"]
            else " The missing scores could change this word."
        )
    return Finding(
        "resolved" if said.has_lift else "gain",
        kind,
        sentence,
        row["word"],
        row["path"],
        view.labels[0],
        FIGURE,
        numbers_of(row),
        row["run"],
    )


def _whose(run: str, view: View) -> str:
    if run == BASE:
        return "before training"
    single = view.runs.filter(run=run)
    if single.height:
        several = view.runs.height > 1
        return f"by {single['recipe'].item()}" + (f", seed {single['seed'].item()}" if several else "")
    return f"by {run}, mean of {how_many(view.runs.height, 'training')}"


def _levels(row: Mapping, rates: pl.DataFrame, view: View, said: Said) -> str:
    """Mean scores before and after; of several trainings their mean."""
    condition = row["contrast"].removeprefix(GAIN)
    after = view.runs.filter(recipe=row["run"])["run"].to_list() or [row["run"]]
    means = [
        rates.filter(pl.col("run").is_in(runs), condition=condition).select(pl.col("pass_rate").mean()).item()
        for runs in ([BASE], after)
    ]
    if None in means:
        return ""
    return ", from {} to {}".format(*map(said.measure.level, means))


def _basis(tables: Mapping[str, pl.DataFrame], view: View, said: Said) -> Part:
    """Sizes, groups, missing scores, the range, what was accepted, and what a first look means."""
    rates = tables["pass_rates"]
    sizes = {name: rates[name].max() for name in ("n_tasks", "n_skills")}
    sizes["n_unscored"] = rates["n_unscored"].sum()
    answer = f"Up to {view.nouns.sizes(sizes)}, in each of {how_many(rates.height, 'arm')}. {_grouping(said)}"
    found = [Finding("basis", "score", _score(said.measure)), *_epochs(said)]
    found += [*_missing(rates, view, said)]
    found += [
        Finding("basis", "accepted", f"Accepted, though it differs: {text}") for text in said.about.accepted
    ]
    found += _not_compared(said)
    return Part("basis", answer, [*found, *_settings(view, said)])


def _grouping(said: Said) -> str:
    if said.grouped:
        return f"Items are grouped by {said.grouped}."
    return (
        "No groups were given, so each item stands for itself: where items are alike (one template, one "
        "passage), the intervals are too narrow."
    )


def _score(measure: Measure) -> str:
    if measure.metric == PASS:
        return f"The score is {measure.score}: 0 or 1, so its mean is a pass rate."
    better = ", and less is better" if measure.lower_is_better else ""
    ends = f"{measure.low:g} to {measure.high:g}"
    told_by = {
        DECLARED: f"from {ends}, as --range declares",
        HARNESS: f"from {ends}, as the harness has it",
        "": "0 or 1",
    }.get(
        measure.bounded_by,
        f"from {ends} as far as was observed: neither the logs nor --range says how far it could go, and "
        "missing scores are taken to lie in that range",
    )
    return f"The score is {measure.score}, {told_by}{better}."


def _not_compared(said: Said) -> Iterator[Finding]:
    """Tasks that were left out, and what no log says."""
    if others := said.about.other_tasks:
        shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
        left_out = f"{how_many(len(others), 'further task')} that --condition leaves out: {shown}"
        yield Finding("basis", "other tasks", f"Not compared: {left_out}.")
    if unknown := said.about.not_told:
        text = f"Not in the logs, and so not compared between arms: {', '.join(unknown)}."
        yield Finding("basis", "not told", text)


def _epochs(said: Said) -> Iterator[Finding]:
    least, most = said.about.epochs
    if most > 1:
        times = f"{most}" if least == most else f"{least} to {most}"
        text = f"Items were asked {times} times in an arm: the mean of its scores is an item's score."
        yield Finding("basis", "epochs", text)


def _missing(rates: pl.DataFrame, view: View, said: Said) -> Iterator[Finding]:
    reasons = said.about.reasons
    if reasons:
        shown = "; ".join(f"{number} {reason}" for reason, number in reasons[:3])
        rest = len(reasons) - 3
        more = f"; and {how_many(rest, 'other reason')}" if rest > 0 else ""
        text = f"Without a score, and never taken for a fail: {shown}{more}."
        yield Finding("basis", "unscored", text)
    whole = pl.col("n_tasks") + pl.col("n_unscored")
    share = rates.select((pl.col("n_unscored") / whole).max()).item() or 0.0
    if share > said.about.most_unscored:
        text = (
            f"Up to {percent(share)} of the scores of an arm are missing: what is compared are the items "
            "that have one in all arms, and these may not be like those that were asked."
        )
        yield Finding("basis", "warning", text)


def _settings(view: View, said: Said) -> Iterator[Finding]:
    study = said.about.study
    if study:
        text = f"Confidence, margins, seeds and predictions are those of the study {study}."
        yield Finding("basis", "study", text)
    for name, why in said.about.left_out:
        yield Finding("basis", "not judged", f"The prediction {name} is not judged here: {why}.")
    text = (
        "Logs are compared after the fact: nothing was registered before they existed, and no ledger counts "
        f"how often they were looked at. The words are at {1 - view.confidence:.3g}, and right for a first "
        "and only look."
    )
    yield Finding("basis", "looks", text)
