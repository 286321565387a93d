"""The tokens that end an answer, from a model folder's files alone: its own, the template's, the study's."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from skillift.answers.reasoning import TAGS as REASONING_TAGS
from skillift.errors import problem
from skillift.students.chat_files import (
    AddedToken,
    added_tokens,
    named_texts,
    template_of,
    tokenizer_settings,
)
from skillift.students.chat_rendering import ANSWER, exchange
from skillift.students.chat_settings import ChatSettings
from skillift.students.folder_files import read_object

GENERATION = "generation_config.json"
_SHOWN = 8  # tokens of a tokenizer in a message


class AnswerEnds(NamedTuple):
    """What ends an answer of a model.

    Attributes:
        declared: numbers of the tokens that its files call ends: the tokenizer's, generation_config.json's.
        further: numbers of those that its chat template and the study name besides.
        of_template: the token that the template puts after an answer, after white space; None where no added
            token stands there that could mark a turn.
        after: the whole text that the template puts after an answer; None where the answer does not stand in
            the template as it is.
        named: the tokenizer's own end token; None where it has none.
    """

    declared: set[int]
    further: set[int]
    of_template: str | None
    after: str | None
    named: str | None


def answer_ends(folder: Path | str, chat: ChatSettings) -> AnswerEnds:
    """What ends an answer of the model in a folder, as a study has it.

    Args:
        folder: a model folder, or a tokenizer's alone; the study's settings need not be in it yet.
        chat: what the study says of the chat format.

    Raises:
        UserError: a file of the folder is unreadable.
        jinja2.TemplateError: the template cannot be rendered.
    """
    settings = tokenizer_settings(folder)
    added, named = added_tokens(folder, settings), named_texts(settings)
    template = chat.template.text if chat.template else template_of(folder)
    after = None
    if template:
        _, answered, rest = exchange(template, named)[1].rpartition(ANSWER)
        after = rest if answered else None
    end = _first_mark(after or "", added)
    ends = [token.number for token in added if token.text in chat.end_tokens]
    ends += [end.number] if end else []
    declared = {
        token.number for token in added if token.text == named.get("eos_token") and token.number is not None
    }
    if (Path(folder) / GENERATION).is_file():
        declared |= set(token_numbers(read_object(Path(folder) / GENERATION).get("eos_token_id")))
    further = {number for number in ends if number is not None} - declared
    of_template = end.text if end else None
    return AnswerEnds(declared, further, of_template, after, named.get("eos_token"))


def _first_mark(text: str, added: list[AddedToken]) -> AddedToken | None:
    """The longest token that a text begins with, of those that may mark the end of a turn."""
    begun = [token for token in added if token.text.strip() and text.lstrip().startswith(token.text)]
    begun = [token for token in begun if token.special or token.bracketed]
    begun = [token for token in begun if token.text not in REASONING_TAGS]
    return max(begun, key=lambda token: len(token.text), default=None)


def end_token_mistakes(folder: Path | str, chat: ChatSettings) -> list[str]:
    """One line for each of the study's end tokens that the tokenizer does not look for in texts.

    Raises:
        UserError: a file of the folder is unreadable.
    """
    added = [token.text for token in added_tokens(folder, tokenizer_settings(folder))]
    marks = [text for text in added if not text.isspace()]
    shown = ", ".join(marks[:_SHOWN]) + (f" and {len(marks) - _SHOWN} more" if len(marks) > _SHOWN else "")
    return [
        problem(
            f"{folder}: end token",
            text,
            "one of the added tokens of its tokenizer",
            f"It has {shown or 'none'}.",
        )
        for text in chat.end_tokens
        if text not in added
    ]


def token_numbers(value: object) -> list[int]:
    """The numbers in a key of a configuration, which may be one, a list or null."""
    return [number for number in (value if isinstance(value, list) else [value]) if isinstance(number, int)]
