"""How far a job is: a line at least every half minute, in its log or on a terminal, in one form for all jobs.

Who works says where it is (`Progress`, `phase`); a thread beside it writes the lines, so that they come
within a long step, too, and cost the work nothing. Processes with one work count in memory that they share
(`Shares`), and the one that started them tells it. The form of the lines: `progress_lines` beside this.
"""

from __future__ import annotations

import atexit
import math
import os
import stat
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from skillift.processes.progress_lines import Line, Phase, duration_text, rate_text
from skillift.redaction import redact

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

LINE_EVERY_S = 25.0  # the longest silence of a log is to be half a minute
TERMINAL_EVERY_S = 5.0
SHARED_EVERY_S = 2.0
FIRST_AFTER_S = 2.0  # what takes less says nothing
_LONG_S = 10.0  # without one more done: worth a word


class Progress:
    """A context manager that has lines written on how far a counted work is.

    Whoever works sets what is public here, from one thread; the lines read it.

    Attributes:
        done: how many are done.
        skipped: how many of these took no time, and say nothing on the rate.
        begun: the share of the next one that is done, for the time left alone.
        notes: further details, such as `("loss 0.69",)`.
        amounts: of what is counted besides, by unit (`{"token": 5000}`); the lines give their rates.
        look: called before a line is written, to bring all this up to date.
    """

    def __init__(self, label: str, total: int, unit: str, done: int = 0) -> None:
        """A work of `total` units, of which `done` were done before.

        Args:
            label: what is done, such as `training`.
            total: how many there are.
            unit: of one of them, such as `step`.
            done: those that an earlier process has done.
        """
        self.label, self.total, self.unit, self.done = label, total, unit, done
        self.skipped, self.begun = done, 0.0
        self.notes: tuple[str, ...] = ()
        self.amounts: dict[str, float] = {}
        self.look: Callable[[Progress], None] | None = None
        self.began = self._last = time.monotonic()
        self.shown = False

    def __enter__(self) -> Progress:
        self.label = _label(self.label)
        self.began = self._last = time.monotonic()
        _reporter.begin(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        _reporter.end(self)
        if kind is None and self.shown:
            _reporter.write(str(self.line(time.monotonic(), ended=True)))

    def advance(self, number: int = 1) -> None:
        """So many more are done."""
        self.move_to(self.done + number)

    def move_to(self, done: int) -> None:
        """So many are done."""
        if done != self.done:
            self.done, self.begun, self._last = done, 0.0, time.monotonic()

    def line(self, now: float, ended: bool = False) -> Line:
        """The state at a time of `time.monotonic`."""
        if self.look is not None and not ended:
            self.look(self)
        elapsed = max(now - self.began, 1e-9)
        fresh = self.done + self.begun - self.skipped
        details = [rate_text(fresh / elapsed, self.unit)] if fresh > 0 else []
        details += self.notes
        details += [rate_text(number / elapsed, unit) for unit, number in self.amounts.items() if number > 0]
        if ended:
            return Line(
                self.label, self.done, self.total, self.unit, (*details, f"took {duration_text(elapsed)}")
            )
        if now - self._last >= _LONG_S and self.done < self.total:
            before = f"the last {self.unit}" if self._last > self.began else "the start"
            details.append(f"{duration_text(now - self._last)} since {before}")
        left = max(0, round((self.total - self.done - self.begun) * elapsed / fresh)) if fresh > 0 else None
        return Line(self.label, self.done, self.total, self.unit, tuple(details), left)


class _Phase:
    """What cannot be counted; `lasting`: said only where nothing else is written."""

    def __init__(self, what: str | Callable[[], str], label: str = "", lasting: bool = False) -> None:
        self.label = label or _label() or _reporter.name
        self.what, self.lasting, self.began = what, lasting, time.monotonic()
        self.shown = lasting  # nobody waits for its first line

    def line(self, now: float) -> Phase:
        what = self.what if isinstance(self.what, str) else self.what()
        return Phase(self.label, what, round(now - self.began))


def _label(*own: str) -> str:
    """What the parts of the work and a label of its own make; a colon would end it in its line."""
    return ", ".join([*_reporter.parts, *own]).replace(":", " ")


@contextmanager
def phase(what: str | Callable[[], str]) -> Iterator[None]:
    """Have lines written that `what` (`loading the model`) goes on, for the duration of a `with` block.

    Args:
        what: is done; or a function that tells it for each line.
    """
    activity = _Phase(what)
    _reporter.begin(activity)
    try:
        yield
    finally:
        _reporter.end(activity)


@contextmanager
def part(name: str) -> Iterator[None]:
    """Name the part of the work that a `with` block does (`checkpoint 2 of 3`) in its lines."""
    _reporter.parts.append(name)
    try:
        yield
    finally:
        _reporter.parts.pop()


@contextmanager
def heartbeat(name: str) -> Iterator[None]:
    """Have the job `name` say that it is at work whenever its log has been silent, for a `with` block."""
    _reporter.name = name
    activity = _Phase("at work", label=name, lasting=True)
    _reporter.begin(activity)
    try:
        yield
    finally:
        _reporter.stop()


class Shares:
    """How far the processes are that share one counted work, in memory that they share."""

    _OF_EACH = 3  # done, begun, tokens

    def __init__(self, context: BaseContext, number: int) -> None:
        """For so many processes of a context of `multiprocessing`."""
        self.values = context.Array("d", self._OF_EACH * number, lock=False)

    def tell(self, place: int) -> None:
        """In the process at a place (from 0): count here from now on, and write no lines."""
        _reporter.shares, _reporter.place = self, place

    def note(self, place: int, progress: Progress) -> None:
        """What the process at a place is at."""
        if progress.look is not None:
            progress.look(progress)
        first = place * self._OF_EACH
        now = progress.done, progress.begun, progress.amounts.get("token", 0)
        self.values[first : first + self._OF_EACH] = now

    def look(self, progress: Progress) -> None:
        """Bring the progress of the whole up to date; see `Progress.look`."""
        done, begun, tokens = (sum(self.values[kind :: self._OF_EACH]) for kind in range(self._OF_EACH))
        progress.move_to(int(done))
        progress.begun, progress.amounts["token"] = begun, tokens

    def clear(self) -> None:
        """A new work begins."""
        self.values[:] = [0.0] * len(self.values)


class _Reporter:
    """What this process is at, innermost last, and the thread that tells it while there is anything."""

    def __init__(self) -> None:
        self.name = "job"
        self.parts: list[str] = []
        # weakly: a work that an error ended elsewhere than in its `with` block goes with its owner
        self.begun: list[weakref.ref[Progress | _Phase]] = []
        self.changed = threading.Condition()
        self.thread: threading.Thread | None = None
        self.last_line = 0.0
        self.shares: Shares | None = None
        self.place = 0

    def begin(self, activity: Progress | _Phase) -> None:
        """Tell this one from now on."""
        with self.changed:
            self.begun = [*self.begun, weakref.ref(activity)]
            if self.thread is None:
                self.last_line = time.monotonic()
                self.thread = threading.Thread(target=self._tell, name="progress", daemon=True)
                self.thread.start()
            else:
                self.changed.notify()

    def end(self, activity: Progress | _Phase) -> None:
        """Tell what it was begun in, if anything."""
        with self.changed:
            # a forked process leaves blocks that it did not enter
            self.begun = [other for other in self.begun if other() not in (activity, None)]
            if self.begun or self.thread is None:
                return
            thread, self.thread = self.thread, None
            self.changed.notify()
        thread.join(1.0)  # nothing may be written while Python ends

    def stop(self) -> None:
        """Tell no more, whatever was not ended: an error has its last word."""
        with self.changed:
            self.begun, thread, self.thread = [], self.thread, None
            self.changed.notify()
        if thread is not None:
            thread.join(1.0)

    def write(self, text: str) -> None:
        """One line to the standard error; a full disk or a closed pipe is not this module's to report."""
        self.last_line = time.monotonic()
        if self.shares is not None:
            return
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(redact(text) + "\n")
            sys.stderr.flush()

    def _tell(self) -> None:
        me = threading.current_thread()
        while True:
            with self.changed:
                while self.thread is me and (wait := self._due() - time.monotonic()) > 0:
                    self.changed.wait(wait)
                if self.thread is not me:
                    return
                activity = self._innermost()
                if activity is None:
                    self.thread = None
                    return
            self._tell_of(activity)
            del activity  # or it would live for as long as this waits

    def _innermost(self) -> Progress | _Phase | None:
        return next((activity for ref in reversed(self.begun) if (activity := ref()) is not None), None)

    def _due(self) -> float:
        """When the next line is due, by `time.monotonic`."""
        activity, due = self._innermost(), self.last_line + _every()
        return due if activity is None or activity.shown else min(due, activity.began + FIRST_AFTER_S)

    def _tell_of(self, activity: Progress | _Phase) -> None:
        if isinstance(activity, _Phase) and activity.lasting and (quiet := _quiet_s()) < _every():
            self.last_line = time.monotonic() - quiet
            return
        try:
            if self.shares is not None and isinstance(activity, Progress):
                self.shares.note(self.place, activity)
            text = str(activity.line(time.monotonic()))
        except Exception as error:  # what is read of a library's inside may be gone in its next version
            text = f"{activity.label}: at work; how far cannot be told ({error!r})"
        activity.shown = True
        self.write(text)


def _every() -> float:
    if _reporter.shares is not None:
        return min(SHARED_EVERY_S, LINE_EVERY_S)
    with suppress(OSError, ValueError, AttributeError):
        if sys.stderr.isatty():
            return min(TERMINAL_EVERY_S, LINE_EVERY_S)
    return LINE_EVERY_S


def _quiet_s() -> float:
    """For how many seconds nobody has written to this process's log; endless where it is no file."""
    try:
        log = os.fstat(2)
    except OSError:
        return math.inf
    return max(0.0, time.time() - log.st_mtime) if stat.S_ISREG(log.st_mode) else math.inf


_reporter = _Reporter()


def _forget() -> None:
    """In a forked process: its parent's work is not its own, nor is there a thread."""
    global _reporter
    _reporter = _Reporter()


os.register_at_fork(after_in_child=_forget)
atexit.register(lambda: _reporter.stop())  # a thread that writes while Python ends may end it hard
