"""What a finding is, and the phrases that all of them are put together from.

Fractions of the tables become percentage points (pp) here; what is undefined says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import polars as pl

from skillift.reporting import numbers
from skillift.reporting.column_text import UNDEFINED
from skillift.reporting.numbers import how_many, percent, points, span
from skillift.reporting.view import BASE, View
from skillift.statistics import claim_labels
from skillift.statistics.claim_registry import POINTS, SQUARED
from skillift.statistics.predictions import FAILED, HELD, UNDETERMINED
from skillift.statistics.uncertainty import students_t

# what a referee asks, in the order of the page; the last part holds what the numbers rest on
QUESTIONS = {
    "resolved": "Is the lift resolved at this n?",
    "uniform": "Is it uniform across tiers?",
    "judge": "Is the judge to blame?",
    "procedure": "Is it the procedure, or just a longer prompt?",
    "form": "Is it the answer, or its form?",
    "chain": "Does the chain matter?",
    "trajectory": "What shapes the trajectory over the tiers?",
    "recipes": "How deep, on which data, by which objective?",
    "scale": "Is it the scale of pre-training, or of fine-tuning?",
    "forecast": "Could it have been foretold?",
    "sampling": "What does a sampling budget buy?",
    "transfer": "Did it transfer?",
    "variants": "Does it break on a changed task?",
    "cost": "What does it cost on the safety suite?",
    "suites": "And on the other suites?",
    "prediction": "Did the prediction hold?",
    "basis": "What do the numbers rest on?",
}

_ORDER = (
    *(claim_labels.SUPPORTED, claim_labels.CONTRADICTED, claim_labels.EQUIVALENT),
    *(claim_labels.NON_INFERIOR, HELD, FAILED),
    *(claim_labels.NOT_RESOLVABLE, UNDETERMINED, claim_labels.UNDEFINED),
)
NUMBERS = ("estimate", "ci_low", "ci_high", "p_value", "p_holm", "mde", "n_tasks", "n_skills", "n_unscored")
MOST_NAMED = 3  # lifts in one sentence; the names of more of them stand in a list below it
# with fewer degrees of freedom a standard error is known to no better than 16 %, and its range is told
FEW = 20


class FormatCaveat(NamedTuple):
    """That the share of ANSWER lines differs between a lift's arms: whose, from, to, and what that means."""

    lift: str
    low: float
    high: float
    meaning: str

    @property
    def shares(self) -> str:
        """From the lowest to the highest arm, such as `61.1 % to 95.8 %`."""
        return f"{percent(self.low)} to {percent(self.high)}"


@dataclass(frozen=True)
class Finding:
    """One sentence of the report's first page.

    Attributes:
        question: a key of `QUESTIONS`.
        claim: what it is about, such as `lift`.
        sentence: the finding in full; empty texts never stand in it.
        word: a word of `statistics.claim_labels`, a verdict on a prediction, or empty where none is given.
        path: the scoring path, or empty where it is about several.
        student: the student's label, or empty where it is about several.
        figure: the figure that shows it.
        run: the run or recipe that was trained, `base`, or empty where it is about several.
        caveat: what the sentence says of a lift, where it is one on its form.
        of: what the sentence is about, where these are too many to be named in it (`merged`).
        numbers: estimate, ci_low, ci_high, p_value, p_holm, mde, n_tasks, n_skills, n_unscored, where it has
            them.
    """

    question: str
    claim: str
    sentence: str
    word: str = ""
    path: str = ""
    student: str = ""
    figure: str = ""
    numbers: Mapping[str, float | int | None] | None = None
    run: str = ""
    caveat: FormatCaveat | None = None
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One question with its answer in a sentence or two, and the findings that it rests on."""

    question: str
    answer: str
    findings: list[Finding]


def interval(low: float | None, high: float | None, level: str) -> str:
    """An interval of differences: `95 % interval −1.0 to +3.0 pp`."""
    low_end, high_end = (None if end is None else points(end) for end in (low, high))
    return between(low_end, high_end, level, POINTS)


def between(low: str | None, high: str | None, level: str, unit: str) -> str:
    """An interval whose ends are written in a unit, which is said once."""
    if low is None or high is None:
        return f"interval {UNDEFINED}"
    return f"{level} interval {low.removesuffix(f' {unit}')} to {high}"


def probability(value: float, name: str = "p") -> str:
    """A p-value: `p = 0.012`, `p < 0.001`."""
    written = numbers.probability(value)
    return f"{name} {written}" if written.startswith("<") else f"{name} = {written}"


def estimated(row: Mapping, view: View, unit: str = POINTS, test: str = "") -> str:
    """An estimate with its interval, p-value, detectable effect and counts, in a unit of `in_unit`.

    `test`: of which test the detectable effect is, where that is not the one of the claims.
    """
    if row["estimate"] is None:
        return f"{UNDEFINED} ({view.nouns.counts(row)})"
    low, high = (None if row[name] is None else in_unit(row[name], unit) for name in ("ci_low", "ci_high"))
    parts = [between(low, high, view.level, unit)]
    if row.get("p_holm") is not None:
        parts.append(probability(row["p_holm"], "Holm-adjusted p"))
    least = detectable(row) if unit == POINTS else in_unit(row["mde"], unit, sign=False)
    parts += [f"smallest detectable effect{test} {least}", view.nouns.counts(row)]
    return f"{in_unit(row['estimate'], unit)} ({'; '.join(parts)})"


def in_unit(value: float | None, unit: str, sign: bool = True) -> str:
    """A difference in a unit of `claim_registry.unit_of`: pp, pp\u00b2, a metric's own, or none (a slope)."""
    if value is None:
        return UNDEFINED
    if unit == POINTS:
        return points(value, sign)
    number = value * (1e4 if unit == SQUARED else 1)
    return f"{numbers.decimal(number, sign, digits=1 if unit else 2)} {unit}".rstrip()


def detectable(row: Mapping) -> str:
    """The smallest detectable effect; with few degrees of freedom, what its variance leaves open."""
    if row.get("mde") is None:
        return UNDEFINED
    least = numbers.detectable(row["mde"])
    if row.get("mde_low") is None or (row.get("degrees_of_freedom") or FEW) >= FEW:
        return least
    low, high = (numbers.detectable(row[name]) for name in ("mde_low", "mde_high"))
    if low == high:
        return least
    return f"{least} (its variance is little known: {low.removesuffix(' pp')} to {high})"


def numbers_of(row: Mapping) -> dict:
    """The numbers of a row, for the file of findings."""
    return {name: row.get(name) for name in NUMBERS}


def tested(rows: list[dict], view: View) -> list[dict]:
    """Effects that no claim of the study covers, as a family: p_holm, mde and word by the same rule."""
    adjusted = claim_labels.holm([row["p_value"] for row in rows])
    n_tests = sum(p_holm is not None for p_holm in adjusted)
    found = []
    for row, p_holm in zip(rows, adjusted, strict=True):
        row = {"claim": "", "p_equivalence": None, **row, "p_holm": p_holm}
        if row["standard_error"] is not None:
            whole = students_t(row["standard_error"], row["degrees_of_freedom"])
            row |= whole.detectable(view.confidence, n_tests)
        found.append(row | {"word": claim_labels.word(row, view.confidence)})
    return found


def by_tier(claims: pl.DataFrame, view: View) -> pl.DataFrame:
    """Rows of the table CLAIMS by tier, before SFT first."""
    places = dict(view.students.select("student", "position").rows())
    tier = pl.col("student").replace_strict(places, default=-1, return_dtype=pl.Int64)
    return claims.sort(tier, view.run_place(), view.run_place("against"), maintain_order=True)


def whose(student: str, run: str, view: View) -> str:
    """A student and a run or recipe in words, such as `at 45 k after SFT by sft, seed 0`."""
    label = view.label_by_student[student]
    if student in view.references:
        return f"of the reference model {label}"
    if run == BASE:
        return f"at {label} {view.before}"
    if (student, run) in view.trained_by:
        recipe, seed = view.trained_by[student, run]
        return f"at {label} after {view.nouns.training} by {recipe}, seed {seed}"
    seeds = [run for (whom, _), (recipe, _) in view.trained_by.items() if (whom, recipe) == (student, run)]
    mean = f"mean of {how_many(len(seeds), view.nouns.repeat)}"
    return f"at {label} after {view.nouns.training} by {run}, {mean}"


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def told(given: list[str]) -> str:
    """How often each word was given: `2 supported, 1 not resolvable at this n`."""
    return ", ".join(f"{given.count(word)} {word}" for word in sorted(set(given), key=_ORDER.index))


def on_claims(words: Mapping[str, Sequence[str]]) -> str:
    """Claims in quotation marks, which say that none is a finding by itself, with the words of each.

    `“it transfers”: 2 supported; “it lasts”: 1 undefined`. Claims without words are left out.
    """
    return "; ".join(f"\u201c{says}\u201d: {told(list(given))}" for says, given in words.items() if given)


def told_with_sizes(effects: Sequence[Mapping]) -> str:
    """As `told`, of rows of CLAIMS: with the estimates of what is known to be above or below zero."""
    sizes: dict[str, list[float]] = {}
    for row in effects:
        settled = row["word"] in (claim_labels.SUPPORTED, claim_labels.CONTRADICTED)
        if settled and row["estimate"] is not None:
            sizes.setdefault(row["word"], []).append(row["estimate"])
    given = [row["word"] for row in effects]
    return ", ".join(
        f"{given.count(word)} {word}" + (f" ({span(sizes[word])})" if word in sizes else "")
        for word in sorted(set(given), key=_ORDER.index)
    )


def merged(found: list[Finding]) -> list[Finding]:
    """Caveats on the form of several lifts as one, which counts them where they are many; others as is.

    Of few lifts only what says the same of each is one.
    """
    caveats = [each.caveat for each in found if each.caveat]
    if not caveats:
        return found
    if len(caveats) > MOST_NAMED:
        of_all = caveats[0]._replace(
            low=min(each.low for each in caveats), high=max(each.high for each in caveats)
        )
        sentence = (
            f"Each of {len(caveats)} lifts, named below: between its arms the share of responses with an "
            f"ANSWER line varies, over all of them from {of_all.shares}. {of_all.meaning}"
        )
        return [
            replace(found[0], sentence=sentence, of=tuple(f"{each.lift}: {each.shares}" for each in caveats))
        ]
    said = {each.sentence.partition(": ")[2] for each in found}
    if len(said) != 1:
        return found
    return [replace(found[0], sentence=f"Lift {'; '.join(each.lift for each in caveats)}: {said.pop()}")]


def largest(rows: pl.DataFrame, column: str) -> dict | None:
    """The row with the largest value of a column, its sign apart; None where all are undefined."""
    known = rows.filter(pl.col(column).is_not_null())
    ordered = known.sort(pl.col(column).abs(), descending=True, maintain_order=True)
    return ordered.row(0, named=True) if ordered.height else None
