"""The task pack of skillift: 40 skills over lists, with exact references, at three difficulties."""

from __future__ import annotations

from skillift.taskpack.pack import build_pack

__all__ = ["build_pack"]
