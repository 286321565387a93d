"""Own tasks beside the task pack: a suite is of one of them, and the pack's are asked as they are without."""

from __future__ import annotations

import json

import polars as pl
import pytest
from study_files import REPOSITORY

from skillift.contracts.pipeline import SKILLS, TASKS
from skillift.episodes.asked import messages_of_suites
from skillift.episodes.study_tasks import tasks_of
from skillift.errors import UserError
from skillift.preflight.mistakes import checked_study
from skillift.study.study import load_config, load_study
from skillift.tables import check
from skillift.tasks.suites import tables_of_suite
from skillift.tasks.user_tasks import read_own
from skillift.trial.derivation import write_trial

SMOKE = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
FILES = "  files: {tasks: tasks.jsonl, skills: skills.yaml}\n"
MIXED = SMOKE.replace("\nconditions:", f"{FILES}\nconditions:", 1).replace(
    "suites: [holdout]", "suites: [holdout, transfer]"
)


def _write_files(folder, suites=("transfer",), skills=("sum", "spell"), task="own"):
    steps = [f"Part {number}: read the question twice." for number in range(1, 6)]
    (folder / "skills.yaml").write_text(json.dumps({name: {"name": name, "steps": steps} for name in skills}))
    rows = [
        {
            "task_id": f"{task}-{suite}-{skill}",
            "skill_id": skill,
            "suite": suite,
            "prompt": f"{skill} 1 and 2?",
        }
        | {"reference": "3"}
        for suite in suites
        for skill in skills
    ]
    (folder / "tasks.jsonl").write_text("\n".join(map(json.dumps, rows)))


@pytest.fixture
def mixed(tmp_path, study_file):
    _write_files(tmp_path)
    return study_file(MIXED)


def _mistakes(path) -> list[str]:
    with pytest.raises(UserError) as raised:
        checked_study(str(path), load_config({"study": "studies/smoke.yaml"}))
    return str(raised.value).splitlines()


def test_a_study_takes_some_suites_of_the_pack_and_others_of_own_files(mixed):
    study = checked_study(str(mixed), load_config({"study": "studies/smoke.yaml"}))
    assert study.built_suites == ["train", "holdout", "transfer"] and study.own_suites == ["transfer"]
    tasks, skills = tasks_of(study)
    assert check(tasks, TASKS, "tasks").filter(suite="transfer")["task_id"].to_list() == [
        "own-transfer-spell",
        "own-transfer-sum",
    ]
    of_one_suite = check(skills, SKILLS, "skills").filter(pl.col("suite").is_not_null())
    assert of_one_suite.select("skill_id", "suite").rows() == [("spell", "transfer"), ("sum", "transfer")]


def test_suites_of_the_pack_are_made_and_asked_as_they_are_without_own_tasks(mixed, study_file):
    both, alone = load_study(mixed), load_study(study_file(SMOKE))
    for suite in ("train", "holdout"):
        assert both.tasks_spec(suite) == alone.tasks_spec(suite)
    own = both.tasks_spec("transfer").model_dump()
    assert own == {"files": {"tasks": "tasks.jsonl", "skills": "skills.yaml", "beside_pack": True}}
    asked = [
        messages_of_suites(*tasks_of(study), ["holdout"], study.episodes_spec("s", "base"))
        for study in (both, alone)
    ]
    assert asked[0].equals(asked[1])


def test_the_table_of_an_own_suite_holds_its_skills_alone_and_marks_them(tmp_path):
    _write_files(tmp_path, suites=("transfer", "safety"))
    skills, tasks = read_own(tmp_path / "tasks.jsonl", tmp_path / "skills.yaml")
    found = tables_of_suite(skills, tasks.filter(skill_id="sum"), "safety", beside_pack=True)
    assert found.skills.select("skill_id", "suite").rows() == [("sum", "safety")]
    assert found.tasks["task_id"].to_list() == ["own-safety-sum"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"suites": ("holdout", "transfer")}, "suite is holdout: found 2 beside the task pack, which fills"),
        ({"suites": ("transfer", "safety")}, "skill spell: found tasks of the suites safety, transfer"),
        ({"suites": ("safety",)}, "found 'transfer', expected a suite that tasks of"),
    ],
)
def test_what_cannot_stand_beside_the_pack_is_refused(tmp_path, study_file, files, expected):
    _write_files(tmp_path, **files)
    assert any(expected in line for line in _mistakes(study_file(MIXED)))


def test_ids_of_the_pack_are_refused_among_own_ones(tmp_path, study_file):
    tasks, _ = tasks_of(load_study(study_file(SMOKE)))
    _write_files(tmp_path, skills=tuple(tasks["skill_id"].unique().sort()[:2]))
    assert any(
        "skill_id: found 2 that the task pack has too" in line for line in _mistakes(study_file(MIXED))
    )


def test_a_trial_asks_some_of_both(mixed, tmp_path):
    trial = load_study(write_trial(load_study(mixed), 4, tmp_path / "trial"))
    tasks, _ = tasks_of(trial)
    assert set(tasks["suite"]) >= {"train", "holdout", "transfer"}
    assert trial.data["tasks"]["pack"]["skills"] < load_study(mixed).data["tasks"]["pack"]["skills"]
