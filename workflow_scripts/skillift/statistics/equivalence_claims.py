"""Claims of sameness: every pair of sides, and all of them at once."""

from __future__ import annotations

from itertools import combinations

import polars as pl

from skillift.statistics.claim_labels import End, holm
from skillift.statistics.comparisons import Sides
from skillift.statistics.equivalence import all_equivalent, tost
from skillift.statistics.intervals import clustered_means
from skillift.statistics.pairing import paired_difference
from skillift.statistics.seed_variance import with_seeds

_DETECTABLE = ("mde", "mde_low", "mde_high")
_UNCERTAINTY = ("standard_error", "degrees_of_freedom", "ci_low", "ci_high", "p_value", *_DETECTABLE)
_UNDEFINED = dict.fromkeys((*_UNCERTAINTY, "p_equivalence", "uncertainty"))


def sameness(sides: Sides, margin: float | None, confidence: float) -> list[dict]:
    """The rows of one claim of sameness; none where there are fewer than two sides.

    A pair's row has the columns of CLAIMS from `estimate` on, with `side` and `against`: the mean of the
    paired differences side - against over the tasks that both have, clustered by skill, training-seed
    variance included (`seed_variance.with_seeds`). p_holm is adjusted over the pairs. n_runs is the number of
    trainings of the side that has the fewest: with one, the row is about those runs.

    The first row is the whole claim, with `side` and `against` empty:

    - estimate: the largest difference of a pair, without its sign
    - ci_low, ci_high: limits of the largest true difference, from simultaneous intervals of all m pairs
      (Bonferroni, 1 - alpha/m each): where all of these hold, so does this; it covers at least as often as
      the confidence says
    - p_holm: the smallest of the pairs', the p-value of "all sides are equal" (Bonferroni's inequality): the
      whole is told apart exactly where a pair is, and where ci_low is above 0
    - p_equivalence: the largest of the pairs' (`equivalence.all_equivalent`)
    - mde, mde_low, mde_high: the smallest difference that the least certain pair shows at level alpha/m with
      80 % power, as of each pair
    - n_tasks, n_skills: the fewest that a pair rests on
    - standard_error, degrees_of_freedom and p_value: None, a largest difference has none, and no test of its
      own

    All but the counts are None where a pair is undefined.

    Args:
        sides: what is compared.
        margin: the largest difference that counts as none, as a fraction; None where none is declared.
        confidence: of the intervals, as a fraction.
    """
    pairs = differences_of(sides, list(combinations(sides.names, 2)), margin, confidence)
    return [_whole(sides, pairs, margin, confidence), *pairs] if pairs else []


def differences_of(
    sides: Sides, names: list[tuple[str, str]], margin: float | None, confidence: float
) -> list[dict]:
    """The rows of some pairs of sides, as `sameness` has those of all pairs; p_holm is adjusted over these.

    Args:
        sides: what is compared.
        names: the pairs, as side and against.
        margin: the largest difference that counts as none, as a fraction; None where none is declared.
        confidence: of the intervals, as a fraction.
    """
    if not names:
        return []
    pairs = pl.DataFrame(names, schema=["side", "against"], orient="row").with_row_index("pair")
    one = sides.rows.join(pairs.select("pair", "side"), on="side")
    other = sides.rows.join(pairs.select("pair", side="against"), on="side")
    apart = paired_difference(one, other, cell=["pair"])
    estimates = (
        pairs.join(clustered_means(apart, ["pair"], confidence), on="pair", how="left")
        .join(apart.group_by("pair").agg(pl.col("n_unscored").sum()), on="pair", how="left")
        .with_columns(pl.col("n_tasks", "n_skills", "n_unscored").fill_null(0))
        .sort("pair")
    )
    rows = [_pair(row, sides, margin, confidence) for row in estimates.iter_rows(named=True)]
    n_tests = sum(row["p_value"] is not None for row in rows)
    ends = _ends(apart, sides, rows, margin, confidence) if apart["n_unscored"].sum() else {}
    for row, p_holm in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row |= {"p_holm": p_holm, "n_tests": n_tests, "ends": ends.get(row["pair"], [])}
        if row["uncertainty"]:
            row |= row["uncertainty"].detectable(confidence, n_tests)
    return rows


def _ends(
    apart: pl.DataFrame, sides: Sides, rows: list[dict], margin: float | None, confidence: float
) -> dict[int, list[End]]:
    """Each pair's difference with its missing verdicts at either end, by its number."""
    found: dict[int, list[End]] = {}
    for end in ("low", "high"):
        means = clustered_means(apart.with_columns(value=end), ["pair"], confidence)
        known = {row["pair"]: row for row in means.iter_rows(named=True)}
        for row in rows:
            at = known.get(row["pair"])
            if at is None or at["standard_error"] is None:
                found.setdefault(row["pair"], []).append(End(None, None))
                continue
            parts = sides.of(row["side"], row["against"])
            whole = with_seeds(at["standard_error"] ** 2, at["degrees_of_freedom"], parts)
            p_values = whole.p_value(at["estimate"]), tost(at["estimate"], whole, margin)
            found.setdefault(row["pair"], []).append(End(at["estimate"], *p_values))
    return found


def _pair(row: dict, sides: Sides, margin: float | None, confidence: float) -> dict:
    row = row | {"margin": margin, "n_runs": min(sides.n_runs[row[name]] for name in ("side", "against"))}
    if row["standard_error"] is None:
        return row | _UNDEFINED
    parts = sides.of(row["side"], row["against"])
    whole = with_seeds(row["standard_error"] ** 2, row["degrees_of_freedom"], parts)
    if not whole.readings:
        return row | _UNDEFINED
    return row | {
        **whole.of(row["estimate"], confidence),
        "p_equivalence": tost(row["estimate"], whole, margin),
        "uncertainty": whole,
    }


def _whole(sides: Sides, pairs: list[dict], margin: float | None, confidence: float) -> dict:
    row = {
        "side": "",
        "against": "",
        "margin": margin,
        "n_tasks": min(pair["n_tasks"] for pair in pairs),
        "n_skills": min(pair["n_skills"] for pair in pairs),
        "n_unscored": int(sides.rows["n_unscored"].sum()),
        "n_runs": min(sides.n_runs.values()),
    }
    if any(pair["standard_error"] is None for pair in pairs):
        return row | _UNDEFINED | {"estimate": None, "p_holm": None}
    level = 1 - (1 - confidence) / len(pairs)
    each = [pair["uncertainty"].of(pair["estimate"], level) for pair in pairs]
    limits = [(limit["ci_low"], limit["ci_high"]) for limit in each]
    return row | {
        "estimate": max(abs(pair["estimate"]) for pair in pairs),
        "standard_error": None,
        "degrees_of_freedom": None,
        "ci_low": max(max(low, -high, 0.0) for low, high in limits),
        "ci_high": max(max(high, -low) for low, high in limits),
        "p_value": None,
        "p_holm": min(pair["p_holm"] for pair in pairs),
        "p_equivalence": all_equivalent([pair["p_equivalence"] for pair in pairs]),
        **{name: max(pair[name] for pair in pairs) for name in _DETECTABLE},
    }
