"""One Snakemake at a time works on a study.

The lock goes with the process that holds it, however that ends: nothing is left to be unlocked by hand, as
after Snakemake's own lock of the folder (which profiles/ switch off).
"""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from skillift.errors import UserError


def lock_study(state_folder: Path | str, timeout_s: float = 1.0) -> FileLock:
    """Take a study's lock, for as long as the returned object and its process live.

    Args:
        state_folder: the study's folder of resumable state; made if it is missing.
        timeout_s: how long to wait for one that is just ending.

    Raises:
        UserError: another process holds the lock.
    """
    path = Path(state_folder, "running.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=timeout_s)
    except Timeout:
        raise UserError(
            f"{path}: another Snakemake is at work on this study; wait for its end, or end it with Ctrl-C."
        ) from None
    return lock
