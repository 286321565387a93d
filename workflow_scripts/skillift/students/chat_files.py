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
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

from skillift.answers.reasoning import TAGS as REASONING_TAGS
from skillift.answers.reasoning import reasoning_mistakes
from skillift.errors import UserError, problem
from skillift.students.clock import DEFAULT_DATE, pinned_clock
from skillift.students.folder_files import read_object, unreadable

SPECIAL_TOKEN = "special token"  # how the reason begins why no student can be trained on a demonstration

# The shape of a mark that ends or begins a turn although its tokenizer calls it no special token, as those of
# DeepSeek-V3's roles; line breaks and words may be tokens of their own too, and mark nothing.
_BRACKETED = re.compile(r"[<\[{(|｜].*[>\]})|｜]", re.DOTALL)
_NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_QUESTION, _ANSWER = "A question.", "An answer."


class AddedToken(NamedTuple):
    """An entry that a tokenizer looks for in any text before it splits it."""

    text: str
    special: bool


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
    found |= {token.text for token in added if token.text in rendered and _BRACKETED.fullmatch(token.text)}
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


def special_tokens_of(folder: Path | str) -> list[str]:
    """The special tokens of a model folder, or of a tokenizer's alone.

    Raises:
        UserError: a file of the folder is unreadable.
    """
    folder = Path(folder)
    settings = _settings(folder)
    named = list(_named_tokens(settings))
    template = template_of(folder)
    try:
        rendered = _exchange(template, settings) if template else ""
    except Exception:
        rendered = ""  # told by template_mistakes
    return special_tokens(_added_tokens(folder, settings), named, rendered)


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
    declared = _settings(folder).get("chat_template")
    if isinstance(declared, list):  # several by name
        declared = {entry.get("name"): entry.get("template") for entry in declared if isinstance(entry, dict)}
    if isinstance(declared, dict):
        declared = declared.get("default")
    return declared if isinstance(declared, str) and declared else None


def template_mistakes(folder: Path | str) -> list[str]:
    """What keeps a chat template from rendering one question and one answer, the same at any time.

    Also its tags of reasoning that are not known: such reasoning would be scored as the answer.

    Raises:
        UserError: a file of the folder is unreadable.
    """
    folder, text = Path(folder), template_of(folder)
    if text is None:
        return [
            problem(f"{folder}", "no chat template", "chat_template.jinja", "Add the model's chat template.")
        ]
    where = f"{folder}: chat template"
    try:
        tree = _environment().parse(text)
        rendered = _exchange(text, _settings(folder))
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
    if _QUESTION not in rendered:
        found = "a template without the user's message" if text.strip() else "an empty template"
        return [problem(where, found, "a template of one user message and one answer")]
    return reasoning_mistakes(text, where)


def _settings(folder: Path) -> dict:
    """tokenizer_config.json, with the named tokens of special_tokens_map.json where it has none."""
    found = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            found |= {key: value for key, value in read_object(folder / name).items() if value is not None}
    return found


def _named_tokens(settings: Mapping) -> Iterator[str]:
    lists = [settings.get(key) for key in ("additional_special_tokens", "extra_special_tokens")]
    lists = [entries for entries in lists if isinstance(entries, dict | list)]
    several = [
        entry for entries in lists for entry in (entries.values() if isinstance(entries, dict) else entries)
    ]
    for token in [*(settings.get(name) for name in _NAMED), *several]:
        text = token.get("content") if isinstance(token, dict) else token
        if isinstance(text, str):
            yield text


def _added_tokens(folder: Path, settings: Mapping) -> list[AddedToken]:
    entries = settings.get("added_tokens_decoder")
    entries = list(entries.values()) if isinstance(entries, dict) else []
    file = folder / "tokenizer.json"
    if file.is_file():
        entries += _entries_of(file)
    return [
        AddedToken(entry["content"], bool(entry.get("special")))
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("content"), str)
    ]


def _entries_of(file: Path) -> list:
    """`added_tokens` of a tokenizer.json; the vocabulary behind it, of many megabytes, is not parsed."""
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


class _Generation(jinja2.ext.Extension):
    """The block `generation`, which marks in some templates what is trained on: its content as it is."""

    tags = frozenset({"generation"})

    def parse(self, parser: jinja2.parser.Parser) -> list[jinja2.nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    """Jinja as transformers sets it up for chat templates."""
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = lambda value, **options: json.dumps(
        value, **{"ensure_ascii": False, **options}
    )
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = pinned_clock(DEFAULT_DATE)
    return environment


def _raise(message: str) -> None:
    raise jinja2.TemplateError(message)


def _exchange(template: str, settings: Mapping) -> str:
    """A question and an answer in a chat template, and the question alone with the answer's beginning.

    Raises:
        jinja2.TemplateError: whatever a template does wrong, such as a division by zero.
    """
    named = {name: settings.get(name) for name in _NAMED}
    texts = {
        name: token.get("content") if isinstance(token, dict) else token
        for name, token in named.items()
        if token is not None
    }
    asked = [{"role": "user", "content": _QUESTION}]
    answered = [*asked, {"role": "assistant", "content": _ANSWER}]
    options = {"tools": None, "documents": None, **texts}
    try:
        compiled = _environment().from_string(template)
        return compiled.render(messages=asked, add_generation_prompt=True, **options) + compiled.render(
            messages=answered, add_generation_prompt=False, **options
        )
    except jinja2.TemplateError:
        raise
    except Exception as error:  # a template is a program
        raise jinja2.TemplateError(f"{type(error).__name__}: {error}") from None


@lru_cache(maxsize=8)
def _any_of(tokens: tuple[str, ...]) -> re.Pattern:
    longest_first = sorted(tokens, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
