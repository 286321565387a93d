"""Jobs that a Snakemake has left on a SLURM cluster at its end, to write beside those of the next one.

SLURM knows nothing of Snakemake's end. An orphaned job is one of this user that Snakemake has submitted from
this folder for this study; whoever holds the study's lock knows that no other Snakemake waits for it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from skillift.errors import UserError, problem

ANSWER_S = 30  # longest wait for a word from SLURM
_PROJECT = Path(__file__).resolve().parents[3]
END_S = 180  # and for the end of a cancelled job


def cancel_orphaned_jobs(folder: Path | str, study: str, default: str) -> list[str]:
    """Cancel the left jobs of a study and wait for their end.

    Args:
        folder: where Snakemake is started.
        study: the study file.
        default: the one that config.yaml names, for calls that name none.

    Returns:
        Their ids; none where there is no SLURM, or none that answers.

    Raises:
        UserError: a job does not end.
    """
    left = orphaned_jobs(folder, study, default)
    if not left:
        return left
    _ask("scancel", *left)
    deadline = time.monotonic() + END_S
    while still := set(left) & set(_ask("squeue", "--me", "--noheader", "--format=%i").split()):
        if time.monotonic() > deadline:
            found = f"jobs {', '.join(sorted(still))} left by a Snakemake, still there after `scancel`"
            raise UserError(problem("SLURM", found, "none", "Have them ended, and start again."))
        time.sleep(0.5)
    return left


def orphaned_jobs(folder: Path | str, study: str, default: str) -> list[str]:
    """Ids of a study's jobs in the queue, as `cancel_orphaned_jobs` takes it."""
    if shutil.which("squeue") is None:
        return []
    found = []
    for line in _ask("squeue", "--me", "--noheader", "--format=%i|%k|%Z").splitlines():
        job, comment, started_in = line.split("|", 2)
        if comment.startswith("rule_") and os.path.realpath(started_in) == os.path.realpath(folder):
            script = _ask("scontrol", "write", "batch_script", job, "-")
            if "-m snakemake" in script and _same(folder, study_of(script, default), study):
                found.append(job)
    return found


def study_of(script: str, default: str) -> str:
    """The study file that a job's call of Snakemake names, or `default`."""
    # Snakemake writes each setting as Python would; one without quotes has no space
    forms = (r"'study=([^']+)'", r'"study=([^"]+)"', r"""(?<!['"])\bstudy=([^'"\s]+)""")
    named = re.search(f"--config .*?(?:{'|'.join(forms)})", script)
    return next(filter(None, named.groups())) if named else default


def _same(folder: Path | str, one: str, other: str) -> bool:
    return _place(folder, one) == _place(folder, other)


def _place(folder: Path | str, study: str) -> str:
    """Where a study's file is, as `skillift.study.places` has it; it may not be there any more."""
    places = [os.path.realpath(Path(seen_from, study)) for seen_from in (folder, _PROJECT)]
    return next(filter(os.path.exists, places), places[0])


def _ask(*command: str) -> str:
    """What a client of SLURM says; nothing where there is no cluster behind it."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
