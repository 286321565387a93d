"""What so many samples of a task buy, and what they cost: pass rates under `curated` by samples and FLOPs.

`pass@k` counts a task of which one of k samples passes: what a perfect selector would make of them.
`majority@k` counts one whose majority passes, which needs no selector. FLOPs of a task are 2 x parameters x
tokens of its answers (see `skillift.statistics.sampling`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

from skillift.contracts.analysis import MEASURES, SAMPLING_BUDGETS
from skillift.contracts.pipeline import key_of
from skillift.metrics.names import PASS
from skillift.statistics.claim_registry import RATE
from skillift.statistics.protocol_tables import OfProtocol

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed

_SCHEMA = {name: column.dtype.type for name, column in SAMPLING_BUDGETS.columns.items()}


def sampling_budgets(protocols: Iterable[OfProtocol], settings: Analysed) -> pl.DataFrame:
    """The table SAMPLING_BUDGETS: pass rates by the FLOPs of so many samples, by majority and at best.

    Args:
        protocols: those with several samples.
        settings: without `sampling_budgets` there are no rows; `flops` of a student whose parameters are not
            known is null.
    """
    budgets = sorted({1, *(settings.sampling_budgets or ())})
    known = pl.DataFrame(
        list(settings.parameters.items()),
        schema={"student": pl.String, "parameters": pl.Int64},
        orient="row",
    )
    found = [pl.DataFrame(schema=_SCHEMA)]
    for asked in protocols if settings.sampling_budgets else ():
        for measure in MEASURES:
            for k in budgets:
                name = PASS if k == 1 else f"{measure.removesuffix('k')}{k}"
                if name not in asked.tables:
                    continue
                tokens = 2 * k * pl.col("parameters") * pl.col("mean_completion_tokens")
                rows = asked.tables[name].rates.filter(condition=RATE).join(known, on="student", how="left")
                said = {"sampled_by": asked.name, "measure": measure, "samples": k}
                rows = rows.with_columns(flops=tokens, **{key: pl.lit(value) for key, value in said.items()})
                found.append(rows.select(list(_SCHEMA)).cast(_SCHEMA))
    return pl.concat(found).sort(key_of(SAMPLING_BUDGETS))
