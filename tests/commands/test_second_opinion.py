"""The command second_opinion, with a stand-in for its sampler, which has nightly tests."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest
from made_specs import analysis_of
from score_tables import make_scores, make_tasks, passes

from second_opinion.second_opinion import main
from skillift.commands import run
from skillift.contracts.claims import CLAIMS
from skillift.contracts.pipeline import SCORES, TASKS
from skillift.contracts.second_opinion import SECOND_OPINION
from skillift.statistics.analysis import analyse
from skillift.statistics.pass_rates import no_responses
from skillift.study.study import load_study
from skillift.tables import read_table, write_json, write_table

pytestmark = pytest.mark.slow

STUDY = "studies/embedded.yaml"
COUNTS = {"base": (40, 46), "sft-s0": (50, 140), "sft-s1": (56, 150)}
# what the program of the sampler is called with: -c CODE, or SCRIPT --data FILE --out FILE
STAND_IN = """#!{python}
import json, sys
if sys.argv[1] != "-c":
    given = json.load(open(sys.argv[3]))
    assert given["settings"]["confidence"] == 0.975  # of the look, and not of the study
    found = dict(mean=0.4, low=0.3, high=0.5, above=1.0, r_hat=1.0, n_effective=2000.0, defined=True)
    results = {{}}
    for path, data in given["paths"].items():
        effects = [
            dict(found, student=student["student"], run=group, claim=claim)
            for student in data["students"]
            for group in student["groups"]
            for claim in ("procedural_delta", "lift")
        ]
        results[path] = dict(effects=effects, worst_r_hat=1.01, n_divergent=0, n_draws=2400)
    json.dump(results, open(sys.argv[5], "w"))
"""


@pytest.fixture(scope="module")
def tables(repository) -> dict[str, tuple]:
    """The tables of a finished embedded study, of one student, each with its contract."""
    scores = make_scores(
        {
            (path, "s", run_id, 0 if run_id == "base" else 138, condition): passes(count + shift)
            for shift, path in enumerate(("bench", "judge:conclusion"))
            for run_id, counts in COUNTS.items()
            for condition, count in zip(("none", "curated"), counts, strict=True)
        }
    )
    tasks = make_tasks()
    spec = load_study(repository / STUDY).analysis_spec().model_dump()
    spec["analysis"] |= {"bootstrap_samples": 20, "splits": 5}
    spec["analysis"].pop("trajectory")  # of three students
    claims = analyse(scores, tasks, no_responses(), *analysis_of(spec)).claims
    return {"scores": (scores, SCORES), "tasks": (tasks, TASKS), "analysis/claims": (claims, CLAIMS)}


@pytest.fixture
def finished(tables, tmp_path, repository, monkeypatch) -> Path:
    """A folder in which that study is finished."""
    monkeypatch.chdir(repository)
    results = tmp_path / "results/embedded"
    for name, (table, contract) in tables.items():
        write_table(table, results / f"{name}.parquet", contract)
    write_json({"look": 1, "alpha": 0.025}, results / "analysis/look.json")
    return tmp_path


@pytest.fixture
def sampler(tmp_path) -> Path:
    program = tmp_path / "python"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    return program


def options(folder: Path, program: Path, *more: str) -> list[str]:
    return ["--study", STUDY, "--directory", str(folder), "--python", str(program), *more]


def test_it_writes_both_intervals_as_table_csv_and_page(finished, sampler, capsys):
    main(options(finished, sampler))
    folder = finished / "results/embedded/second_opinion"
    table = read_table(folder / "second_opinion.parquet", SECOND_OPINION)
    assert set(table.select("path", "claim", "run").rows()) == {
        (path, *row)
        for path in ("bench", "judge:conclusion")
        for row in (("procedural_delta", "base"), ("procedural_delta", "sft"), ("lift", "sft"))
    }
    csv = pl.read_csv(folder / "second_opinion.csv")
    assert csv["posterior_low"].to_list() == table["posterior_low"].to_list() == [0.3] * 6
    html = (folder / "second_opinion.html").read_text(encoding="utf-8")
    assert "+40.0 [+30.0, +50.0]" in html and "97.5 % posterior interval" in html
    assert "of 6 rows with both intervals" in capsys.readouterr().out


def test_one_path_can_be_chosen_and_an_unknown_one_is_refused(finished, sampler, capsys):
    main(options(finished, sampler, "--path", "bench", "--out", str(finished / "here")))
    assert set(pl.read_parquet(finished / "here/second_opinion.parquet")["path"]) == {"bench"}
    with pytest.raises(SystemExit) as ended:
        run(lambda: main(options(finished, sampler, "--path", "judge:nobody")))
    assert ended.value.code == 1
    assert (
        "--path: found ['judge:nobody'], expected scoring paths of the study: bench"
        in capsys.readouterr().err
    )


def test_without_the_set_it_ends_with_one_sentence_before_anything_is_read(
    tmp_path, repository, monkeypatch, capsys
):
    monkeypatch.chdir(repository)
    with pytest.raises(SystemExit) as ended:
        run(lambda: main(options(tmp_path, tmp_path / "nowhere/python")))
    assert ended.value.code == 1
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1 and "`make second-opinion` installs it" in shown


def test_a_sampler_that_fails_ends_it_and_leaves_no_table(finished, sampler, capsys):
    sampler.write_text('#!/bin/sh\n[ "$1" = -c ] || exit 3\n')
    with pytest.raises(SystemExit) as ended:
        run(lambda: main(options(finished, sampler)))
    assert ended.value.code == 1
    assert "exit status: found 3, expected 0" in capsys.readouterr().err
    assert not (finished / "results/embedded/second_opinion").exists()
