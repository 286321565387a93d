"""The text of the embedded study, for tests that change a word of it."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EMBEDDED = (REPOSITORY / "studies" / "embedded.yaml").read_text(encoding="utf-8")
TEACHER = EMBEDDED[EMBEDDED.index("teacher:") : EMBEDDED.index("corpora:")]
