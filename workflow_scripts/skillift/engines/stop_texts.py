"""Texts that end an answer, such as the beginning of the next turn, which base models go on with.

Both engines stop soon after such a text is there; where the answer ends is then worked out here, for both
alike: at the first token with which a text is whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

from transformers import StoppingCriteria

from skillift.students.chat_format import answer_text

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

_BESIDE = (
    8  # tokens without a letter of their own that may stand within a text: hidden ones, parts of letters
)


def before_stop(text: str, stop: Sequence[str]) -> str | None:
    """What stands before the first of some texts; None where there is none of them."""
    places = [place for each in stop if (place := text.find(each)) >= 0]
    return text[: min(places)] if places else None


def stopped_answer(
    tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int], stop: Sequence[str]
) -> tuple[str, int] | None:
    """An answer that a text ends, and how many tokens it took to write that text; None where none does.

    Args:
        tokenizer: the student's.
        tokens: all that were generated, up to an end token and without it.
        stop: the texts.
    """
    if not stop or (text := before_stop(answer_text(tokenizer, tokens), stop)) is None:
        return None

    def has_stopped(number: int) -> bool:
        return before_stop(answer_text(tokenizer, tokens[:number]), stop) is not None

    return text, bisect_left(range(len(tokens)), True, key=has_stopped)


class StopTexts(StoppingCriteria):
    """Ends those answers of a batch that hold a text; what the prompt holds does not count.

    transformers' own criterion looks at the prompt's last tokens too.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, stop: Sequence[str], prompt_length: int) -> None:
        """Take the tokenizer, the texts, and how many tokens prompt and padding have."""
        self.tokenizer, self.stop, self.prompt_length = tokenizer, stop, prompt_length
        self.longest = max(len(text.encode()) for text in stop) + _BESIDE

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor, **named: object) -> torch.Tensor:
        """Whether each row of a batch has ended."""
        import torch

        tails = ids[:, self.prompt_length :][:, -self.longest :].tolist()
        found = [before_stop(answer_text(self.tokenizer, tail), self.stop) is not None for tail in tails]
        return torch.tensor(found, device=ids.device)
