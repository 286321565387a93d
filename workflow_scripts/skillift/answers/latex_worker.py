"""The process that `skillift.answers.latex` asks: for each line with a pair of expressions, true or false.

It imports nothing of this library, so that it starts by its path alone.
"""

from __future__ import annotations

import json
import sys

DIGITS = 15  # math-verify compares 6 by default, and takes 1/3 for 0.3333333


def same(first: str, second: str) -> bool:
    """Whether `math-verify` takes two expressions for equal; False where it reads no expression."""
    from latex2sympy2_extended import NormalizationConfig
    from math_verify import LatexExtractionConfig, parse, verify

    settings = LatexExtractionConfig(
        normalization_config=NormalizationConfig(
            basic_latex=True, units=False, malformed_operators=True, nits=False, boxed="all", equations=False
        )
    )
    # no timeouts of its own: the process that asks ends this one
    parsed = [
        parse(f"${text}$", [settings], fallback_mode="no_fallback", parsing_timeout=None)
        for text in (first, second)
    ]
    return all(parsed) and all(
        verify(gold, target, float_rounding=DIGITS, timeout_seconds=None)
        for gold, target in (parsed, parsed[::-1])
    )


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        try:
            answer = same(*json.loads(line))
        except Exception:  # whatever sympy cannot do with an expression: it is not known to be equal
            answer = False
        print(json.dumps(bool(answer)), flush=True)


if __name__ == "__main__":
    main()
