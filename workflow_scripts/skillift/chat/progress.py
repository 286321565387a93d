"""How far a job's conversations are: a bar on a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from tqdm import tqdm

_LINE_EVERY_S = 10.0


@dataclass
class Counts:
    """What a client did up to now; `usd` is what was paid, by this client."""

    cached: int = 0
    retried: int = 0
    failed: int = 0
    usd: float = 0.0

    def __str__(self) -> str:
        return f"cached {self.cached}, retried {self.retried}, failed {self.failed}, {self.usd:.4f} USD"


@dataclass
class Progress:
    """A context manager that shows done, cached, retried, failed, USD so far and the time left.

    Lines are written to stderr where that is no terminal, at most one in ten seconds.
    """

    total: int
    label: str
    counts: Counts
    _lines_from: float = field(default_factory=time.monotonic)

    def __enter__(self) -> Progress:
        self._bar = tqdm(total=self.total, desc=self.label, unit="answer", disable=None)
        self._start, self._done = time.monotonic(), 0
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def step(self, *_: object) -> None:
        """One more is done."""
        self._done += 1
        if not self._bar.disable:
            self._bar.set_postfix_str(str(self.counts), refresh=False)
            self._bar.update()
            return
        now = time.monotonic()
        if now - self._lines_from >= _LINE_EVERY_S:
            self._lines_from = now
            print(self.line(now - self._start), file=sys.stderr, flush=True)

    def line(self, seconds: float) -> str:
        """The state after `seconds`."""
        left = seconds / self._done * (self.total - self._done) if self._done else float("nan")
        label = f"{self.label}: " if self.label else ""
        return f"{label}{self._done} of {self.total} done, {self.counts}, {left:.0f} s left"
