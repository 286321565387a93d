"""The posterior's intervals beside the clustered t intervals, where the sampler converged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

import polars as pl

from skillift.contracts.pipeline import key_of
from skillift.contracts.second_opinion import SECOND_OPINION

# Vehtari and others, "Rank-normalization, folding, and localization: an improved R-hat", Bayesian Analysis 16
# (2021), section 1; SDs near zero and arms mix more slowly than what is reported, and are only to mix at all
R_HAT = 1.01
WORST_R_HAT = 1.1
EFFECTIVE = 400
DIVERGENT_SHARE = 0.001

NO_VERDICT = "an arm has no verdict"
_POSTERIOR = {"mean": "posterior_mean", "low": "posterior_low", "high": "posterior_high"}
_POSTERIOR |= {"above": "posterior_above_zero"}


def comparison(claims: pl.DataFrame, posteriors: Mapping[str, Mapping], suite: str) -> pl.DataFrame:
    """The table SECOND_OPINION.

    Args:
        claims: the table CLAIMS; its lifts and procedural deltas have a row each.
        posteriors: of `sampling.posteriors`, of some or all paths; other paths have no rows.
        suite: what they are of.
    """
    chosen = claims.filter(
        pl.col("path").is_in(list(posteriors)),
        pl.col("claim").is_in(["lift", "procedural_delta"]),
        suite=suite,
    )
    rows = [_row(row, posteriors[row["path"]]) for row in chosen.iter_rows(named=True)]
    schema = {name: column.dtype.type for name, column in SECOND_OPINION.columns.items()}
    return pl.DataFrame(rows, schema=schema).sort(key_of(SECOND_OPINION))


def _row(claim: dict, posterior: Mapping) -> dict:
    name = ("student", "run", "claim")
    found = next((each for each in posterior["effects"] if all(each[n] == claim[n] for n in name)), None)
    if found is None or not found["defined"]:
        return claim | {"reason": NO_VERDICT}
    reason = not_converged(found, posterior)
    shown = {} if reason else {column: found[key] for key, column in _POSTERIOR.items()}
    fit = {key: posterior[key] for key in ("worst_r_hat", "n_divergent", "n_draws")}
    own = {key: found[key] for key in ("r_hat", "n_effective")}
    return claim | shown | {key: _finite(value) for key, value in (fit | own).items()} | {"reason": reason}


def _finite(value: float) -> float | None:
    """Null where chains that do not move leave a diagnostic undefined."""
    return value if math.isfinite(value) else None


def not_converged(effect: Mapping, fit: Mapping) -> str:
    """Why the draws of an effect are no sample of its posterior; empty where they are one."""
    if fit["n_divergent"] > DIVERGENT_SHARE * fit["n_draws"]:
        return f"the sampler did not converge: {fit['n_divergent']} of {fit['n_draws']} draws diverged"
    # written so that NaN fails too
    if not effect["r_hat"] <= R_HAT:
        return f"the sampler did not converge: R-hat is {effect['r_hat']:.3f}, above {R_HAT}"
    if not fit["worst_r_hat"] <= WORST_R_HAT:
        return f"the sampler did not converge: R-hat of a parameter is {fit['worst_r_hat']:.3f}"
    if not effect["n_effective"] >= EFFECTIVE:
        return f"the sampler did not converge: {effect['n_effective']:.0f} effective draws, of {EFFECTIVE}"
    return ""


def agreement(table: pl.DataFrame) -> str:
    """How the two kinds of intervals compare, in one sentence."""
    known = table.drop_nulls(["ci_low", "posterior_low"])
    if known.is_empty():
        return "No row has both intervals."
    sides = [
        pl.when(pl.col(low) > 0).then(1).when(pl.col(high) < 0).then(-1).otherwise(0)
        for low, high in (("ci_low", "ci_high"), ("posterior_low", "posterior_high"))
    ]
    same = known.select(sides[0] == sides[1]).to_series().sum()
    widths = (known["posterior_high"] - known["posterior_low"]) / (known["ci_high"] - known["ci_low"])
    apart = (known["posterior_mean"] - known["estimate"]).abs()
    most_apart, narrowest, widest = (cast(float, each) for each in (apart.max(), widths.min(), widths.max()))
    return (
        f"In {same} of {known.height} rows with both intervals, both are above 0, below 0 or around it; "
        f"estimates are at most {100 * most_apart:.1f} pp apart, and the posterior's intervals "
        f"{narrowest:.2f} to {widest:.2f} times as wide as the t intervals."
    )
