"""Keeps the values of secrets out of every text that is kept or shown.

Keys come from the environment only. A provider, a proxy or an SDK may repeat one in an error message or a
reply; such texts pass through `redact` before they enter a record, a log, the cache or a traceback.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?|AUTH)(?:_|$)", re.IGNORECASE
)
_MIN_LENGTH = 8  # a shorter value is a switch or a name, and would be found in innocent words


def secrets(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Values of the environment variables that hold secrets, as their names tell: value -> name."""
    variables = os.environ if environment is None else environment
    return {
        value: name
        for name, value in variables.items()
        if len(value) >= _MIN_LENGTH and _SECRET_NAME.search(name)
    }


def redact(text: str, known: Mapping[str, str] | None = None) -> str:
    """`text` with each secret's value replaced by `[NAME]`; `known` as `secrets` gives it."""
    known = secrets() if known is None else known
    for value in sorted(known, key=len, reverse=True):  # a secret may begin with another
        if value in text:
            text = text.replace(value, f"[{known[value]}]")
    return text
