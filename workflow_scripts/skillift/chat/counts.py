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

    def notes(self) -> tuple[str, ...]:
        """The details of a line of progress, see `progress.Progress.notes`."""
        counts = f"cached {self.cached:,}", f"retried {self.retried:,}", f"failed {self.failed:,}"
        return *counts, f"{self.usd:.4f} USD"
