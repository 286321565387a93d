"""Whether models can be asked, and students trained, in their chat templates: from tokenizers' files alone.

The same functions look here that look at each row before a training, and at each prompt after a run. They see
one question and answer, without torch: a training would end for the same reasons, after hours of other
jobs.
"""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress
from pathlib import Path

import jinja2
import polars as pl

from skillift.episodes.answer_checks import asked_table, check_mode
from skillift.errors import UserError, problem
from skillift.preflight.students import chat_of, model_folders
from skillift.settings.inference import Inference
from skillift.students.answer_ends import AnswerEnds, answer_ends
from skillift.students.chat_files import template_mistakes, template_of
from skillift.students.chat_format import prompt_text, token_ids, trained_tokens
from skillift.students.chat_settings import ChatSettings
from skillift.students.file_tokenizer import FILE, FileTokenizer
from skillift.students.gguf_header import is_gguf
from skillift.study.study import Study
from skillift.training.training_data import check_row
from skillift.yaml_sources.source import Words

QUESTION = "Step 1: Add the two.\n\nWhat is 19 + 23?"
ANSWER = "Step 1: 19 + 23 = 42\n\nANSWER: 42"
REASONED = f"<think>\n19 and 23.\n</think>\n\n{ANSWER}"
_SHOWN = 40  # characters of what a template puts after an answer


def mistakes(study: Study) -> list[str]:
    """One line for each model that cannot be asked in its template, or not trained in it where it is to be.

    Folders of models with `source: path` are read, and those of the hub that are in its cache.

    Args:
        study: the study.
    """
    found = []
    for section, name, folder in model_folders(study):
        chat = chat_of(study, name)
        lines = chat_mistakes(study, name, folder, chat) if chat else []
        found += [f"{study.path}: {section}.{name}: {line}" for line in lines]
    return list(dict.fromkeys(found))


def chat_mistakes(study: Study, name: str, folder: Path, chat: ChatSettings) -> list[str]:
    """What keeps one model from being asked, or trained where the study trains it; at most one line.

    Args:
        study: the study.
        name: the model's id.
        folder: holds its tokenizer.
        chat: what the study says of its chat format.
    """
    trained = any(run.student == name for run in study.trained_runs)
    try:
        if template_mistakes(folder, chat.template):
            return []
    except UserError:  # of a broken file; both are told with the folder
        return []
    try:
        _check(folder, chat, study.declared.inference, trained)
    except UserError as error:
        return [str(error)]
    return []


def _check(folder: Path, chat: ChatSettings, inference: Inference, trained: bool) -> None:
    file, text = chat.template or (f"{folder}", template_of(folder) or "")
    tokenizer = FileTokenizer(folder, text, file)
    thinking, date = inference.thinking, inference.date
    try:
        _check_asked(tokenizer, thinking, date)
        tokenised = (folder / FILE).is_file()  # without it, only transformers can tell the tokens
        if trained and (tokenised or is_gguf(folder)):
            ends = answer_ends(folder, chat)
            if ends.of_template is None and ends.after is not None:
                raise UserError(_no_end(tokenizer, ends))
            if tokenised:
                _check_trained(tokenizer, thinking, ends.declared | ends.further, date)
    except jinja2.TemplateError as error:
        expected = "a template of one user message and one answer"
        raise UserError(problem(f"{file}: chat template", str(error), expected)) from None


def _check_asked(tokenizer: FileTokenizer, thinking: bool, date: str) -> None:
    texts = [prompt_text(tokenizer, QUESTION, thinking, date)]
    message = {"suite": ["-"], "condition": ["-"], "task_id": ["-"], "content": [QUESTION]}
    asked = asked_table(0, pl.DataFrame(message), texts, ["-"], [[]], tokenizer, thinking, date)
    if QUESTION.splitlines()[-1] not in texts[0]:
        found, expected = Words("a prompt without the whole user message"), "all of the user message"
        raise UserError(problem(f"{tokenizer.name_or_path}: chat template", found, expected))
    check_mode(asked, thinking, f"{tokenizer.name_or_path}: chat template")


def _no_end(tokenizer: FileTokenizer, ends: AnswerEnds) -> str:
    """One line about a template with another end of an answer than an added token."""
    mark = (ends.after or "").strip().partition("\n")[0][:_SHOWN]
    if mark:
        said = "no added token of this tokenizer"
        with suppress(UserError):  # that of a GGUF file is made when it is dequantised
            (tokens,) = token_ids(tokenizer, [mark])
            said = "one token of its text" if len(tokens) == 1 else f"{len(tokens)} tokens of this tokenizer"
        found = f"{mark!r} after an answer, {said}"
    else:
        found = "nothing after an answer"
    expected = "an added token of the tokenizer there, which ends an answer"
    own = f"{{{{ eos_token }}}}{f' ({ends.named})' if ends.named else ''}"
    fix = (
        f"Write {own} there in a file of your own, and name it in the study: `chat_template: <file>`; or "
        "write `chat_template: plain`, which ends so."
    )
    return problem(f"{tokenizer.name_or_path}: chat template", Words(found), expected, fix)


def _check_trained(tokenizer: FileTokenizer, thinking: bool, ends: Set[int], date: str) -> None:
    """The checks of a training's rows, on one row; where a student thinks, with reasoning or without."""
    where = f"{tokenizer.name_or_path}: chat template: a question and an answer"
    told: list[UserError] = []
    for answer in (ANSWER, REASONED) if thinking else (ANSWER,):
        try:
            prompt, response = trained_tokens(tokenizer, QUESTION, answer, thinking, ends, date)
            ids, texts = [*prompt, *response], (QUESTION, answer)
            check_row(where, ids, response, texts, tokenizer, thinking, sorted(ends), date)
            return
        except UserError as error:
            told.append(error)
    raise told[0]
