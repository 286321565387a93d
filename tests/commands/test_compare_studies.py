"""The command compare_studies: finished studies in folders of results, set beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from finished_studies import study

from skillift.contracts.analysis import EFFECTS
from skillift.contracts.pipeline import SCORES, TASKS
from skillift.errors import UserError
from skillift.tables import write_table
from study.compare_studies import main

SMOKE = Path(__file__).resolve().parents[2] / "studies/smoke.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Results of two studies of the same tasks, and of four more with tasks of their own."""
    folder = tmp_path_factory.mktemp("studies")
    (folder / "config.yaml").write_text("study: a.yaml\n")
    of_tasks = {"a": "t", "b": "t", "c": "c", "d": "d", "e": "e", "f": "f"}
    for seed, (name, tasks) in enumerate(of_tasks.items()):
        declared = yaml.safe_load(SMOKE.read_text(encoding="utf-8"))
        del declared["students"]["m"], declared["predictions"]
        declared["name"], declared["runs"][0]["students"] = name, ["s"]
        declared["analysis"]["headline_path"] = "bench"
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(declared, sort_keys=False))
        made, results = study(seed, 0.1 * seed, tasks), folder / f"results/{name}"
        write_table(made.tasks, results / "tasks/holdout.parquet", TASKS)
        write_table(made.scores, results / "scores.parquet", SCORES)
        write_table(made.effects, results / "analysis/effects.parquet", EFFECTS)
    return folder


def compared(folder: Path, names: str, *options: str) -> None:
    files = [str(folder / f"{name}.yaml") for name in names]
    main(["--studies", *files, "--directory", str(folder), *options])


@pytest.mark.slow
def test_studies_of_the_same_tasks_are_subtracted_task_by_task(folder, capsys):
    compared(folder, "ab", "--contrast", "gain:none")
    text = capsys.readouterr().out
    assert text.startswith("**gain:none** in 2 studies, percentage points; path bench, suite holdout, 95 %")
    label = yaml.safe_load(SMOKE.read_text(encoding="utf-8"))["students"]["s"]["label"]
    assert f"| {label} \u00b7 sft, seed 0 | a | " in text and "\n|  | b | " in text
    assert (
        "**a \u2212 b**, paired by the tasks that both asked" in text and f"| {label} \u00b7 sft | " in text
    )


def test_five_studies_of_other_tasks_have_a_mean_and_four_have_none(folder, capsys):
    compared(folder, "acdef", "--contrast", "gain:none")
    assert "\u00b7 sft: mean of 5 studies +" in capsys.readouterr().out
    compared(folder, "acde", "--contrast", "gain:none")
    assert "fewer than 5 studies have no mean" in capsys.readouterr().out


def test_a_study_that_is_not_finished_is_named_with_its_missing_file(folder):
    (folder / "g.yaml").write_text((folder / "a.yaml").read_text().replace("name: a\n", "name: g\n"))
    with pytest.raises(UserError, match=r"results/g/tasks\.parquet"):
        compared(folder, "ag")


def test_one_study_twice_is_refused(folder):
    with pytest.raises(UserError, match=r"--studies: found .*, expected two studies or more"):
        compared(folder, "aa")
