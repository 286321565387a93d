"""Equality of LaTeX answers by `math-verify`, in a process of its own that is ended when it takes too long.

Its own timeouts use signals, which exist in a main thread alone; and an expression such as 9^{9^{9^9}} keeps
Python inside one long computation, which no thread can end. So one worker answers one pair after another, and
where it does not within `SECONDS`, the pair is unequal and the next one gets a new worker.

What `math-verify` leaves out is compared here before: percent signs, words in `\\text`, the case of symbols,
primes, the base of a number, signs such as `\\approx`, and whether a set or a tuple is meant.
"""

from __future__ import annotations

import atexit
import json
import re
import select
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path

from skillift.answers import latex_worker
from skillift.answers.dress import encloses, fold_characters, spell_scripts, undress
from skillift.answers.words import unit_key

SECONDS = 20.0  # an equal pair takes milliseconds, the worker's start a second or two
LONGEST = 1000  # characters

_WORDS = re.compile(r"\\(?:text|mathrm|textrm|operatorname)\s*\{([^{}]*)\}")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_BASE = re.compile(r"\d[)}]?_\{?(\w+)")
_SIGN = re.compile(r"\\(?:approx|equiv|sim|simeq|cong|propto)(?![a-zA-Z])|[≈≡∼≅∝]")
_PRIME = re.compile(r"'|\\prime(?![a-zA-Z])")
# by its function, so that what the worker computes is part of the code that a command reaches
_SCRIPT = str(Path(latex_worker.main.__code__.co_filename).resolve())


@lru_cache(maxsize=4096)
def same_latex(answer: str, reference: str) -> bool:
    """Whether two LaTeX answers say the same; an answer that is not read in time does not."""
    first, second = (spell_scripts(undress(fold_characters(text))) for text in (answer, reference))
    if max(len(first), len(second)) > LONGEST or _told_apart(first, second):
        return False
    return _WORKER.same(first, second)


def _told_apart(first: str, second: str) -> bool:
    """Whether two expressions differ in something that `math-verify` does not look at."""
    if ("%" in first) != ("%" in second):
        return True
    said = [[unit_key(word.strip()) for word in _WORDS.findall(text)] for text in (first, second)]
    if said[0] != said[1]:
        return True
    if any(pattern.findall(first) != pattern.findall(second) for pattern in (_BASE, _SIGN)):
        return True
    primes = [len(_PRIME.findall(text)) for text in (first, second)]
    if primes[0] != primes[1] or {_kind(first), _kind(second)} == {"(", "{"}:
        return True
    left, right = (set(_COMMAND.findall(text)) | set(_COMMAND.sub("", text)) for text in (first, second))
    # x is not X, and no \delta is a \Delta
    return any(symbol[:2].swapcase() + symbol[2:] in right - left for symbol in left - right)


def _kind(text: str) -> str:
    """The bracket that opens a set or a tuple; empty where the expression is none."""
    text = re.sub(r"\\(?:left|right)(?![a-zA-Z])\s*|\\(?=[{}])", "", text)
    return text[0] if encloses(text) and "," in text else ""


class _Worker:
    """A process that runs `latex_worker`, started at the first pair."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._lock = threading.Lock()

    def same(self, first: str, second: str) -> bool:
        with self._lock:
            process = self._started()
            assert process.stdin is not None and process.stdout is not None  # both are pipes
            try:
                process.stdin.write(json.dumps([first, second]).encode() + b"\n")
                process.stdin.flush()
                if select.select([process.stdout], [], [], SECONDS)[0]:
                    return process.stdout.readline().strip() == b"true"
            except BrokenPipeError:
                pass  # it ended over the pair before, out of memory
            self._end()
            return False

    def _started(self) -> subprocess.Popen:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                # -P: this folder's modules must not stand before those of the standard library
                [sys.executable, "-P", _SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()


_WORKER = _Worker()
atexit.register(_WORKER.close)
