"""One comparison of answers by their type: what the extractor, the offline judges and votes call equal.

A task's `answer_type` says how its reference is read: `number`, `text`, `choice`, `list` or `latex`. The
rules in words, with examples, stand in `docs/explanation/statistics.md`.
"""

ANSWER_TYPES = ("number", "text", "choice", "list", "latex")
