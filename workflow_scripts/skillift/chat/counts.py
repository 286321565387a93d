"""What a client did up to now, for the lines that say how far its job is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Counts:
    """Of one client's requests; `usd` is what was paid, by this client."""

    cached: int = 0
    retried: int = 0
    failed: int = 0
    usd: float = 0.0

    def notes(self, done: int) -> tuple[str, ...]:
        """The details of a line of progress, see `progress.Progress.notes`; `done`: of the requests."""
        failed = f"failed {self.failed:,} of {done:,}" if self.failed else "failed 0"
        counts = f"cached {self.cached:,}", f"retried {self.retried:,}", failed
        return *counts, f"{self.usd:.4f} USD"
