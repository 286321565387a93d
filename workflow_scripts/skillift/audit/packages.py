"""What changed between two environment files: `torch 2.13.0 -> 2.14.0`."""

from __future__ import annotations

import re

_SHOWN = 3
_PIN = re.compile(r"^\s*-?\s*([A-Za-z0-9][\w.-]*)\s*={1,2}\s*([^\s=]+)", re.MULTILINE)


def changed_packages(before: str, after: str) -> str:
    """The packages whose pins differ, the first few by name; `nothing but its layout` where none does."""
    old, new = dict(_PIN.findall(before)), dict(_PIN.findall(after))
    changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    texts = [f"{name} {old.get(name, 'none')} -> {new.get(name, 'none')}" for name in changed[:_SHOWN]]
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    return f"{', '.join(texts)}{more}" if changed else "nothing but its layout"
