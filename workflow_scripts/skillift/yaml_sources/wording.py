"""How messages word what was found, what was expected, and the fix."""

from __future__ import annotations

import difflib
import re

from skillift.yaml_sources.source import Words

HUB_NAME = r"^[^/\s]+/[^/\s]+$"  # the pattern of a model of the hub
_DIGEST = "[0-9a-f]{64}"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def one_of(words: list) -> str:
    """`one of a, b, c`, or the word itself when there is one."""
    return f"one of {', '.join(map(str, words))}" if len(words) != 1 else f"the word {words[0]}"


def did_you_mean(word: object, known: list) -> str:
    """`Did you mean 'curated'?`, or nothing when no known word is near."""
    names = [str(name) for name in known]
    lowered = {name.lower(): name for name in names}
    near = difflib.get_close_matches(str(word).lower(), lowered, n=1, cutoff=0.6)
    return f"Did you mean '{lowered[near[0]]}'?" if near else ""


def shown(value: object) -> object:
    """A value as messages show it: nothing for null, and long ones cut."""
    if value is None:
        return Words("nothing")
    text = repr(value)
    return Words(text[:77] + "...") if len(text) > 80 else value


def id_fix(name: object) -> str:
    """Advice on an id that breaks the rules: the nearest one that keeps them, or nothing."""
    corrected = re.sub(r"[^A-Za-z0-9._-]+", "-", str(name)).strip("-._")[:64]
    return f"Write '{corrected}'." if corrected else ""


def hub_hint(name: str) -> str:
    """How to write the name of a model of the hub that is given as an address, a folder or without owner."""
    found = re.fullmatch(r"\s*(?:https?://[^/\s]+/)?([^/\s.][^/\s]*/[^/\s]+)(?:/.*)?\s*", name)
    if found and found[1] != name and (name.strip() == found[1] or "://" in name):
        return f"Write {found[1]}."
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        return "For a folder on this machine write `source: path` and its `path`."
    return "The name stands at the top of the model's page: its owner, a slash, its name."


def digest_hint(digest: str) -> str:
    """How to write a SHA-256 that is given in capitals or with its name."""
    bare = digest.strip().lower().removeprefix("sha256:")
    return f"Write {bare}." if re.fullmatch(_DIGEST, bare) else ""


def number_fix(text: str) -> str:
    """How to write a number that is given in quotes, with a comma, in percent, or as 1_000."""
    bare = text.strip().replace(",", ".") if text.count(",") == 1 else text.strip()
    if bare.endswith("%"):
        try:
            return f"Write {float(bare[:-1]) / 100:g}."
        except ValueError:
            return ""
    bare = re.sub(r"(?<=\d)_(?=\d)", "", bare)
    return f"Write {bare} without quotes." if _NUMBER.fullmatch(bare) else ""
