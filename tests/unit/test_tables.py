"""Tables are checked on the way in and out, and a file is whole or absent."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import polars as pl
import pytest

from skillift import tables
from skillift.contracts import pipeline as contracts
from skillift.errors import ContractError, UserError


def tasks(**columns) -> pl.DataFrame:
    rows = {
        "task_id": ["b", "a"],
        "skill_id": ["harbor-code"] * 2,
        "suite": ["holdout", "train"],
        "prompt": ["What is it? 1", "What is it? 2"],
        "reference": ["1", "2"],
        "scorer": ["answer_line", "judge"],
        "answer_type": ["number", "text"],
        "worked_solution": [None, "ANSWER: 2"],
    }
    return pl.DataFrame(rows | columns)


def test_a_written_table_comes_back_sorted_by_its_key(tmp_path):
    tables.write_table(tasks(), tmp_path / "tasks.parquet", contracts.TASKS)
    assert tables.read_table(tmp_path / "tasks.parquet", contracts.TASKS)["task_id"].to_list() == ["a", "b"]


def test_equal_content_gives_equal_bytes(tmp_path):
    tables.write_table(tasks(), tmp_path / "one.parquet", contracts.TASKS)
    shuffled = tasks().reverse().select(reversed(tasks().columns))
    tables.write_table(shuffled, tmp_path / "two.parquet", contracts.TASKS)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"task_id": ["a", "a"]}, "task_id"),
        ({"suite": ["holdout", "hodlout"]}, "hodlout"),
        ({"reference": ["1", ""]}, "reference"),
        ({"prompt": [None, "x"]}, "prompt"),
        ({"scorer": [1, 2]}, "scorer"),
        ({"extra": [1, 2]}, None),
    ],
)
def test_a_broken_contract_names_the_file_and_what_is_wrong(tmp_path, columns, named):
    path = tmp_path / "tasks.parquet"
    if named is None:  # further columns are dropped on writing, and refused on reading
        tasks(**columns).write_parquet(path)
        with pytest.raises(ContractError, match="extra"):
            tables.read_table(path, contracts.TASKS)
        return
    with pytest.raises(ContractError, match=named) as error:
        tables.write_table(tasks(**columns), path, contracts.TASKS)
    assert str(path) in str(error.value)
    assert not path.exists()


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(ContractError, match="reference"):
        tables.write_table(tasks().drop("reference"), tmp_path / "tasks.parquet", contracts.TASKS)


def test_a_failed_write_leaves_the_earlier_file_and_no_other(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("earlier")
    with pytest.raises(RuntimeError), tables.atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("interrupted")
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said_in_words_and_keeps_the_earlier_file(tmp_path):
    path = tmp_path / "corpus.parquet"
    path.write_text("earlier")
    script = f"""
        import random, resource, signal
        import polars as pl
        from skillift.contracts.pipeline import CORPUS
        from skillift.errors import UserError
        from skillift.tables import write_table
        message = [{{"role": "user", "content": random.randbytes(5000).hex()}}]
        frame = pl.DataFrame({{"task_id": ["a"], "attempt": [0], "messages": [message]}})
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # a file may not grow past 100 bytes
        try:
            write_table(frame, {str(path)!r}, CORPUS)
        except UserError as error:
            print(error)
    """
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert "cannot be written" in finished.stdout
    assert str(path) in finished.stdout
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [None, b"", b"not parquet at all"])
def test_a_missing_or_broken_file_is_a_user_error_that_names_it(tmp_path, content):
    path = tmp_path / "tasks.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"tasks\.parquet"):
        tables.read_table(path, contracts.TASKS)


def test_many_tables_are_read_in_order_and_may_share_keys(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_AT_ONCE", 2)
    paths = [tmp_path / f"{place}.parquet" for place in range(5)]
    for place, path in enumerate(paths):
        tables.write_table(tasks(prompt=[f"{place} b", f"{place} a"]), path, contracts.TASKS)
    read = list(tables.read_tables(paths, contracts.TASKS))
    assert [frame["prompt"][0] for frame in read] == ["0 a", "1 a", "2 a", "3 a", "4 a"]
    assert read[0].equals(tables.read_table(paths[0], contracts.TASKS))


@pytest.mark.parametrize(
    "columns",
    [{"task_id": ["a", "a"]}, {"suite": ["holdout", "hodlout"]}, {"scorer": [1, 2]}, {"extra": [1, 2]}],
)
def test_of_many_tables_the_broken_one_is_named(tmp_path, columns):
    paths = [tmp_path / f"{name}.parquet" for name in ("sound", "broken", "last")]
    for path in paths:
        tasks().write_parquet(path)
    tasks(**columns).write_parquet(paths[1])
    with pytest.raises(ContractError, match=r"broken\.parquet: does not keep the contract"):
        list(tables.read_tables(paths, contracts.TASKS))


@pytest.mark.parametrize("content", [None, "", "[1]", "{"])
def test_a_broken_manifest_is_a_user_error_that_names_it(tmp_path, content):
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=r"manifest\.json"):
        tables.read_json(path)


def test_folder_digests_see_every_file_and_nothing_else(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    digests = tables.folder_digests(tmp_path)
    assert list(digests) == ["b.txt", "sub/a.txt"]
    (tmp_path / "b.txt").write_text("c")
    assert tables.folder_digests(tmp_path)["b.txt"] != digests["b.txt"]


def test_tables_are_checked_without_pandas_whose_import_takes_longer_than_small_jobs(tmp_path):
    tables.write_table(tasks(), tmp_path / "tasks.parquet", contracts.TASKS)
    code = """
        import sys
        from skillift.contracts.pipeline import TASKS
        from skillift.tables import read_table
        read_table(sys.argv[1], TASKS)
        assert "pandas" not in sys.modules
        import pandas
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "tasks.parquet")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_a_process_forked_after_the_import_can_read_tables(tmp_path):
    """Polars starts its threads at the first query; a fork after that would wait for them for ever."""
    tables.write_table(tasks(), tmp_path / "tasks.parquet", contracts.TASKS)
    code = """
        import multiprocessing, sys
        from skillift.contracts.pipeline import TASKS
        from skillift.tables import read_table
        reader = multiprocessing.get_context("fork").Process(target=read_table, args=(sys.argv[1], TASKS))
        reader.start()
        reader.join(60)
        reader.kill()
        reader.join()
        assert reader.exitcode == 0, reader.exitcode
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "tasks.parquet")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")
