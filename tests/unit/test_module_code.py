"""What is kept of each module's syntax: it changes no digest, and nothing has to be thrown away by hand."""

import json
import os
import subprocess
import sys

import pytest
from study_files import REPOSITORY

from skillift.module_code import module_code

KEPT = f"module_code.{sys.implementation.cache_tag}.json"
PROGRAM = """
import sys
from pathlib import Path
from skillift import module_code, provenance
read = []
original = module_code._read
module_code._read = lambda text, path: (read.append(path.name), original(text, path))[1]
print(provenance.code_digest("judge.py", scripts=Path(sys.argv[1])), *sorted(read))
"""


@pytest.fixture
def scripts(tmp_path):
    (tmp_path / "lib.py").write_text("def used():\n    return 1\n\n\ndef other():\n    return 2\n")
    (tmp_path / "judge.py").write_text("from lib import used\n\n\ndef main():\n    return used()\n")
    return tmp_path


def digest_in_another_process(scripts, program=PROGRAM):
    done = subprocess.run(
        [sys.executable, "-c", program, str(scripts)],
        env={"PYTHONPATH": str(REPOSITORY / "workflow_scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    digest, *read = done.stdout.split()
    return digest, read


def test_the_next_process_reads_no_module_again_and_finds_the_same_digest(scripts):
    digest, read = digest_in_another_process(scripts)
    assert read == ["judge.py", "lib.py"]
    assert digest_in_another_process(scripts) == (digest, [])


def test_an_edit_is_seen_whatever_the_time_stamp_and_only_that_module_is_read(scripts):
    digest, _ = digest_in_another_process(scripts)
    before = (scripts / "lib.py").stat()
    (scripts / "lib.py").write_text((scripts / "lib.py").read_text().replace("return 1", "return 3"))
    os.utime(scripts / "lib.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (scripts / "lib.py").stat().st_size == before.st_size
    changed, read = digest_in_another_process(scripts)
    assert (changed != digest, read) == (True, ["lib.py"])


@pytest.mark.parametrize("content", ["", "{", '{"a": '])
def test_a_broken_file_of_what_was_kept_is_made_again(scripts, content):
    digest, _ = digest_in_another_process(scripts)
    kept = scripts / "__pycache__" / KEPT
    kept.write_text(content)
    assert digest_in_another_process(scripts) == (digest, ["judge.py", "lib.py"])
    assert len(json.loads(kept.read_text())) == 2


def test_where_nothing_can_be_kept_the_digest_is_the_same(scripts):
    digest, _ = digest_in_another_process(scripts)
    kept = scripts / "__pycache__"
    (kept / KEPT).unlink()
    kept.rmdir()
    kept.write_text("a file in its place")
    assert digest_in_another_process(scripts) == (digest, ["judge.py", "lib.py"])


def test_what_another_version_of_the_reader_kept_is_read_again(scripts):
    digest, _ = digest_in_another_process(scripts)
    other = PROGRAM.replace("read = []", "read = []; module_code._READER = b'another'")
    assert digest_in_another_process(scripts, other) == (digest, ["judge.py", "lib.py"])


def used(tmp_path, text: str) -> set[str]:
    """The names that the last statement of a module uses."""
    path = tmp_path / "module.py"
    path.write_text(text)
    return {name[1] for name in module_code(path, tmp_path)["statements"][-1][1] if name[0] == "name"}


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n    tasks: int\n    read = 1\n",
        "def f(tasks, /, *read, write=1):\n    return tasks, read, write\n",
        "def f():\n    tasks = 1\n    for read in range(tasks):\n        print(read)\n",
        "f = [tasks for tasks in (1, 2) if tasks]\n",
        "f = lambda read: [write for write in read]\n",
        "def f(tasks):\n    def g():\n        nonlocal tasks\n        tasks = 1\n    return g\n",
        "def f(value):\n    def tasks():\n        return value\n    return tasks()\n",
        "def f(value):\n    match value:\n        case [*tasks]:\n            return tasks\n",
        "def f(value):\n    match value:\n        case {**read}:\n            return read\n",
        "def f():\n    try:\n        pass\n    except ValueError as read:\n        print(read)\n",
    ],
)
def test_a_field_a_parameter_or_a_variable_is_no_use_of_what_has_its_name_in_the_module(tmp_path, text):
    assert used(tmp_path, text) & {"tasks", "read", "write", "value"} == set()


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n    field: tasks\n",
        "class A(tasks):\n    pass\n",
        "def f(x=tasks):\n    tasks = x\n    return tasks\n",
        "def f(x: tasks) -> None:\n    pass\n",
        "def f():\n    global tasks\n    tasks = tasks + 1\n",
        "tasks += 1\n",
        "def f(tasks):\n    def g():\n        global tasks\n        return tasks\n    return g\n",
        "f = [tasks for tasks in tasks]\n",
        "def f(x):\n    return [tasks for x in x], [y for tasks in x for y in tasks]\n",
        "def f():\n    from lib import tasks\n    return tasks\n",
        "def f():\n    def g(tasks):\n        return tasks\n    return g(tasks)\n",
        "class A:\n    def tasks(self):\n        return tasks\n",
        "@tasks\ndef f():\n    pass\n",
        "def f():\n    tasks.append(1)\n",
    ],
)
def test_every_name_that_is_looked_up_in_the_module_is_used(tmp_path, text):
    assert "tasks" in used(tmp_path, text)


def test_comments_docstrings_and_layout_are_no_part_of_a_modules_code(tmp_path):
    plain, dressed = tmp_path / "plain.py", tmp_path / "dressed.py"
    plain.write_text("def f(a):\n    return (a, 1)\n")
    dressed.write_text(
        '"""About."""\n\n\ndef f(a):  # why\n    """More."""\n    return (\n        a,\n        1,\n    )\n'
    )
    assert module_code(plain, tmp_path)["statements"] == module_code(dressed, tmp_path)["statements"]


def test_what_stands_below_a_field_to_say_what_it_means_is_no_part_of_a_modules_code(tmp_path):
    plain, told = tmp_path / "plain.py", tmp_path / "told.py"
    plain.write_text("class A:\n    rate: float = 0.1\n    steps: int\n")
    told.write_text(
        'class A:\n    rate: float = 0.1\n    """Peak."""\n    steps: int\n    """All of them."""\n'
    )
    assert module_code(plain, tmp_path)["statements"] == module_code(told, tmp_path)["statements"]
    told.write_text('class A:\n    rate: float = 0.2\n    """Peak."""\n    steps: int\n')
    assert module_code(plain, tmp_path)["statements"] != module_code(told, tmp_path)["statements"]
