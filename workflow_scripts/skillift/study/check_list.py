"""Checks between the sections of a study: what one is, and what several say in the same words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from skillift.study.chat_checks import Finding
from skillift.yaml_sources.source import KeyPath, Source
from skillift.yaml_sources.wording import did_you_mean, one_of

Look = Callable[[dict, Source], Iterator[Finding]]


class Check(NamedTuple):
    """One check, and the top-level keys of the study that it reads."""

    sections: frozenset[str]
    look: Look


class Checks(list[Check]):
    """The checks of a module, in their order."""

    def reads(self, *sections: str) -> Callable[[Look], Look]:
        """Add a function as a check that reads these sections."""

        def register(look: Look) -> Look:
            self.append(Check(frozenset(sections), look))
            return look

        return register


def unknown_id(key: KeyPath, name: str, known: dict, section: str) -> Finding:
    """That an id is none of a section's."""
    choice = one_of(sorted(known)) if known else "there is none"
    expected = f"a key of `{section}` ({choice})"
    fix = did_you_mean(name, list(known)) or f"Add '{name}' to `{section}`, or name another."
    return key, name, expected, fix


def braces(key: KeyPath, path: Path) -> Iterator[Finding]:
    """That a path has braces, which Snakemake would fill in."""
    if found := re.search(r"\{.*\}", path.as_posix()):
        fix = "Snakemake fills in what stands in braces; rename the file or folder."
        yield key, found[0], "a path without braces", fix
