"""Which failures end a job: those that tell of the key, the account or a setting, and not of one question.

Each provider has a status and words of its own for them; here are those of OpenAI, Azure, Anthropic, Gemini,
OpenRouter, Groq, DeepSeek, Fireworks, xAI and litellm's own proxy. And a job with more failed rows than the
study allows writes no table: its answers are kept, and the same command asks again what failed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from skillift.errors import UserError

LONGEST_WAIT_S = 600.0  # a provider that asks for more has a quota that is used up

_MONEY = re.compile(
    r"insufficient[_ ](?:quota|credits?|balance|funds)|exceeded your current quota|billing[_ ]hard[_ ]limit"
    r"|billing_error|billing_not_active|credit balance is too low|requires more credits|out of credits"
    r"|credits? (?:has|have) been exhausted|used all available credits|payment required|key limit exceeded"
    r"|spending limit|budget_?exceeded|budget has been exceeded|account (?:\S+ )?(?:is |has been )?"
    r"(?:suspended|deactivated|not active)|out of call volume quota",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"per[ _-]?(?:day|month)|daily (?:request |token |usage )?(?:limit|quota)|\b[TR]PD\b", re.IGNORECASE
)
_SOON = re.compile(r"per[ _-]?minute|\b[TR]PM\b|retry in [\d.]+ ?m?s", re.IGNORECASE)
_REFUSED = re.compile(
    r"unsupported|deprecated|unavailable|unrecognized|unexpected|not permitted|only the default"
    r"|only temperature|(?:not|n't|no longer)\W+(?:\w+\W+)?(?:support|allow|accept|available)",
    re.IGNORECASE,
)
_SETTINGS = {
    "temperature": "Write `temperature: null` there: none is sent, and the provider's own holds.",
    "top_p": "Write `top_p: null` there: none is sent, and the provider's own holds.",
    "response_format": "Write `response_format: json_object` there, or `none` to send none.",
}


def account_problem(code: int | None, text: str, retry_after: float | None = None) -> str:
    """The fix where a reply says that the key or the account can be asked nothing more; else empty.

    Args:
        code: the HTTP status.
        text: what the provider said, whole.
        retry_after: seconds that it asks to wait.
    """
    if code == 401:
        return "The provider refuses the key: check the environment variable that holds it."
    if code not in (400, 402, 403, 412, 429):
        return ""
    soon = bool(_SOON.search(text)) and "insufficient_quota" not in text
    if code == 402 or (_MONEY.search(text) and not (soon and code == 429)):
        return (
            "Money, credits or a limit of the key are used up: add some at the provider, or raise the limit."
        )
    if code == 429 and (_DAY.search(text) or (retry_after or 0.0) > LONGEST_WAIT_S):
        return "A quota of the day or longer is used up: raise it at the provider, or wait."
    return ""


def setting_problem(code: int | None, text: str) -> tuple[str, str]:
    """The key of a setting that a reply says the model does not take, and the fix; else two empty texts."""
    if code in (400, 422) and _REFUSED.search(text):
        for key, fix in _SETTINGS.items():
            if key in text:
                return key, fix
    return "", ""


def allowed(share: float, number: int) -> int:
    """How many of `number` may fail."""
    return math.floor(share * number + 1e-9)


def too_many_failed(where: str, n_failed: int, number: int, share: float, reason: str) -> UserError:
    """The error that ends a job, with one of the reasons."""
    return UserError(
        f"{where}: {n_failed} of {number} failed, at most {allowed(share, number)} may "
        f"(judging.max_failed_share: {share:g}), so no table is written. One of them: "
        f"{reason.rstrip('.')}. Answers are kept; run the same command again once the cause is gone: it asks "
        "what failed, and nothing else. Where single questions fail for good, raise "
        "judging.max_failed_share in the study file."
    )


def check_failed(where: str, reasons: Iterable[str], number: int, share: float) -> None:
    """Refuse a table in which more rows failed than the study allows.

    Args:
        where: the model's place in the study file.
        reasons: of each failed row.
        number: of all rows.
        share: fraction of them that may have failed.

    Raises:
        UserError: more have.
    """
    failed = list(reasons)
    if len(failed) > allowed(share, number):
        raise too_many_failed(where, len(failed), number, share, failed[0])
