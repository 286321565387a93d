"""One word for every claim, by one rule; and the correction for testing several claims at once.

Alpha is 1 - the confidence of the intervals. p is Holm's adjusted p-value where a claim is one of a family,
else the p-value itself. The first line that holds gives the word:

| word | of an effect (`lift`, `procedural_delta`, ...) | of sameness (`uniform_lift`, `recipe_tie`, ...) |
|---|---|---|
| `undefined` | the data give no estimate or no interval | likewise |
| `equivalent` | as there, with a margin | two one-sided tests at alpha: smaller than the declared margin |
| `supported` | p < alpha, estimate above 0 | |
| `contradicted` | p < alpha, estimate below 0 | p < alpha: the sides differ |
| `not resolvable at this n` | otherwise | otherwise |

Of a claim that an effect is below 0, `supported` and `contradicted` are the other way round. A claim of
non-inferiority (`side_cost`) is `non-inferior` where one one-sided test at alpha / 2 shows the effect to be
above -margin, as the whole interval is then; else `contradicted` where it is below 0. It is never
`supported`.

A whole claim of sameness has its word from its pairs (`word_of_all`).

A difference can be both: smaller than the margin, and not zero. `equivalent` goes first, because the margin
says which differences count as none. `not resolvable at this n` says nothing about absence: the smallest
detectable effect stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from skillift.metrics.claim import ABOVE, BELOW, SAME
from skillift.metrics.claim import NON_INFERIOR as OF_NON_INFERIORITY

SUPPORTED = "supported"
CONTRADICTED = "contradicted"
EQUIVALENT = "equivalent"
NON_INFERIOR = "non-inferior"
NOT_RESOLVABLE = "not resolvable at this n"
UNDEFINED = "undefined"

SAMENESS = ("uniform_lift", "recipe_tie", "neutral_filler", "retention", "data_quality")
WITH_PAIRS = ("uniform_lift", "recipe_tie")  # of these: a row of the whole claim, then one a pair
BUDGET_TIE = "sampling_budget_tie"  # of these claims
OF_BUDGETS = ("sampling_budget", "sampling_budget_where_able")
MARGINS = (*SAMENESS, "brittleness", "side_cost", BUDGET_TIE)  # which claims may have one


def shape_of(claim: dict) -> str:
    """The shape of a row's claim (`skillift.metrics.claim`); that of an effect where the row has none."""
    return claim.get("shape") or (SAME if claim["claim"] in SAMENESS else ABOVE)


def word(claim: dict, confidence: float) -> str:
    """The word of one row of the table CLAIMS, by the rule at the head of this module.

    Args:
        claim: the row's claim, estimate, ci_low, p_value, p_holm and p_equivalence, and `shape` unless it is
            one of the first six claims of `claim_registry`.
        confidence: of the intervals, as a fraction.
    """
    if claim["estimate"] is None or claim["ci_low"] is None:
        return UNDEFINED
    alpha = 1 - confidence
    shape = shape_of(claim)
    same = shape == SAME
    within = claim["p_equivalence"]
    margined = shape in (SAME, OF_NON_INFERIORITY) or claim["claim"] in (*MARGINS, *OF_BUDGETS)
    if margined and within is not None and within < _level(shape, alpha):
        return NON_INFERIOR if shape == OF_NON_INFERIORITY else EQUIVALENT
    p_value = claim["p_value"] if claim["p_holm"] is None else claim["p_holm"]
    if p_value is None or not p_value < alpha:
        return NOT_RESOLVABLE
    if shape == OF_NON_INFERIORITY:  # without a margin a gain is no word of this claim
        return CONTRADICTED if claim["estimate"] < 0 else NOT_RESOLVABLE
    return SUPPORTED if not same and _as_claimed(claim["estimate"], shape) else CONTRADICTED


def word_of_all(words: Sequence[str]) -> str:
    """The word of a whole claim of sameness from those of its pairs.

    `equivalent` where every pair is, `contradicted` where one is, `undefined` where one is; else
    `not resolvable at this n`. One pair is `contradicted` although none differs in at most alpha of studies,
    by Holm's correction; "every pair is equivalent" needs none, as an intersection-union test
    (`equivalence.all_equivalent`).
    """
    if UNDEFINED in words:
        return UNDEFINED
    if CONTRADICTED in words:
        return CONTRADICTED
    return EQUIVALENT if set(words) == {EQUIVALENT} else NOT_RESOLVABLE


def _level(shape: str, alpha: float) -> float:
    """Of what is tested against a margin: of both sides each at alpha, of one side at half of it."""
    return alpha / 2 if shape == OF_NON_INFERIORITY else alpha


def _as_claimed(estimate: float, shape: str) -> bool:
    return estimate < 0 if shape == BELOW else estimate > 0


class End(NamedTuple):
    """A claim with every missing verdict at one end: as its side would have it least, or most.

    Attributes:
        estimate: the effect.
        p_value: of no effect; None where undefined.
        p_equivalence: likewise, of a difference of the margin or more; None without a margin.
    """

    estimate: float | None
    p_value: float | None
    p_equivalence: float | None = None


def holds(claim: dict, ends: Sequence[End], n_tests: int, confidence: float) -> bool:
    """Whether a claim keeps its word with every missing verdict at either end.

    What is resolved must be so at Bonferroni's level in its family, whatever the others of the family become,
    and with the same sign at both ends; what is not, at neither end even by itself.

    Args:
        claim: the row's claim, word and n_unscored.
        ends: both.
        n_tests: of the family.
        confidence: of the intervals, as a fraction.
    """
    if not claim["n_unscored"]:
        return True
    alpha = 1 - confidence
    if claim["word"] in (EQUIVALENT, NON_INFERIOR):
        level = _level(shape_of(claim), alpha)
        return all(end.p_equivalence is not None and end.p_equivalence < level for end in ends)
    if claim["word"] == NOT_RESOLVABLE:
        level = _level(shape_of(claim), alpha)
        return all(
            end.p_value is not None
            and end.p_value >= alpha
            and (end.p_equivalence is None or end.p_equivalence >= level)
            for end in ends
        )
    known = [
        (end.estimate, end.p_value) for end in ends if end.estimate is not None and end.p_value is not None
    ]
    if claim["word"] == UNDEFINED or len(known) < len(ends):
        return False
    shape = shape_of(claim)
    signs = {_as_claimed(estimate, shape) for estimate, _ in known}
    if shape != SAME:
        signs |= {claim["word"] == SUPPORTED}
    return len(signs) == 1 and all(p_value * n_tests < alpha for _, p_value in known)


def holm(p_values: list[float | None]) -> list[float | None]:
    """Holm's adjusted p-values of one family of tests: sequentially rejective, for any dependence of them.

    The i-th smallest of m is multiplied by m - i + 1, and is at least as large as those before it, at most 1
    (Holm, Scandinavian Journal of Statistics 6, 1979). Undefined tests stay None and do not count. The same
    as statsmodels' `multipletests(method="holm")`, which collects Python's garbage at every call: 0.1 s for
    each of a study's many small families.
    """
    places = sorted((value, place) for place, value in enumerate(p_values) if value is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p_value, place) in enumerate(places):
        largest = max(largest, min(p_value * (len(places) - rank), 1.0))
        adjusted[place] = largest
    return adjusted
