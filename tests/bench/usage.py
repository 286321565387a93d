"""Run a command, and write what it took as JSON: seconds by the clock, of CPU, and its largest memory in MB.

python tests/bench/usage.py took.json -- COMMAND...

Linux counts what a process held before it became the command (`exec`): a child of a benchmark that has drawn
tables and loaded models would seem to have needed as much. This process is small, so its child's number is
the command's own. It ends as the command does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def took(command: list[str], **options) -> dict[str, float]:
    """What a command took: `seconds`, `cpu_seconds`, `memory_mb`; `options` are those of `subprocess.run`.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "took.json")
        subprocess.run([sys.executable, "-S", __file__, out, "--", *command], check=True, **options)
        return json.loads(out.read_text())


def main() -> None:
    """Run the command, wait, write, and end with its status."""
    out, _, *command = sys.argv[1:]
    start = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    cpu = usage.ru_utime + usage.ru_stime
    found = {"seconds": seconds, "cpu_seconds": cpu, "memory_mb": usage.ru_maxrss * 1024 / 1e6}
    Path(out).write_text(json.dumps(found))
    process.returncode = os.waitstatus_to_exitcode(status)
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
