"""A student's chat format, pinned into its model folder: one template, and all tokens that end an answer.

Prompts, training and both engines read the folder, and so does whatever serves it later.
"""

from __future__ import annotations

import json
from pathlib import Path

from skillift.errors import UserError
from skillift.students.answer_ends import GENERATION, answer_ends, end_token_mistakes, token_numbers
from skillift.students.chat_settings import ChatSettings
from skillift.students.folder_files import read_object
from skillift.tables import atomic_path

TEMPLATE = "chat_template.jinja"
# where a template may stand besides: in the first of old processors, in the others among further settings
_OLD_COPY = "chat_template.json"
_SETTINGS = ("tokenizer_config.json", "processor_config.json")
_IDS = ("bos_token_id", "eos_token_id", "pad_token_id")  # what generation takes from config.json, if need be


def pin_chat(folder: Path | str, chat: ChatSettings) -> None:
    """Write what a study says of the chat format into a model folder, whose files may be links to others'.

    A template of the study's stands in the place of all others. The token that the template, the folder's or
    the study's, puts after an answer becomes an end token in generation_config.json, and so do the study's
    `end_tokens`; files that say all that already are left alone.

    Raises:
        UserError: a file is unreadable, or an end token is none of the tokenizer's added tokens.
    """
    folder = Path(folder)
    if mistakes := end_token_mistakes(folder, chat):
        raise UserError("\n".join(mistakes))
    ends = answer_ends(folder, chat)
    if chat.template:
        _write_template(folder, chat.template.text)
    if ends.further:
        _declare(folder, ends.declared | ends.further)


def _write_template(folder: Path, text: str) -> None:
    (folder / _OLD_COPY).unlink(missing_ok=True)
    for name in _SETTINGS:
        if (folder / name).is_file():
            settings = read_object(folder / name)
            if settings.pop("chat_template", None) is not None:
                _write(json.dumps(settings, indent=2, ensure_ascii=False), folder / name)
    _write(text, folder / TEMPLATE)


def _declare(folder: Path, ends: set[int]) -> None:
    """Add end tokens to generation_config.json; where there is none, it is made of config.json's."""
    file = folder / GENERATION
    if file.is_file():
        settings = read_object(file)
    else:
        config = read_object(folder / "config.json")
        settings = {name: config[name] for name in _IDS if token_numbers(config.get(name))}
    settings["eos_token_id"] = sorted({*token_numbers(settings.get("eos_token_id")), *ends})
    _write(json.dumps(settings, indent=2, sort_keys=True) + "\n", file)


def _write(text: str, file: Path) -> None:
    """Put another file in a file's place: it may be a link to one that is not ours."""
    with atomic_path(file) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
