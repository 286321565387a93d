"""The commands count_look and publish_ledger, and what the analysis makes of a look."""

from __future__ import annotations

import json

import pytest
from score_tables import make_scores, make_tasks, passes

from analysis import analyse
from ledger import count_look, publish_ledger
from skillift.contracts.analysis import EFFECTS
from skillift.contracts.claims import CLAIMS
from skillift.contracts.pipeline import SCORES, TASKS
from skillift.errors import UserError
from skillift.ledger.entries import read_ledger
from skillift.tables import read_json, read_table, write_table

SPEC = {
    "settings": {"confidence": 0.95, "headline_path": "bench", "margins": {}},
    "design": {"confidence": 0.95, "headline_path": "bench", "suites": ["holdout"]},
}
RUNS = [{"student": "s", "run": "base", "recipe": None, "seed": None}]


@pytest.fixture
def folder(tmp_path):
    write_table(make_tasks(), tmp_path / "tasks.parquet", TASKS)
    return tmp_path


def scored(folder, curated: int) -> None:
    arms = {
        ("bench", "s", "base", 0, "none"): passes(60),
        ("bench", "s", "base", 0, "curated"): passes(curated),
    }
    write_table(make_scores(arms), folder / "scores.parquet", SCORES)


def files(folder) -> list[str]:
    return ["--tasks", str(folder / "tasks.parquet"), "--scores", str(folder / "scores.parquet")]


def count(folder) -> dict:
    ledger, out = folder / "state/ledger.jsonl", folder / "look.json"
    count_look.main(["--spec", json.dumps(SPEC), *files(folder), "--ledger", str(ledger), "--out", str(out)])
    return read_json(out)


def analysed(folder, *options) -> dict:
    spec = {"analysis": {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 2}, "runs": RUNS}
    analyse.main(["--spec", json.dumps(spec), *files(folder), *options, "--out", str(folder)])
    effect = read_table(folder / "effects.parquet", EFFECTS).row(0, named=True)
    claim = read_table(folder / "claims.parquet", CLAIMS).row(0, named=True)
    same = ("estimate", "ci_low", "ci_high", "mde")
    assert {name: claim[name] for name in same} == {name: effect[name] for name in same}
    return claim


def test_deleted_results_and_further_analyses_are_no_new_look(folder):
    scored(folder, 110)
    first = count(folder)
    (folder / "look.json").unlink()
    assert count(folder) == first == {"look": 1, "alpha": 0.025}
    scored(folder, 111)
    assert count(folder)["look"] == 2
    scored(folder, 110)
    assert count(folder) == first


def test_without_a_registration_the_design_is_declared_after_results(folder):
    scored(folder, 110)
    count(folder)
    registered, counted = read_ledger(folder / "state/ledger.jsonl")
    assert registered.results
    assert registered.design == SPEC["design"] | {"tasks.holdout": 200, "skills.holdout": 40}
    assert (counted.n_tasks, counted.n_skills) == (200, 40)


def test_words_intervals_and_detectable_effects_are_at_the_level_of_the_look(folder):
    scored(folder, 66)
    alone = analysed(folder)
    assert 0.025 < alone["p_value"] < 0.05 and alone["word"] == "supported"
    count(folder)
    first = analysed(folder, "--look", str(folder / "look.json"))
    assert first["p_value"] == alone["p_value"] and first["estimate"] == alone["estimate"]
    assert first["word"] == "not resolvable at this n"
    assert first["ci_low"] < 0 < alone["ci_low"]
    assert first["mde"] > alone["mde"]


def test_the_ledger_is_copied_whole_and_a_damaged_one_is_not(folder):
    scored(folder, 110)
    count(folder)
    ledger, copy = folder / "state/ledger.jsonl", folder / "analysis/ledger.jsonl"
    publish_ledger.main(["--ledger", str(ledger), "--out", str(copy)])
    assert copy.read_bytes() == ledger.read_bytes()
    ledger.write_text(ledger.read_text().replace('"look":1', '"look":2'))
    with pytest.raises(UserError, match=r"ledger\.jsonl:2"):
        publish_ledger.main(["--ledger", str(ledger), "--out", str(copy)])
