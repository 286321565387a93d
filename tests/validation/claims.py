"""What the simulation must show, and whether it does."""

from __future__ import annotations

from typing import NamedTuple

from validation.asymmetry import Slopes
from validation.coverage import Rate
from validation.judges import Bias
from validation.sameness import Flagged
from validation.seeds import SeedCoverage

HALF_A_TASK = 0.0025  # of 200


class Claim(NamedTuple):
    """A sentence about the simulation, and whether it holds."""

    text: str
    holds: bool


class Measured(NamedTuple):
    """All that is simulated."""

    planted: list[Rate]
    nothing: list[Rate]
    biases: list[Bias]
    slopes: list[Slopes]
    false_findings: list[Flagged]
    seeds: list[SeedCoverage]


def claims(measured: Measured) -> list[Claim]:
    """The claims of the validation, in the order of the page."""
    uncorrected = [row for row in measured.biases if row.method == "uncorrected"]
    corrected = [row for row in measured.biases if row.method != "uncorrected"]
    cells = {row.estimator: row for row in measured.slopes if row.level == "cells"}
    return [
        Claim(
            "95 % intervals of delta and lift cover the truth in 94 to 96 % of studies",
            all(0.94 <= row.covered <= 0.96 for row in measured.planted),
        ),
        Claim(
            "studies without an effect are flagged in 4 to 6 % of cases",
            all(0.04 <= row.flagged <= 0.06 for row in measured.nothing),
        ),
        Claim(
            "under differential judge error the uncorrected effects are biased by more than 1 pp",
            all(abs(row.bias) - 3 * row.bias_error > 0.01 for row in uncorrected),
        ),
        Claim(
            "the corrected effects are biased by less than half a task of 200 (0.25 pp)",
            all(abs(row.bias) < HALF_A_TASK for row in corrected),
        ),
        Claim(
            "95 % intervals of the corrected effects, which are linearised, cover the truth in 93 to 96 %",
            all(0.93 <= row.covered <= 0.96 for row in corrected),
        ),
        Claim(
            "without asymmetry the naive slope is off zero by more than 10 of its standard errors",
            abs(cells["naive"].mean) > 10 * cells["naive"].mean_error,
        ),
        Claim(
            "without asymmetry the split-half and Oldham slopes are within 3 of theirs",
            all(abs(cells[name].mean) <= 3 * cells[name].mean_error for name in ("split_half", "oldham")),
        ),
        Claim(
            "tests of sameness and Holm's correction find what is not so in 3 to 7 % of studies",
            all(0.03 <= row.flagged <= 0.07 for row in measured.false_findings),
        ),
        Claim(
            "95 % intervals of a recipe cover its effect in at least 92 % with 3 seeds or more, 86 % with 2",
            all(row.covered >= (0.92 if row.n_seeds >= 3 else 0.86) for row in measured.seeds),
        ),
    ]
