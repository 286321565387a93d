"""What annotations of settings say to who documents them."""

from __future__ import annotations


class NullSaysMore:
    """That null is something else than leaving the key out, so that the key has no default."""
