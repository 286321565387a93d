"""What all commands share."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys

import pytest
from projects import commands as all_commands

from skillift import commands
from skillift.errors import UserError
from skillift.settings.specs import RatesSpec

OWN = {path.parent.name for path in all_commands()} | {"skillift", "snakemake_inside"}


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


INTERRUPTED = """
import signal
from skillift import commands
def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background has it ignored
    signal.raise_signal(signal.SIGINT)
commands.run(main)
"""


def test_an_interrupted_command_says_where_in_one_line(tmp_path):
    script = tmp_path / "waits.py"
    script.write_text(INTERRUPTED)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "interrupted, in waits.py line 6\n")


JOB = """
import gc, os, sys
from skillift import commands
assert not gc.isenabled()
os.environ["RUN_BY"] = f"{os.getpid()}@elsewhere"
def main():
    assert gc.isenabled() and gc.get_freeze_count()
    assert "IMPORT_UNCOLLECTED" not in os.environ
    made = []
    made.append(made)
    del made
    sys.exit(not gc.collect())
commands.run(main)
"""


def test_a_job_of_a_workflow_imports_without_looking_for_garbage_and_works_with_it():
    scripts = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": scripts, "IMPORT_UNCOLLECTED": "1"}
    assert subprocess.run([sys.executable, "-c", JOB], env=environment).returncode == 0
    del environment["IMPORT_UNCOLLECTED"]  # of what a job starts itself
    alone = "import gc, skillift; assert gc.isenabled()"
    assert subprocess.run([sys.executable, "-c", alone], env=environment).returncode == 0


def own_imports(statement: ast.stmt) -> bool:
    """Whether a statement imports what stands in `workflow_scripts/`."""
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").split(".")[0] in OWN
    return isinstance(statement, ast.Import) and any(
        each.name.split(".")[0] in OWN for each in statement.names
    )


@pytest.mark.parametrize("path", all_commands(), ids=lambda path: path.stem)
def test_each_command_looks_for_the_library_beside_its_folder_before_it_imports_any_of_it(path):
    body = ast.parse(path.read_text(encoding="utf-8")).body
    first = next((place for place, statement in enumerate(body) if own_imports(statement)), None)
    if first is None:
        assert path.stem == "sample_posterior"  # it knows nothing of the project
    else:
        assert ast.unparse(body[first - 1]) == "sys.path.insert(0, str(Path(__file__).resolve().parents[1]))"


def test_a_command_is_called_by_hand_from_anywhere(scripts, tmp_path):
    """It gets no PYTHONPATH, which the tests set for what they start."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, scripts / "processes/explain_kill.py", "137", "train.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr[:43]) == (0, "error: train was killed by SIGKILL (signal "), (
        done.stderr
    )


@pytest.mark.parametrize("text", ["", "[1]", "{", "3"])
def test_a_spec_that_is_not_a_json_object_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        commands.parser("A command.").parse_args(["--spec", text])
    assert "argument --spec: " in capsys.readouterr().err


def test_a_spec_is_parsed():
    spec = '{"confidence": 0.9, "judges": ["tail"]}'
    assert commands.parser("A command.", RatesSpec).parse_args(["--spec", spec]).spec.confidence == 0.9


def test_a_step_without_settings_takes_none():
    assert commands.parser("A command.").parse_args(["--spec", "{}"]).spec.model_dump() == {}
    with pytest.raises(UserError, match="--spec: seed: found an unknown key 'seed', expected no keys"):
        commands.parser("A command.").parse_args(["--spec", '{"seed": 1}'])


def test_options_of_any_length_come_on_the_standard_input(scripts):
    """As rules give what grows with the number of runs; as arguments, Linux takes neither of the two."""
    words = ["--spec", json.dumps({"confidence": 0.9, "judges": ["tail"] * 20_000})]
    words += [f"{'x' * 60}/sft-s{seed}=results/{'y' * 60}/sft-s{seed}.parquet" for seed in range(20_000)]
    command = (
        "from skillift.commands import parser; from skillift.settings.specs import RatesSpec\n"
        "arguments = parser('A command.', RatesSpec); arguments.add_argument('files', nargs='*')\n"
        "options = arguments.parse_args(); print(len(options.spec.judges), len(options.files))"
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
