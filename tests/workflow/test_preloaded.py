"""A program in a fork of a process that has imported Snakemake is what its command line starts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from preloaded import program

SAYS = """
import json, os, sys
print(json.dumps([sys.argv[1:], sys.path[:2], os.getcwd(), os.environ["SAID"], __name__]))
print("told", file=sys.stderr)
"""


@pytest.mark.parametrize("ends", ["pass", "sys.exit(3)", "sys.exit('refused')", "1 / 0", "os._exit(4)"])
def test_a_fork_says_and_ends_as_a_process_of_its_own_does(tmp_path, ends):
    (tmp_path / "says.py").write_text(SAYS + ("sys.stdout.flush(); " if "os." in ends else "") + ends)
    (tmp_path / "named").mkdir()
    env = {**os.environ, "SAID": "this", "PYTHONPATH": str(tmp_path / "named")}
    for command in ([tmp_path / "says.py", "--x", "1"], ["-m", "says", "--x", "1"]):
        started = subprocess.run(
            [sys.executable, "-B", *command],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        forked = program(tmp_path, *command, env=env)
        assert (forked.returncode, forked.stdout) == (started.returncode, started.stdout)
        assert started.stdout.count("this") == 1
        # a traceback names what runs the program, too
        assert forked.stderr.splitlines()[:1] == started.stderr.splitlines()[:1] == ["told"]
        assert forked.stderr.splitlines()[-1:] == started.stderr.splitlines()[-1:]


def test_what_a_program_remembers_is_there_only_for_who_asks_for_it(tmp_path):
    (tmp_path / "counts.py").write_text("count = 0\n")
    (tmp_path / "adds.py").write_text("import counts\ncounts.count += 1\nprint(counts.count)\n")
    said = [
        program(tmp_path, tmp_path / "adds.py", again=again).stdout for again in (False, True, True, False)
    ]
    assert said == ["1\n", "2\n", "2\n", "1\n"]
