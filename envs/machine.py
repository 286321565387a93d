"""What a set-up asks of the machine (Python, platform, disk space), and what pip's failures mean.

From the standard library alone, and in words for the user.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

PYTHONS = [(3, 11), (3, 12), (3, 13)]  # pin.py resolves for the same
GIB = 1024**3

# What pip prints, and what it means. The first that matches counts.
CAUSES = [
    (
        r"No space left on device|Errno 28|Disk quota exceeded",
        "the disk is full",
        "Free some space (a set-up takes about 6 GiB, of which pip's temporary files and cache take part: "
        "TMPDIR and PIP_CACHE_DIR move them)",
    ),
    (
        r"(?i)failed to establish a new connection|connection (refused|reset|timed out|broken)|"
        r"name or service not known|name resolution|no route to host|network is unreachable|"
        r"max retries exceeded|(cannot|could not|failed to) connect|proxyerror|sslerror|timed out|"
        r"newconnectionerror|remotedisconnected",
        "the package registry cannot be reached",
        "Check the network, the proxy (HTTPS_PROXY) and pip's settings (`pip config list`)",
    ),
    (  # with PIP_RETRIES=0, pip says no more than this where there is no network
        r"Could not find a version that satisfies the requirement (?P<what>\S+) \(from versions: none\)",
        "the package registry cannot be reached, or does not offer {what}",
        "Check the network and pip's settings (`pip config list`)",
    ),
    (
        r"No matching distribution found for (?P<what>\S+)",
        "the package registry does not offer {what}",
        "Check that pip's settings (`pip config list`) name a complete registry",
    ),
    (
        r"Permission denied: '?(?P<what>[^'\n]*)",
        "there is no permission to write {what}",
        "Make the repository's folder and pip's cache writable",
    ),
]


class SetupError(Exception):
    """The machine lacks something; the message says what, why it is needed, and the fix."""


def python_version(python: str) -> tuple[int, int] | None:
    """Major and minor version of an interpreter, or None if it does not run."""
    found = _ask(python, "import sys; print(*sys.version_info[:2])").split()
    return (int(found[0]), int(found[1])) if len(found) == 2 else None


def _ask(python: str, code: str) -> str:
    """What an interpreter prints for `code`; empty if it does not run."""
    try:
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def find_python(wanted: str | None = None) -> str:
    """The first supported interpreter on this machine that can make environments, or `wanted` if it is one.

    Raises:
        SetupError: there is none.
    """
    names = [f"python{major}.{minor}" for major, minor in PYTHONS]
    candidates = [wanted] if wanted else [*names, "python3", sys.executable]
    found = {name: python_version(name) for name in candidates}
    supported = [name for name, version in found.items() if version in PYTHONS]
    for name in supported:
        if _ask(name, "import ensurepip, venv; print(1)"):
            return name
    if supported:
        major, minor = found[supported[0]] or PYTHONS[0]
        raise SetupError(
            f"Python: found {supported[0]} without the modules ensurepip and venv, expected both. "
            f"On Debian and Ubuntu: apt-get install python{major}.{minor}-venv"
        )
    seen = ", ".join(f"{name} ({version[0]}.{version[1]})" for name, version in found.items() if version)
    raise SetupError(
        f"Python: found {seen or f'no {wanted or names[0]}'}, expected 3.11, 3.12 or 3.13. "
        "Install one of them, or name one: make demo PYTHON=/path/to/python3.11"
    )


def check_platform(system: str, machine: str) -> None:
    """Stop on machines that the pins have no builds for.

    Raises:
        SetupError: not Linux on x86-64.
    """
    if system != "Linux" or machine.lower() not in ("x86_64", "amd64"):
        raise SetupError(
            f"machine: found {system} on {machine}, expected Linux on x86_64: "
            "the pinned sets are resolved for it alone. Use such a machine or container."
        )


def check_space(folders: dict[Path, float]) -> None:
    """Stop unless every folder's disk has the GiB that it needs (summed where they share a disk).

    Raises:
        SetupError: a disk is too full.
    """
    needs: dict[int, list] = {}
    for folder, gib in folders.items():
        entry = needs.setdefault(folder.stat().st_dev, [folder, 0.0])
        entry[1] += gib
    for folder, gib in needs.values():
        free = shutil.disk_usage(folder).free / GIB
        if free < gib:
            raise SetupError(
                f"disk of {folder}: found {free:.1f} GiB free, expected {gib:.1f} GiB for the packages. "
                "Free some space, or clone the repository to a larger disk (TMPDIR moves temporary files)."
            )


def explain(log: str) -> str:
    """What made pip fail, in one sentence with its fix, from what it printed."""
    for pattern, cause, fix in CAUSES:
        match = re.search(pattern, log)
        if match:
            return f"{cause.format(**match.groupdict())}. {fix}, and run the same command again."
    last = [line for line in log.splitlines() if line.strip()][-5:]
    return "pip said:\n  " + "\n  ".join(last) + "\nFix that, and run the same command again."
