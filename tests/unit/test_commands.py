"""What all commands share."""

from __future__ import annotations

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
    assert "--spec" in capsys.readouterr().err


def test_a_spec_is_parsed():
    assert commands.parser("A command.").parse_args(["--spec", '{"seed": 1}']).spec == {"seed": 1}
