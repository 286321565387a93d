"""Claims about two recipes at one student: the lift of one less that of the other, paired by task.

| claim | what is claimed | rows |
|---|---|---|
| `data_quality` | the lifts are the same within a margin, on other demonstrations of the same tasks \
| one per student and declared pair |
| `repetition` | the lift is larger by fewer rows seen often than by more rows, at as many steps | likewise |
| `preference` | the lift is larger after training on preference pairs than after the training that it \
starts from | likewise |
| `reward` | the lift is larger after training on rewards than after the training that it starts from \
| likewise |
| `preference_in_form`, `reward_in_form` | the same of the share of responses in form (metric `format`) \
| likewise |

A study declares its pairs (`analysis.compare`). Both lifts are of the same tasks and have the base model in
common, which drops out of their difference. The training-seed variance of both recipes is in it
(`seed_variance.with_seeds`). All rows of one claim are a family.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from skillift.metrics.claim import ABOVE, SAME
from skillift.metrics.names import PASS
from skillift.statistics.claim_families import family
from skillift.statistics.claim_registry import (
    DATA_QUALITY,
    IN_FORM,
    LIFT,
    PREFERENCE,
    REPETITION,
    REWARD,
    REWARD_IN_FORM,
)
from skillift.statistics.comparisons import lifts_by_student
from skillift.statistics.contrasts import Differences
from skillift.statistics.equivalence_claims import differences_of

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun

FORMAT = "format"
# of each metric: the kind of pair that each claim is about, and the claim's shape
_CLAIMS = {
    PASS: {
        DATA_QUALITY: (DATA_QUALITY, SAME),
        REPETITION: (REPETITION, ABOVE),
        PREFERENCE: (PREFERENCE, ABOVE),
        REWARD: (REWARD, ABOVE),
    },
    FORMAT: {IN_FORM: (PREFERENCE, ABOVE), REWARD_IN_FORM: (REWARD, ABOVE)},
}


def recipe_pair_claims(
    found: list[Differences],
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
    metric: str = PASS,
) -> Iterator[dict]:
    """Rows of the table CLAIMS about the declared pairs of recipes, on every path and suite.

    Args:
        found: of `contrasts.differences`.
        seeds: the table SEED_VARIANCE made from it.
        runs: the declared runs.
        settings: `compare` has the pairs; without the margin `data_quality` sameness is not tested.
        metric: whose values `found` is of.
    """
    confidence, pairs = settings.confidence, settings.compare or []
    for item in (item for item in found if pairs and item.contrast == LIFT and item.cells.height):
        place = item.cells.select("path", "suite").row(0, named=True)
        by_student = list(lifts_by_student(item, seeds, runs))
        for claim, (kind, shape) in _CLAIMS.get(metric, {}).items():
            margin = settings.margins.get(claim) if shape == SAME else None
            names = [(pair.recipe, pair.against) for pair in pairs if pair.claim == kind]
            rows = [
                place | {"contrast": LIFT, "shape": shape, "student": student, "run": row["side"]} | row
                for student, sides in by_student
                for row in differences_of(
                    sides, [pair for pair in names if {*pair} <= {*sides.names}], margin, confidence
                )
            ]
            yield from family(claim, rows, confidence)
