"""What all commands share."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from skillift import commands
from skillift.errors import UserError


def test_a_user_error_ends_a_command_with_its_text_and_no_traceback(capsys):
    def main():
        raise UserError("tasks.jsonl, line 3: found '', expected a reference")

    with pytest.raises(SystemExit) as ended:
        commands.run(main)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: tasks.jsonl, line 3: found '', expected a reference\n"


def test_a_bug_is_not_dressed_up_as_a_user_error():
    def main():
        raise KeyError("bug")

    with pytest.raises(KeyError):
        commands.run(main)


def test_a_full_disk_is_named_below_a_librarys_traceback(capsys, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # put back after the test
    commands.run(lambda: None)
    error = RuntimeError("I/O error: No space left on device (os error 28)")
    sys.excepthook(RuntimeError, error, None)
    shown = capsys.readouterr().err
    assert shown.startswith("RuntimeError: I/O error") and "error: the disk is full. Free space" in shown
    sys.excepthook(RuntimeError, RuntimeError("another"), None)
    assert "disk" not in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[1]", "{", "3"])
def test_a_spec_that_is_not_a_json_object_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        commands.parser("A command.").parse_args(["--spec", text])
    assert "argument --spec: " in capsys.readouterr().err


def test_a_spec_is_parsed():
    assert commands.parser("A command.").parse_args(["--spec", '{"seed": 1}']).spec == {"seed": 1}


def test_options_of_any_length_come_on_the_standard_input(scripts):
    """As rules give what grows with the number of runs; as arguments, Linux takes neither of the two."""
    words = ["--spec", json.dumps({"runs": ["s/sft-s0"] * 20_000})]
    words += [f"{'x' * 60}/sft-s{seed}=results/{'y' * 60}/sft-s{seed}.parquet" for seed in range(20_000)]
    command = (
        "import sys; from skillift.commands import parser\n"
        "arguments = parser('A command.'); arguments.add_argument('files', nargs='*')\n"
        "options = arguments.parse_args(); print(len(options.spec['runs']), len(options.files))"
    )
    given = subprocess.run(
        [sys.executable, "-c", command, "@/dev/stdin"],
        input="\n".join(words),
        env={**os.environ, "PYTHONPATH": str(scripts)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert given.stdout == "20000 20000\n"
    with pytest.raises(OSError, match="Argument list too long"):
        subprocess.run([sys.executable, "-c", command, *words], check=True)
