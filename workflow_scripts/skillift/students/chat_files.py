"""A student's chat template and its special tokens, read from its files alone.

Loading a tokenizer takes seconds; this takes milliseconds, so that all students of a study are looked at
before the first job. What is rendered and tokenised for a student is `chat_format`'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import jinja2
import jinja2.nodes

from skillift.answers.reasoning import TAGS as REASONING_TAGS
from skillift.answers.reasoning import reasoning_mistakes
from skillift.errors import UserError, problem
from skillift.students.chat_rendering import QUESTION, environment, exchange
from skillift.students.folder_files import read_object, unreadable
from skillift.students.gguf_header import is_gguf, read_header

SPECIAL_TOKEN = "special token"  # how the reason begins why no student can be trained on a demonstration

# The shape of a mark that ends or begins a turn although its tokenizer calls it no special token, as those of
# DeepSeek-V3's roles; line breaks and words may be tokens of their own too, and mark nothing.
_BRACKETED = re.compile(r"[<\[{(|｜].*[>\]})|｜]", re.DOTALL)
_NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


class AddedToken(NamedTuple):
    """An entry that a tokenizer looks for in any text before it splits it.

    Attributes:
        text: the token.
        special: whether the tokenizer calls it special.
        number: its place in the vocabulary; None where the files do not say.
    """

    text: str
    special: bool
    number: int | None = None

    @property
    def bracketed(self) -> bool:
        """Whether it has the shape of a mark of turns."""
        return bool(_BRACKETED.fullmatch(self.text))


def special_tokens(added: Iterable[AddedToken], named: Iterable[str], rendered: str) -> list[str]:
    """What no task, skill or demonstration may hold: a tokenizer reads it as the end of a turn, or the like.

    Args:
        added: all added tokens of a tokenizer.
        named: its begin, end, padding and other named tokens.
        rendered: a question and an answer in the student's chat template, whose marks count as special too.

    Returns:
        Their texts, sorted; tags of reasoning are not among them, which demonstrations may hold.
    """
    found = {token.text for token in added if token.special} | set(named)
    found |= {token.text for token in added if token.text in rendered and token.bracketed}
    return sorted(text for text in found if text.strip() and text not in REASONING_TAGS)


def first_special(text: str, tokens: Iterable[str]) -> str:
    """The special token that stands first in a text; empty where none does."""
    found = _any_of(tuple(tokens)).search(text)
    return found[0] if found else ""


def special_token_problem(where: str, token: str, of: str) -> str:
    """One line about a text that holds a special token."""
    expected = "text without special tokens, which would end a turn or begin another"
    fix = f"Write it in another way, such as {token[:1] + ' ' + token[1:]!r}."
    return problem(where, f"{token} (a special token of {of})", expected, fix)


def special_tokens_of(folder: Path | str, template: str | None = None) -> list[str]:
    """The special tokens of a model folder, or of a tokenizer's alone.

    Args:
        folder: the folder.
        template: the chat template that a study names; the folder's own where it names none.

    Raises:
        UserError: a file of the folder is unreadable.
    """
    folder = Path(folder)
    settings = tokenizer_settings(folder)
    named = list(named_tokens(settings))
    template = template or template_of(folder)
    try:
        rendered = "".join(exchange(template, named_texts(settings))) if template else ""
    except Exception:
        rendered = ""  # told by template_mistakes
    return special_tokens(added_tokens(folder, settings), named, rendered)


def template_of(folder: Path | str) -> str | None:
    """The text of a folder's chat template; None where it has none.

    Raises:
        UserError: a file of the folder is unreadable.
    """
    folder = Path(folder)
    file = folder / "chat_template.jinja"
    if file.is_file():
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise unreadable(file, error) from None
    declared = tokenizer_settings(folder).get("chat_template")
    if isinstance(declared, list):  # several by name
        declared = {entry.get("name"): entry.get("template") for entry in declared if isinstance(entry, dict)}
    if isinstance(declared, dict):
        declared = declared.get("default")
    return declared if isinstance(declared, str) and declared else None


def template_mistakes(folder: Path | str, named: tuple[str, str] | None = None) -> list[str]:
    """What keeps a chat template from rendering one question and one answer, the same at any time.

    Also its tags of reasoning that are not known: such reasoning would be scored as the answer.

    Args:
        folder: a model folder.
        named: file and text of the template that the study names; the folder's own where it names none.

    Raises:
        UserError: a file of the folder is unreadable.
    """
    folder = Path(folder)
    file, text = named or (f"{folder}", template_of(folder))
    if text is None:
        fix = (
            "Add the model's chat template to the folder, or name one in the study: `chat_template: <file>`, "
            "or `chat_template: plain` for a base model."
        )
        return [problem(file, "no chat template", "chat_template.jinja", fix)]
    where = f"{file}: chat template"
    try:
        tree = environment().parse(text)
        rendered = "".join(exchange(text, named_texts(tokenizer_settings(folder))))
    except jinja2.TemplateSyntaxError as error:
        return [problem(f"{where}, line {error.lineno}", error.message, "a valid Jinja template")]
    except Exception as error:  # a template is a program: it may divide by zero, or call itself
        return [problem(where, str(error), "a template of one user message and one answer")]
    drawn = [
        f"the filter {node.name}" for node in tree.find_all(jinja2.nodes.Filter) if node.name == "random"
    ]
    drawn += [node.name for node in tree.find_all(jinja2.nodes.Name) if node.name == "lipsum"]
    if drawn:
        return [problem(where, drawn[0], "the same prompt at any time", "Take it out of the template.")]
    if QUESTION not in rendered:
        found = "a template without the user's message" if text.strip() else "an empty template"
        return [problem(where, found, "a template of one user message and one answer")]
    return reasoning_mistakes(text, where)


def tokenizer_settings(folder: Path | str) -> dict:
    """tokenizer_config.json, with the named tokens of special_tokens_map.json where it has none.

    In place of a folder, a GGUF file says the same.

    Raises:
        UserError: one of them is unreadable.
    """
    if is_gguf(folder):
        return read_header(folder).tokenizer_config()
    files = [Path(folder) / name for name in ("special_tokens_map.json", "tokenizer_config.json")]
    return _read_settings(*(_state_of(file) for file in files if file.is_file()))


def _state_of(file: Path) -> tuple[Path, int, int]:
    state = file.stat()
    return file, state.st_mtime_ns, state.st_size


@lru_cache(maxsize=8)  # a megabyte in families with thousands of added tokens, and asked for many times
def _read_settings(*states: tuple[Path, int, int]) -> dict:
    found: dict = {}
    for file, *_ in states:
        found |= {key: value for key, value in read_object(file).items() if value is not None}
    return found


def named_texts(settings: Mapping) -> dict[str, str]:
    """Texts of the tokens that a tokenizer has names for, such as `bos_token`, by these."""
    named = {name: settings.get(name) for name in _NAMED}
    texts = {
        name: token.get("content") if isinstance(token, dict) else token for name, token in named.items()
    }
    return {name: text for name, text in texts.items() if text is not None}


def named_tokens(settings: Mapping) -> Iterator[str]:
    """Texts of the tokens that a tokenizer has names for, further special tokens included."""
    several: list[object] = []
    for key in ("additional_special_tokens", "extra_special_tokens"):
        entries = settings.get(key)
        if isinstance(entries, dict | list):
            several += entries.values() if isinstance(entries, dict) else entries
    for token in [*(settings.get(name) for name in _NAMED), *several]:
        text = token.get("content") if isinstance(token, dict) else token
        if isinstance(text, str):
            yield text


def added_tokens(folder: Path | str, settings: Mapping) -> list[AddedToken]:
    """The added tokens of a folder's tokenizer, once each.

    Args:
        folder: the folder.
        settings: see `tokenizer_settings`.

    Raises:
        UserError: tokenizer.json is unreadable.
    """
    declared = settings.get("added_tokens_decoder")
    declared = declared.items() if isinstance(declared, dict) else ()
    entries = [{"id": number, **entry} for number, entry in declared if isinstance(entry, dict)]
    file = Path(folder) / "tokenizer.json"
    if file.is_file():
        entries += [entry for entry in _entries_of(file) if isinstance(entry, dict)]
    found: dict[str, AddedToken] = {}
    for entry in entries:
        if isinstance(text := entry.get("content"), str):
            before = found.get(text, AddedToken(text, False))
            number = str(entry.get("id", ""))
            found[text] = AddedToken(
                text,
                before.special or bool(entry.get("special")),
                int(number) if number.isdecimal() else before.number,
            )
    return list(found.values())


def _entries_of(file: Path) -> list:
    """`added_tokens` of a tokenizer.json; the vocabulary behind it, of many megabytes, is not parsed."""
    return _read_entries(_state_of(file))


@lru_cache(maxsize=8)
def _read_entries(state: tuple[Path, int, int]) -> list:
    file = state[0]
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(file, error) from None
    if not (text.lstrip().startswith("{") and text.rstrip().endswith("}")):
        fix = "Copy the folder again; where git has left a pointer in place of the file, `git lfs pull`."
        raise UserError(problem(f"{file}", text.lstrip()[:40], "a whole JSON object", fix))
    start = re.search(r'"added_tokens"\s*:\s*', text)
    try:
        found = json.JSONDecoder().raw_decode(text, start.end())[0] if start else []
    except (ValueError, RecursionError) as error:
        raise UserError(problem(f"{file}", str(error), "a JSON object", "Copy the folder again.")) from None
    return found if isinstance(found, list) else []


@lru_cache(maxsize=8)
def _any_of(tokens: tuple[str, ...]) -> re.Pattern:
    longest_first = sorted(tokens, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
