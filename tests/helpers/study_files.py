"""The text of the embedded study without its suite of variants, for tests that change a word of it."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
WHOLE = (REPOSITORY / "studies" / "embedded.yaml").read_text(encoding="utf-8")
_VARIANTS = WHOLE[WHOLE.index("    suites:\n") : WHOLE.index("    judge_scored:")]
EMBEDDED = WHOLE.replace(_VARIANTS, "").replace("suites: [holdout, perturbed]", "suites: [holdout]")
TEACHER = EMBEDDED[EMBEDDED.index("teacher:") : EMBEDDED.index("corpora:")]
