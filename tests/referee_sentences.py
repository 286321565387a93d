"""All sentences that the referee knows, for the tests of the findings and of their conditions."""

from __future__ import annotations

import referee_cases
import referee_other_cases
import referee_scoring_cases

SENTENCES = [*referee_cases.CASES, *referee_scoring_cases.CASES, *referee_other_cases.CASES]
