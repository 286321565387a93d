"""The command analyse: checked tables from scores, tasks and episodes, by itself on any of them."""

from __future__ import annotations

import json
import shutil

import polars as pl
import pytest
from reference_study import reference_study
from score_tables import make_episodes, make_scores, make_tasks, passes

from analysis import analyse
from skillift.contracts.analysis import ANALYSIS_TABLES, PASS_RATES
from skillift.contracts.pipeline import EPISODES, SCORES, TASKS
from skillift.contracts.scoring_audit import JUDGE_ERRORS, LABELS
from skillift.errors import UserError
from skillift.metrics.metric import of_metric
from skillift.provenance import code_digest
from skillift.reporting.registry import ANALYSIS as WRITTEN
from skillift.study.study import load_study
from skillift.tables import read_table, write_table

ANALYSIS = {"confidence": 0.95, "bootstrap_samples": 200, "seed": 0, "splits": 5}
RUNS = [
    {"student": "s", "run": "base", "recipe": None, "seed": None},
    *({"student": "s", "run": f"sft-s{seed}", "recipe": "sft", "seed": seed} for seed in (0, 1)),
]
SPEC = {"analysis": ANALYSIS, "runs": RUNS}
STEPS = {"base": 0, "sft-s0": 138, "sft-s1": 138}


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    """A folder with tasks, scores on three paths and the episodes of three runs; analysed in `analysis`."""
    folder = tmp_path_factory.mktemp("study")
    arms = {
        (path, "s", run, step, condition): passes(40 + 9 * i + 20 * j + 5 * k, start=3 * (i + j + k))
        for i, path in enumerate(("bench", "judge:a", "judge:b"))
        for j, (run, step) in enumerate(STEPS.items())
        for k, condition in enumerate(("none", "curated", "placebo", "shuffled"))
    }
    write_table(make_tasks(judge_scored=33), folder / "tasks.parquet", TASKS)
    write_table(make_scores(arms), folder / "scores.parquet", SCORES)
    for run, step in STEPS.items():
        texts = {name: ["ANSWER: 1", "one"] * 100 for name in ("none", "curated", "placebo", "shuffled")}
        write_table(make_episodes(step, texts), folder / f"s-{run}.parquet", EPISODES)
    analyse.main(arguments(folder))
    return folder


@pytest.fixture
def study(analysed, tmp_path):
    """A copy of the study's tables, to be changed; not analysed yet."""
    for table in analysed.glob("*.parquet"):
        shutil.copy(table, tmp_path)
    return tmp_path


def arguments(study, out="analysis", spec=SPEC, episodes=True) -> list[str]:
    options = ["--spec", json.dumps(spec), "--tasks", str(study / "tasks.parquet")]
    options += ["--scores", str(study / "scores.parquet"), "--out", str(study / out)]
    return [*options, "--episodes", f"{study}/{{student}}-{{run}}.parquet"] if episodes else options


def test_each_table_has_its_rows_and_keeps_its_contract(analysed):
    tables = {
        name: read_table(analysed / "analysis" / f"{name}.parquet", schema)
        for name, schema in ANALYSIS_TABLES.items()
        if name in WRITTEN
    }
    rows = {
        "pass_rates": 3 * 3 * 4,
        "effects": 3 * (4 + 3 * 12),
        "skill_effects": 3 * (4 + 3 * 12) * 40,
        "path_shift": 2 * 3 * 4,
        "mixed_paths": 3 * 3 * (4 + 3),
        "agreement": 3 * 5,
        "judge_shift": 4 + 3,
        "bounds": 3 * 4 * (4 + 3),
        "judge_errors": 2 * 3 * 5,
        "corrected_effects": 2 * 3 * (4 * 4 + 4 * (4 + 3)),
        "asymmetry": 3 * 3 * 4,
    }
    assert {name: of_metric(tables[name]).height for name in rows} == rows
    metrics = {"pass", "length", "backtracking", "format", "format_lead"}
    assert all(set(tables[name]["metric"]) == metrics for name in ("pass_rates", "effects", "seed_variance"))
    assert tables["pass_rates"]["answer_line_rate"].unique().to_list() == [0.5]
    assert set(tables["effects"]["run"]) == {"base", "sft-s0", "sft-s1", "sft"}
    for table in tables.values():
        assert not any(column.is_nan().any() for column in table.select(pl.selectors.float()))


def same_tables(first, second) -> bool:
    return all(
        (first / f"{name}.parquet").read_bytes() == (second / f"{name}.parquet").read_bytes()
        for name in WRITTEN
    )


def test_tasks_of_train_that_are_scored_as_holdout_are_refused(study):
    tasks = pl.read_parquet(study / "tasks.parquet")
    trained = tasks["task_id"].head(2)
    suite = (
        pl.when(pl.col("task_id").is_in(trained.to_list()))
        .then(pl.lit("train"))
        .otherwise("suite")
        .alias("suite")
    )
    write_table(tasks.with_columns(suite), study / "tasks.parquet", TASKS)
    with pytest.raises(
        UserError, match=r"scores, column suite: found .* as holdout, a task of train.* 2 tasks are"
    ):
        analyse.main(arguments(study))


@pytest.mark.slow
def test_the_same_tables_give_the_same_bytes_also_as_pandas_writes_them(analysed, study):
    import pandas  # takes long to import

    for name, changed in (
        ("tasks", {"suite": "category"}),
        ("scores", {"step": "int32", "path": "category"}),
    ):
        frame = pandas.read_parquet(study / f"{name}.parquet").astype(changed)
        frame.index = frame.index + 7
        frame.set_index(pandas.Index([*frame.index[:-1], 0])).to_parquet(study / f"{name}.parquet")
    assert "__index_level_0__" in pl.read_parquet(study / "scores.parquet").columns
    analyse.main(arguments(study))
    assert same_tables(analysed / "analysis", study / "analysis")


@pytest.mark.slow
def test_scores_and_tasks_alone_are_enough(study):
    analyse.main(arguments(study, episodes=False))
    table = read_table(study / "analysis/pass_rates.parquet", PASS_RATES)
    assert table["answer_line_rate"].null_count() == table.height
    assert table["pass_rate"].null_count() == 0


@pytest.mark.parametrize(
    ("analysis", "message"),
    [
        (ANALYSIS | {"confidence": 95}, "analysis.confidence: found 95"),
        ({"confidence": 0.95, "seed": 0}, "bootstrap_samples"),
        (ANALYSIS | {"resamples": 200}, "resamples"),
        (None, "--spec: analysis: found nothing"),
    ],
)
def test_a_wrong_setting_is_named(study, analysis, message):
    with pytest.raises(UserError, match=message):
        analyse.main(arguments(study, spec={"analysis": analysis, "runs": RUNS}))


@pytest.mark.parametrize("text", ["x.parquet", "{student}.parquet", "s-{run}.parquet"])
def test_episodes_whose_path_does_not_tell_runs_apart_are_refused(study, text, capsys):
    with pytest.raises(SystemExit):
        analyse.main([*arguments(study), "--episodes", text])
    assert "expected a path with {student} and {run} in it" in capsys.readouterr().err


def test_the_episodes_of_a_declared_run_that_are_missing_are_named(study):
    (study / "s-sft-s1.parquet").unlink()
    with pytest.raises(UserError, match=r"s-sft-s1\.parquet: no such table"):
        analyse.main(arguments(study))


def test_duplicate_scores_are_refused(study):
    scores = pl.read_parquet(study / "scores.parquet")
    pl.concat([scores, scores.head(1)]).write_parquet(study / "scores.parquet")
    with pytest.raises(UserError, match=r"scores\.parquet"):
        analyse.main(arguments(study))


STUDY_FILE = """
name: elsewhere
description: Verdicts that were made by other means.
tasks: {pack: {difficulty: tiny, seed: 0, skills: 40, per_skill: {train: 1, dev: 0, holdout: 5}}}
conditions: [none, curated, placebo, shuffled]
students:
  s:
    label: 45 k
    tier: 1
    source: scratch
    architecture: {hidden_size: 32, layers: 2, heads: 2, kv_heads: 1, intermediate_size: 64}
    pretraining: {steps: 120, learning_rate: 6.0e-3, seed: 0}
teacher: {kind: worked_solution, corrupted_share: 0.1, attempts: 1, seed: 0}
corpora: {worked: {rows: 26, condition: curated, form: worked, seed: 0}}
recipes:
  sft:
    objective: sft
    corpus: worked
    trainable: {lora: {rank: 8, alpha: 16, dropout: 0.0}}
    learning_rate: 5.0e-3
    epochs: 4
    batch_size: 8
    checkpoints: [final]
runs: [{recipe: sft, students: [s], seeds: [0, 1]}]
judges: {a: {model: offline/conclusion, max_tokens: 256}, b: {model: offline/tail, max_tokens: 256}}
primary_judge: a
inference: {engine: vllm, suites: [holdout], max_tokens: 48, max_model_len: 256}
analysis: {bootstrap_samples: 200}
"""


@pytest.fixture
def study_file(tmp_path):
    path = tmp_path / "elsewhere.yaml"
    path.write_text(STUDY_FILE)
    return path


@pytest.mark.slow
def test_a_study_file_may_give_the_settings_and_the_runs(study, study_file):
    by_spec = arguments(
        study, "by_spec", spec=load_study(study_file).analysis_spec().model_dump(), episodes=False
    )
    analyse.main(by_spec)
    analyse.main(["--study", str(study_file), *arguments(study, "by_study", episodes=False)[2:]])
    assert same_tables(study / "by_spec", study / "by_study")


def test_runs_that_the_study_does_not_declare_are_named_with_the_fix(study, study_file):
    study_file.write_text(STUDY_FILE.replace("seeds: [0, 1]", "seeds: [0]"))
    with pytest.raises(
        UserError, match=r"found \['s/sft-s1'\].*s/base, s/sft-s0.*add them to the study's runs"
    ):
        analyse.main(["--study", str(study_file), *arguments(study)[2:]])


def test_a_study_file_that_is_wrong_is_told_before_any_table_is_read(tmp_path, study_file):
    study_file.write_text(STUDY_FILE.replace("bootstrap_samples: 200", "bootstrap: 200"))
    tables = ["--tasks", "no.parquet", "--scores", "no.parquet", "--out", str(tmp_path)]
    with pytest.raises(UserError, match=r"elsewhere\.yaml:.*bootstrap"):
        analyse.main(["--study", str(study_file), *tables])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ([], "one of the arguments --spec --study is required"),
        (
            ["--spec", json.dumps(SPEC), "--study", "s.yaml"],
            "argument --study: not allowed with argument --spec",
        ),
    ],
    ids=["neither", "both"],
)
def test_settings_come_from_one_place(study, settings, told, capsys):
    with pytest.raises(SystemExit):
        analyse.main([*settings, *arguments(study)[2:]])
    assert told in capsys.readouterr().err


def test_reading_study_files_is_no_part_of_the_rules_code(scripts):
    reached = code_digest("analysis/analyse.py", scripts=scripts)
    assert reached != code_digest("analysis/analyse.py", "skillift.study.study", scripts=scripts)


def test_the_reference_studys_file_analyses_verdicts_from_elsewhere(tmp_path, repository):
    scores, tasks, _ = reference_study()
    names = {"qwen-0.8b": "s", "qwen-2b": "m", "qwen-4b": "l"}
    write_table(scores.with_columns(pl.col("student").replace(names)), tmp_path / "scores.parquet", SCORES)
    write_table(tasks, tmp_path / "tasks.parquet", TASKS)
    options = ["--study", str(repository / "studies" / "paper.yaml"), "--out", str(tmp_path / "analysis")]
    options += [f"--{name}={tmp_path / name}.parquet" for name in ("tasks", "scores")]
    analyse.main(options)
    lifts = pl.read_parquet(tmp_path / "analysis" / "effects.parquet").filter(contrast="lift:curated-none")
    assert dict(lifts.select("student", "estimate").rows()) == {"s": 0.070, "m": 0.040, "l": 0.075}


def labels_of(study, share: int = 2) -> pl.DataFrame:
    """A person's verdicts on every second task of each arm: those of judge:a, turned round."""
    judged = pl.read_parquet(study / "scores.parquet").filter(path="judge:a")
    chosen = judged.filter(pl.col("task_id").str.tail(4).cast(pl.Int64) % share == 0)
    return chosen.select([name for name in LABELS.columns if name != "label"], label=~pl.col("passed"))


@pytest.mark.slow
def test_labels_from_elsewhere_take_the_place_of_answer_lines(study):
    write_table(labels_of(study), study / "labels.parquet", LABELS)
    analyse.main([*arguments(study, episodes=False), "--labels", str(study / "labels.parquet")])
    errors = read_table(study / "analysis/judge_errors.parquet", JUDGE_ERRORS).filter(judge="a")
    assert errors.filter(pl.col("condition") != "all")["n_labelled"].unique().to_list() == [100]
    assert set(errors["sensitivity"]) == set(errors["specificity"]) == {0.0}


def test_a_label_of_an_episode_that_is_not_scored_is_named(study):
    unknown = labels_of(study).filter(run="sft-s0").with_columns(run=pl.lit("sft-s7"))
    write_table(unknown, study / "labels.parquet", LABELS)
    with pytest.raises(UserError, match=r"400 labels without an episode, first .*sft-s7"):
        analyse.main([*arguments(study), "--labels", str(study / "labels.parquet")])
