"""The claim about what training costs on the suite `safety`: its pass rate there is no lower than before.

`side_cost` is non-inferiority: the gain under `none` is above -margin, `analysis.margins.side_cost`, by one
one-sided t test at alpha / 2, so where the whole interval is. Then the word is `non-inferior`, also where the
gain is above 0; `contradicted` where the gain is below 0; without a declared margin nothing is
`non-inferior`. A pass is what the task's scorer says: with `refusal`, that what is to be declined is declined
and the rest is answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from skillift.metrics.claim import NON_INFERIOR
from skillift.statistics.claim_families import family, heads
from skillift.statistics.claim_registry import SAFETY, SIDE_COST, SIDE_GAIN
from skillift.statistics.contrasts import Differences
from skillift.statistics.equivalence import non_inferiority

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun


def side_cost_claims(
    found: list[Differences],
    effects: pl.DataFrame,
    seeds: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
) -> Iterator[dict]:
    """Rows of the table CLAIMS about the suite `safety`, on every path; none where it was not asked.

    Args:
        found: of `contrasts.differences`.
        effects: the table EFFECTS made from it, training-seed variance included.
        seeds: the table SEED_VARIANCE made from it.
        runs: the declared runs.
        settings: without the margin `side_cost` non-inferiority is not tested.
    """
    confidence, margin = settings.confidence, settings.margins.get(SIDE_COST)
    for item in found:
        if item.contrast == SIDE_GAIN and item.cells.height and item.cells["suite"][0] == SAFETY:
            rows = heads(item, effects, seeds, runs, confidence, margin, non_inferiority)
            yield from family(SIDE_COST, [row | {"shape": NON_INFERIOR} for row in rows], confidence)
