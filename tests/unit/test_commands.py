"""What all commands share."""

from __future__ import annotations

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


@pytest.mark.parametrize("text", ["", "[1]", "{", "3"])
def test_a_spec_that_is_not_a_json_object_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        commands.parser("A command.").parse_args(["--spec", text])
    assert "--spec" in capsys.readouterr().err


def test_a_spec_is_parsed():
    assert commands.parser("A command.").parse_args(["--spec", '{"seed": 1}']).spec == {"seed": 1}
