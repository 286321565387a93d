"""The contract of the second opinion's table, which stands beside the results and which nothing rests on."""

from __future__ import annotations

from skillift.contracts.claims import WORDS
from skillift.contracts.columns import COUNTS, INTERVAL, count, difference, magnitude, rate, table, text
from skillift.contracts.pipeline import SUITES

# One row per lift and procedural delta of the table CLAIMS, from which estimate, ci_low, ci_high (clustered
# t), counts and word are. Differences are fractions. `posterior_*` is null where the sampler did not converge
# or an arm has no verdict; `reason` then says so, and is empty in all other rows. `r_hat` and `n_effective`
# are those of the row's own quantity, `worst_r_hat` and `n_divergent` those of all draws of its path.
SECOND_OPINION = table(
    "second opinion",
    ("path", "suite", "claim", "student", "run"),
    {
        "path": text(filled=True),
        "suite": text(isin=SUITES),
        "claim": text(isin=("lift", "procedural_delta")),
        "student": text(filled=True),
        "run": text(filled=True),
        "estimate": difference(nullable=True),
        **INTERVAL,
        "posterior_mean": difference(nullable=True),
        "posterior_low": difference(nullable=True),
        "posterior_high": difference(nullable=True),
        "posterior_above_zero": rate(nullable=True),
        "r_hat": magnitude(nullable=True),
        "n_effective": magnitude(nullable=True),
        "worst_r_hat": magnitude(nullable=True),
        "n_divergent": count(nullable=True),
        "n_draws": count(nullable=True),
        **COUNTS,
        "n_runs": count(),
        "word": text(isin=WORDS),
        "reason": text(),
    },
)
