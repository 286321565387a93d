"""A YAML file as plain data together with the line of every key.

YAML is read by the rules of its version 1.2, where `2e-5` is a number and `no` is text. It forgives what a
study cannot: a key given twice silently keeps the last value. This module reads the file into nodes first, so
that such things are found, and keeps where each key stands, so that every later message can name the line.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import yaml

from skillift.errors import UserError, problem

KeyPath = tuple[str | int, ...]


if TYPE_CHECKING:
    from yaml import SafeLoader as _AnyLoader
else:  # the C parser is ten times faster where it is built
    _AnyLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_AnyLoader):
    """The core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), and `<<` of 1.1."""

    yaml_implicit_resolvers: ClassVar[dict] = {}

    def whole_number(self, node: yaml.Node) -> int:
        """A whole number, which may be octal or hexadecimal; a leading 0 says nothing."""
        text = self.construct_scalar(node)
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


for _kind, _pattern, _first in (
    ("merge", r"<<", "<"),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
):
    _firsts = [*_first, *([""] if _kind == "null" else [])]
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"^(?:{_pattern})$"), _firsts)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.whole_number)


class Words(str):
    """What was found, said in words: shown without the quotes of a value."""

    __repr__ = str.__str__


@dataclass
class Source:
    """A file's data and the lines of its keys."""

    path: str
    value: object
    lines: dict[KeyPath, int] = field(default_factory=dict)

    @property
    def mapping(self) -> dict:
        """The data of a file that holds one mapping, as those that are read from files all do."""
        if not isinstance(self.value, dict):
            raise TypeError(f"{self.path}: no mapping")
        return self.value

    def where(self, key: KeyPath) -> str:
        """`file:line: dotted.key` of a key, or of the nearest key around it that has a line."""
        known = key
        while known and known not in self.lines:
            known = known[:-1]
        line = self.lines.get(known)
        place = f"{self.path}:{line}" if line else self.path
        return f"{place}: {dotted(key)}" if key else place

    def problem(self, key: KeyPath, found: object, expected: str, fix: str = "") -> str:
        """One line of the house form, with this file's name and the key's line."""
        return problem(self.where(key), found, expected, fix)


def dotted(key: KeyPath) -> str:
    """`("runs", 0, "seeds")` as `runs[0].seeds`."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read_source(path: Path | str, kind: str) -> Source:
    """Read a YAML file that holds one mapping.

    Args:
        path: the file; named in messages as given.
        kind: what the file is, for messages: `study file`.

    Raises:
        UserError: the file is missing, unreadable, empty, not YAML, or not a mapping.
    """
    return parse_source(read_text(Path(path), kind), path, kind)


def parse_source(text: str, path: Path | str, kind: str) -> Source:
    """The same from the text of a file.

    Raises:
        UserError: the text is empty, not YAML, or not a mapping.
    """
    node_lines: dict[KeyPath, int] = {}
    problems: list[str] = []
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise UserError(problem(str(path), Words("an empty file"), f"a {kind}", _look_at(kind)))
        _walk(node, (), node_lines, problems, str(path), ())
        value = None if problems else loader.construct_document(node)
        _check_finite(value, (), node_lines, problems, str(path))
    except yaml.YAMLError as error:
        raise UserError(_yaml_problem(str(path), error)) from None
    except (ValueError, OverflowError, RecursionError) as error:
        # such as lists nested a thousand deep
        raise UserError(problem(str(path), Words(str(error)), "plain YAML", _look_at(kind))) from None
    finally:
        loader.dispose()
    if problems:
        raise UserError("\n".join(problems))
    if value is None:
        raise UserError(problem(str(path), Words("an empty document"), f"a {kind}", _look_at(kind)))
    if not isinstance(value, dict):
        found = Words(f"a {type(value).__name__}")
        raise UserError(problem(str(path), found, f"a mapping of keys: a {kind}", _look_at(kind)))
    return Source(str(path), value, node_lines)


def scalar(text: str) -> object:
    """A plain value as a YAML file would have it; texts that are none stay as they are."""
    try:
        value = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError):
        return text
    return text if isinstance(value, dict | list) or (value is None and not text) else value


def _look_at(kind: str) -> str:
    if kind.startswith("skill"):
        return "See docs/reference/own-data.md."
    return "See studies/embedded.yaml and docs/reference/study.md."


def read_text(path: Path, kind: str) -> str:
    """The text of a file in UTF-8.

    Raises:
        UserError: the file is missing, unreadable, or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        fix = "Name a file that exists."
        if path.parent.is_dir():
            others = sorted(other.as_posix() for other in path.parent.glob("*.yaml"))
            fix = f"Files there: {', '.join(others)}." if others else fix
        raise UserError(problem(str(path), Words("no such file"), f"a {kind}", fix)) from None
    except UnicodeDecodeError as error:
        found = Words(f"bytes that are not UTF-8 at position {error.start}")
        raise UserError(problem(str(path), found, f"a {kind} in UTF-8", "Save the file as UTF-8.")) from None
    except OSError as error:
        found = Words(error.strerror or str(error))
        raise UserError(problem(str(path), found, f"a readable {kind}")) from None


def _yaml_problem(path: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f"{path}:{mark.line + 1}" if mark else path
    parts = [getattr(error, name, None) for name in ("context", "problem")]
    said = ", ".join(part for part in parts if part) or " ".join(str(error).split())
    fix = "Look at this line and the one before it: indentation, a missing colon, quotes or brackets."
    return problem(where, Words(f"text that is not YAML ({said})"), "YAML", fix)


def _walk(
    node: yaml.Node,
    key: KeyPath,
    lines: dict[KeyPath, int],
    problems: list[str],
    path: str,
    around: tuple[int, ...],
) -> None:
    """Note every key's line; report keys given twice, keys that are not text, and nodes inside themselves."""
    line = node.start_mark.line + 1
    lines.setdefault(key, line)
    if id(node) in around:
        where = f"{path}:{line}: {dotted(key)}"
        problems.append(problem(where, Words("an alias of itself"), "a plain value"))
        return
    around = (*around, id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*key, index), lines, problems, path, around)
    elif isinstance(node, yaml.MappingNode):
        _walk_mapping(node, key, lines, problems, path, around)


def _walk_mapping(
    node: yaml.MappingNode,
    key: KeyPath,
    lines: dict[KeyPath, int],
    problems: list[str],
    path: str,
    around: tuple[int, ...],
) -> None:
    first_line: dict[str, int] = {}
    for name_node, value_node in node.value:
        line = name_node.start_mark.line + 1
        if name_node.tag == "tag:yaml.org,2002:merge":
            continue  # `<<: *anchor`; its keys have lines where the anchor stands
        name = name_node.value
        if not isinstance(name, str):  # such as `{{ placeholder }}`
            found, fix = Words("a list or mapping in place of a key"), "Put it in quotes, braces and all."
            problems.append(problem(Source(path, None, {key: line}).where(key), found, "text", fix))
            continue
        here = (*key, name)
        where = f"{path}:{line}: {dotted(here)}"
        if name_node.tag != "tag:yaml.org,2002:str":
            kind = name_node.tag.rsplit(":", 1)[-1]
            found = Words(f"a key that YAML reads as {kind}")
            problems.append(problem(where, found, "a key that is text", f'Put it in quotes: "{name}".'))
            continue
        if name in first_line:
            found = Words(f"the key '{name}' a second time (first on line {first_line[name]})")
            problems.append(problem(where, found, "every key once", "Delete one of the two."))
            continue
        first_line[name] = line
        lines[here] = line
        _walk(value_node, here, lines, problems, path, around)


def _check_finite(value: object, key: KeyPath, lines: dict, problems: list[str], path: str) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        _check_finite(item, (*key, name), lines, problems, path)
    if isinstance(value, float) and not math.isfinite(value):
        where = Source(path, None, lines).where(key)
        problems.append(problem(where, value, "a finite number"))


def beside(path: Path | str, declared: str) -> str:
    """A path declared in the file `path`, which is relative to that file's folder, seen from here."""
    return Path(os.path.normpath(Path(path).parent / declared)).as_posix()
