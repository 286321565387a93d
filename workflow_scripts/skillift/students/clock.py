"""The date that a student is told: the study's, on every day.

Chat templates may print today's date (`strftime_now` in those of Llama 3.2, Granite and SmolLM3), and so the
prompts of a student before and after its training would differ in nothing but the day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime


def pinned_clock(date: str) -> Callable[[str], str]:
    """What a template calls as `strftime_now`: midnight of `date` (year-month-day), in its format."""
    return datetime.fromisoformat(date).strftime
