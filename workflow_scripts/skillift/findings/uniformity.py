"""Findings on sameness: is the lift the same at every tier, do recipes tie, is the lift asymmetric?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import (
    Finding,
    Part,
    detectable,
    interval,
    listed,
    numbers_of,
    probability,
)
from skillift.findings.lift import of_claim
from skillift.reporting.column_text import UNDEFINED
from skillift.reporting.numbers import decimal, how_many, points
from skillift.reporting.view import View
from skillift.statistics import claim_labels
from skillift.statistics.claim_labels import WITH_PAIRS

_SAID = {
    claim_labels.EQUIVALENT: "by {}: yes, within the declared margin",
    claim_labels.CONTRADICTED: "by {}: no, they differ",
    claim_labels.NOT_RESOLVABLE: (
        "by {}: not resolvable at this n, neither sameness nor a difference is shown"
    ),
    claim_labels.UNDEFINED: "by {}: undefined on these data",
}
# a difference that is shown can be shown to be within the margin, too
_SMALLER = (
    "by {}: not resolvable at this n, two tiers differ by less than the margin, but not of all is that known"
)
_THESE_RUNS = "a side has one seed, so about these runs"
_ESTIMATORS = {
    "split_half": "split halves, free of the coupling",
    "oldham": "Oldham",
    "naive": "naive, coupled by construction",
}


def uniform(tables: Mapping[str, pl.DataFrame], view: View) -> Part:
    """Whether the lift is the same at every tier, whether recipes tie, and the regime asymmetry."""
    lifts = list(of_claim(tables, view, "uniform_lift"))
    found = [_sameness(row, view) for row in [*lifts, *of_claim(tables, view, "recipe_tie")]]
    found += _asymmetry(tables["asymmetry"], view)
    whole = list(_answers([row for row in lifts if not row["student"]], view))
    nothing = "No recipe has a lift at two tiers, so there is nothing to compare."
    return Part("uniform", f"After SFT {'; '.join(whole)}." if whole else nothing, found)


def _answers(rows: list[dict], view: View) -> Iterator[str]:
    """What is said of each recipe; those of which the same is said stand together.

    Where a side has one training, it is about runs: other trainings might not differ.
    """
    said: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        about = "" if row["n_runs"] > 1 else f" ({_THESE_RUNS})"
        said.setdefault((_said(row, view), about), []).append(row["run"])
    for (answer, about), recipes in said.items():
        yield answer.format(listed(recipes) + about)


def _said(row: Mapping, view: View) -> str:
    if row["word"] == claim_labels.NOT_RESOLVABLE and row["p_holm"] < 1 - view.confidence:
        return _SMALLER
    return _SAID[row["word"]]


def _sameness(row: Mapping, view: View) -> Finding:
    """A claim that sides are the same: all of them (`against` is empty), or one pair."""
    recipes = row["claim"] == "recipe_tie"
    label = view.label_by_student[row["student"]]
    if recipes:
        what, at = "pass rates under curated", f"at {label}, "
        sides = f"{row['run']} − {row['against']}"
    else:
        what, at = "lifts", f"by {row['run']}, "
        sides = f"{label} − {view.label_by_student[row['against']]}"
    among = "of any two recipes" if recipes else "of any two tiers"
    which = f"Difference of the {what} {at}{sides}"
    subject = which if row["against"] else f"Largest difference of the {what} {at}{among}"
    return Finding(
        "uniform",
        "recipes tie" if recipes else "uniform lift",
        f"{subject}: {apart(row, view)}" + ("." if row["n_runs"] > 1 else f"; {_THESE_RUNS}."),
        row["word"],
        row["path"],
        label,
        "recipe_band" if recipes else "lift",
        numbers_of(row),
        "" if recipes else row["run"],
    )


def apart(row: Mapping, view: View) -> str:
    """A difference of two sides with both tests: are they the same, are they different?"""
    if row["estimate"] is None:
        return f"{UNDEFINED} ({view.nouns.counts(row)})"
    parts = [interval(row["ci_low"], row["ci_high"], view.level)]
    if row["p_holm"] is not None:
        whole = row["claim"] in WITH_PAIRS and not row["against"]
        which = "smallest Holm-adjusted p" if whole else "Holm-adjusted p"
        parts.append(probability(row["p_holm"], f"{which} of no difference"))
    if row["margin"] is None:
        parts.append("no margin of equivalence declared")
    elif row["p_equivalence"] is not None:
        margin = f"p of a difference of {points(row['margin'], sign=False)} or more"
        parts.append(probability(row["p_equivalence"], margin))
    parts += [f"smallest detectable difference {detectable(row)}", view.nouns.counts(row)]
    return f"{points(row['estimate'])} ({'; '.join(parts)})"


def _asymmetry(slopes: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence a recipe: the slope of the lift on the baseline delta over skills, by three estimators."""
    rows = slopes.filter(path=view.headline_path, suite=view.suite, level="cells")
    rows = rows.sort(view.run_place("recipe"), maintain_order=True)
    for (recipe,), group in rows.group_by("recipe", maintain_order=True):
        found = {row["estimator"]: row for row in group.iter_rows(named=True)}
        free = found.get("split_half")
        if free is None:
            continue
        told = [f"{name}: {_slope(found[key], view)}" for key, name in _ESTIMATORS.items() if key in found]
        sentence = (
            f"Slope of the lift on the baseline procedural delta over skills by {recipe} (negative: SFT adds "
            f"more where the procedure helped less): {'; '.join(told)}; "
            f"{how_many(free['n_students'], 'student')}, {view.nouns.counts(free)}. Intervals are given "
            "these trainings, and for each slope alone."
        )
        yield Finding("uniform", "asymmetry", sentence, path=view.headline_path, figure="asymmetry")


def _slope(row: Mapping, view: View) -> str:
    if row["slope"] is None:
        return UNDEFINED
    slope, low, high = (
        None if row[name] is None else decimal(row[name], sign=True)
        for name in ("slope", "ci_low", "ci_high")
    )
    ends = f"{view.level} interval {low} to {high}" if low and high else f"interval {UNDEFINED}"
    return f"{slope} ({ends})"
