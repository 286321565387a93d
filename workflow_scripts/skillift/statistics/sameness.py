"""Claims of sameness: every pair of sides, and all of them at once."""

from __future__ import annotations

from itertools import combinations

import polars as pl

from skillift.statistics.equivalence import all_equivalent, tost
from skillift.statistics.heterogeneity import equality_test
from skillift.statistics.intervals import clustered_means
from skillift.statistics.pairing import paired_difference
from skillift.statistics.seed_variance import combined, uncertainty
from skillift.statistics.sides import Sides, joint_estimate
from skillift.statistics.words import holm

_UNDEFINED = dict.fromkeys(("standard_error", "ci_low", "ci_high", "p_value", "mde", "p_equivalence"))


def sameness(sides: Sides, margin: float | None, confidence: float) -> list[dict]:
    """The rows of one claim of sameness; none where there are fewer than two sides.

    A pair's row has the columns of CLAIMS from `estimate` on, with `side` and `against`: the mean of the
    paired differences side - against over the tasks that both have, clustered by skill, training-seed
    variance included (`seed_variance.combined`). p_holm is adjusted over the pairs.

    The first row is the whole claim, with `side` and `against` empty:

    - estimate: the largest difference of a pair, without its sign
    - ci_low, ci_high: limits of the largest true difference, from simultaneous intervals of all m pairs
      (Bonferroni, 1 - alpha/m each): where all of these hold, so does this; it covers at least as often as
      the confidence says
    - p_value: of the test that all sides are equal (`heterogeneity.equality_test`)
    - p_equivalence: the largest of the pairs' (`equivalence.all_equivalent`)
    - mde: the smallest difference that the least certain pair shows at level alpha/m with 80 % power
    - n_tasks, n_skills: the fewest that a pair rests on
    - standard_error and p_holm: None, a largest difference has none and the claim is one test

    All but the counts are None where a pair is undefined.

    Args:
        sides: what is compared.
        margin: the largest difference that counts as none, as a fraction; None where none is declared.
        confidence: of the intervals, as a fraction.
    """
    pairs = _pairs(sides, margin, confidence)
    return [_whole(sides, pairs, margin, confidence), *pairs] if pairs else []


def _pairs(sides: Sides, margin: float | None, confidence: float) -> list[dict]:
    names = list(combinations(sides.names, 2))
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
    for row, p_holm in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_holm"] = p_holm
    return rows


def _pair(row: dict, sides: Sides, margin: float | None, confidence: float) -> dict:
    row = row | {"margin": margin}
    if row["standard_error"] is None:
        return row | _UNDEFINED
    parts = sides.of(row["side"], row["against"])
    variance, degrees_of_freedom = combined(row["standard_error"] ** 2, row["n_skills"], parts)
    error = variance**0.5
    return row | {
        "standard_error": error,
        "degrees_of_freedom": degrees_of_freedom,
        **uncertainty(row["estimate"], error, degrees_of_freedom, confidence),
        "p_equivalence": tost(row["estimate"], error, degrees_of_freedom, margin),
    }


def _whole(sides: Sides, pairs: list[dict], margin: float | None, confidence: float) -> dict:
    row = {
        "side": "",
        "against": "",
        "margin": margin,
        "p_holm": None,
        "n_tasks": min(pair["n_tasks"] for pair in pairs),
        "n_skills": min(pair["n_skills"] for pair in pairs),
        "n_unscored": int(sides.rows["n_unscored"].sum()),
    }
    if any(pair["standard_error"] is None for pair in pairs):
        return row | _UNDEFINED | {"estimate": None}
    level = 1 - (1 - confidence) / len(pairs)
    parts = ("estimate", "standard_error", "degrees_of_freedom")
    each = [uncertainty(*(pair[name] for name in parts), level) for pair in pairs]
    limits = [(limit["ci_low"], limit["ci_high"]) for limit in each]
    return row | {
        "estimate": max(abs(pair["estimate"]) for pair in pairs),
        "standard_error": None,
        "ci_low": max(max(low, -high, 0.0) for low, high in limits),
        "ci_high": max(max(high, -low) for low, high in limits),
        "p_value": _equality(sides),
        "p_equivalence": all_equivalent([pair["p_equivalence"] for pair in pairs]),
        "mde": max(limit["mde"] for limit in each),
    }


def _equality(sides: Sides) -> float | None:
    found = joint_estimate(sides)
    test = found and equality_test(found.means, found.covariance, found.degrees_of_freedom)
    return test.p_value if test else None
