"""`make bench-gpu`: rows are written as they are measured, and none ends the others."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def gpu(repository, monkeypatch):
    monkeypatch.syspath_prepend(str(repository / "tests/bench"))
    return importlib.import_module("gpu")


def python(gpu, text: str):
    return gpu.Row("plain training", "tiny", (sys.executable, "-c", text))


def test_what_a_row_prints_before_it_fails_is_kept_and_why_it_failed_is_said(gpu):
    text = "print('| CPU, today | tiny | tokens/s | | 5 | |'); raise SystemExit('out of memory | of 4 GiB')"
    lines = list(gpu.measured(python(gpu, text), 60))
    assert lines[0] == "| CPU, today | tiny | tokens/s | | 5 | |"
    assert "failed: out of memory / of 4 GiB" in lines[1] and lines[1].count("|") == 7


def test_the_rest_goes_on_and_every_line_is_in_the_file_at_once(gpu, tmp_path, monkeypatch, capsys):
    written = []

    def rows(options):
        yield python(gpu, "raise SystemExit('no')")
        written.append((tmp_path / "rows.md").read_text())
        yield python(gpu, "print('| CPU | tiny | tokens/s | | 7 | |')")

    monkeypatch.setattr(gpu, "rows_of", rows)
    gpu.main(["--out", str(tmp_path / "rows.md"), "--minutes", "1"])
    assert "failed: no" in written[0]
    found = (tmp_path / "rows.md").read_text()
    assert found == capsys.readouterr().out and found.endswith("| 7 | |\n")


def test_what_is_not_installed_is_named_and_what_has_no_time_left_is_not_begun(gpu, monkeypatch):
    monkeypatch.setitem(gpu.KINDS, "plain training", ("json", "no_such_package"))
    row = python(gpu, "print('| began |')")
    assert ["needs no_such_package" in line for line in gpu.measured(row, 60)] == [True]
    monkeypatch.setitem(gpu.KINDS, "plain training", ("json",))
    assert ["no time left" in line for line in gpu.measured(row, 5)] == [True]


@pytest.mark.slow
def test_a_row_that_takes_longer_than_what_is_left_is_ended(gpu, monkeypatch):
    monkeypatch.setattr(gpu, "SHORTEST_S", 0.1)
    row = python(gpu, "print('| first |', flush=True); import time; time.sleep(60)")
    first, last = gpu.measured(row, 1.0)
    assert first == "| first |" and "ended after" in last


def test_small_shapes_and_rows_that_need_the_least_come_first(gpu):
    options = type(
        "Options", (), {"kinds": list(gpu.KINDS), "shapes": ["0.8B", "2B"], "steps": 8, "rows": 64}
    )
    rows = gpu.rows_of(options)
    assert [row.kind for row in rows[:3]] == ["plain training", "plain training", "plain generation"]
    assert [row.shape for row in rows[:2]] == ["0.8B", "2B"]
    assert all(Path(row.command[1]).exists() for row in rows)


@pytest.mark.models
@pytest.mark.nightly
def test_on_a_cpu_the_rows_of_tiny_shapes_are_measured(repository, tmp_path):
    """Those of torch, transformers and peft alone; the others are held by `make bench`'s own scripts."""
    command = [sys.executable, str(repository / "tests/bench/gpu.py"), "--shapes", "tiny", "--steps", "2"]
    command += ["--kinds", "plain training", "plain generation", "--out", str(tmp_path / "rows.md")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = (tmp_path / "rows.md").read_text()
    assert "failed" not in found and "not measured" not in found
    for measure in ("training tokens/s", "peak memory, GiB", "alone: tokens/s"):
        assert measure in found
