"""What the jobs that load a student need of a machine, by the student's size: memory and time.

Generous first guesses for a batch system, which ends a job that passes them; a job that was ended is done
again with twice as much. Nothing here changes a result.
"""

from __future__ import annotations

from pathlib import Path

PYTHON_MB = 4000  # the libraries and a small student; 1000 were measured on a CPU, CUDA's take more
TRAINED_BYTES = 16  # of each parameter: float32 weights, gradients and Adam's two moments, or base and merged
SERVED_BYTES = 6  # of each parameter: float32 weights while they are cast
BASE_MINUTES = 60
MINUTES_PER_BILLION = 30
LARGEST_DOUBLING = 4


def training_mb(parameters: int) -> int:
    """Memory of a training (MB)."""
    return PYTHON_MB + parameters * TRAINED_BYTES // 10**6


def serving_mb(parameters: int, kv_cache_gib: float) -> int:
    """Memory of an engine (MB), with the key-value cache that it has on a CPU."""
    return PYTHON_MB + round(kv_cache_gib * 1074) + parameters * SERVED_BYTES // 10**6


def model_minutes(parameters: int) -> int:
    """Time of a job that trains a student or has it answer (minutes)."""
    return BASE_MINUTES + parameters * MINUTES_PER_BILLION // 10**9


def grown(amount: int, attempt: int) -> int:
    """Twice as much at each further attempt, up to 16 times."""
    return amount * 2 ** min(attempt - 1, LARGEST_DOUBLING)


def local_gpus(devices: Path = Path("/dev")) -> int:
    """1 where this machine has an NVIDIA device, else 0: accelerators of a job that loads a student."""
    return int(any(devices.glob("nvidia[0-9]*")))
