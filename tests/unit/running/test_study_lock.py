"""One Snakemake at a time works on a study."""

from __future__ import annotations

import subprocess
import sys

import pytest

from skillift.errors import UserError
from skillift.running.study_lock import lock_study

HOLDER = """
import sys
from skillift.running.study_lock import lock_study
lock = lock_study(sys.argv[1])
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_lock_held_elsewhere_is_refused_and_goes_with_a_killed_holder(tmp_path):
    state = tmp_path / "state/study"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(UserError, match="another Snakemake is at work on this study"):
            lock_study(state, timeout_s=0.1)
        holder.kill()
        holder.wait()
    lock_study(state).release()


def test_different_studies_do_not_wait_for_each_other(tmp_path):
    locks = [lock_study(tmp_path / name, timeout_s=0.1) for name in ("one", "two")]
    assert all(lock.is_locked for lock in locks)
    for lock in locks:
        lock.release()
