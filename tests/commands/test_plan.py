"""Claims about the command `plan.py`: it prints and saves a plan from defaults or from an earlier study."""

from __future__ import annotations

import json
import re
import shlex

import polars as pl
import pytest
from score_tables import make_scores, make_tasks
from study_files import EMBEDDED as STUDY

from skillift.contracts.pipeline import SCORES, TASKS
from skillift.errors import UserError
from skillift.ledger.looks import count_look
from skillift.planning.designs import DESIGN_SCHEMA
from skillift.tables import write_json, write_table
from study.plan import main

pytestmark = pytest.mark.slow

EMBEDDED = ["--study", "studies/embedded.yaml"]


@pytest.fixture(autouse=True)
def at_the_root(repository, monkeypatch):
    """`config.yaml` is read from the folder that the command is called in."""
    monkeypatch.chdir(repository)
    monkeypatch.setenv("COLUMNS", "200")


def plan_of(folder, *options: str) -> tuple[dict, pl.DataFrame]:
    main([*EMBEDDED, "--directory", str(folder), "--out", str(folder), *options])
    designs = pl.read_csv(folder / "designs.csv", schema_overrides=DESIGN_SCHEMA)
    return json.loads((folder / "plan.json").read_text(encoding="utf-8")), designs


@pytest.fixture
def earlier(tmp_path):
    """Results of an earlier study: two students, two seeds, and Snakemake's benchmarks."""
    folder = tmp_path / "earlier"
    tasks = make_tasks(20, 5)
    verdicts = {}
    for place, (student, run) in enumerate(
        (student, run) for student in ("s", "m") for run in ("base", "sft-s0", "sft-s1")
    ):
        step = 0 if run == "base" else 9
        for shift, condition in enumerate(("none", "curated")):
            drawn = [(task * (7 + 2 * place + shift)) % 11 < 4 + shift for task in range(100)]
            verdicts["judge:conclusion", student, run, step, condition] = drawn
        for stage, seconds in (("train", 360), ("generate", 72)):
            if stage == "generate" or step:
                path = folder / "benchmarks" / stage / student / f"{run}.tsv"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"s\th:m:s\n{seconds}\t0:00:00\n")
    write_table(make_scores(verdicts), folder / "scores.parquet", SCORES)
    write_table(tasks, folder / "tasks.parquet", TASKS)
    return folder


def test_a_plan_from_defaults_prints_and_saves_the_literatures_range(tmp_path, capsys):
    record, designs = plan_of(tmp_path, "--tasks", "200", "400", "--seeds", "1")
    printed = capsys.readouterr().out
    for text in ("3.2–5.0 / 11.8–18.7", "unknown", "10 to 25 % discordant pairs", "no rates of l, m, s"):
        assert text in printed, text
    assert "No effect is declared" in printed
    assert record["recommendation"] is None
    assert record["declared_design"] == {"n_tasks": 200, "n_skills": 40, "samples": 1, "seeds": 2}
    assert designs.height == 2 * 3 * 2
    assert designs["device_hours"].null_count() == designs.height
    assert set(designs["usd"]) == {0.0}  # the judges of the embedded study are programs


@pytest.mark.parametrize("columns", [80, 40])
def test_a_narrow_terminal_cuts_no_number(tmp_path, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    options = ["--tasks", "200", "1600", "--seeds", "1"]
    plan_of(tmp_path, *options)
    printed = capsys.readouterr().out
    tables = printed.split("\n- ")[0]
    assert "\u2026" not in printed
    assert {"3.2\u20135.0", "11.8\u201318.7", "1,600", "unknown"} <= set(tables.replace("/", " ").split())
    if columns == 80:
        assert max(map(len, tables.splitlines())) <= 80


def test_a_floor_of_the_earlier_study_is_told_before_the_designs(tmp_path, earlier, capsys):
    scores = pl.read_parquet(earlier / "scores.parquet")
    few = pl.col("passed") & (pl.col("task_id").rank("dense").over("student", "run", "condition") < 8)
    write_table(scores.with_columns(passed=few), earlier / "scores.parquet", SCORES)
    record, _ = plan_of(tmp_path, "--from", str(earlier), "--tasks", "200", "--effect", "0.05")
    printed = capsys.readouterr().out
    assert printed.index("Perhaps no room to move: ") < printed.index("smallest detectable effect")
    assert record["verdict"].startswith("Perhaps no room to move: ")


def test_the_page_shows_what_its_command_prints(repository, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "115")
    page = (repository / "docs/how-to/planning.md").read_text(encoding="utf-8")
    options, shown = re.search(r"plan\.py (--study[^`]*)```\n\n```text\n([^`]*)```", page).groups()
    main([*shlex.split(options), "--directory", str(tmp_path), "--out", str(tmp_path)])
    printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
    expected = [line.strip() for line in shown.splitlines()]
    start = printed.index(expected[0])
    assert printed[start : start + len(expected)] == expected


def test_an_effect_is_resolved_by_the_cheapest_design_or_told_to_be_out_of_reach(tmp_path, capsys):
    record, _ = plan_of(tmp_path, "--effect", "0.08", "--training-hours", "1", "--episodes-per-hour", "1000")
    chosen = record["recommendation"]["chosen"]
    assert (chosen["n_tasks"], chosen["seeds"], chosen["samples"]) == (1600, 1, 1)
    assert chosen["mde"] <= 0.08
    assert chosen["device_hours"] > 0
    assert " ".join(record["verdict"].split()) in " ".join(capsys.readouterr().out.split())
    record, _ = plan_of(tmp_path, "--effect", "0.01")
    assert record["recommendation"]["chosen"] is None
    assert "None of these designs resolves a lift of 1.0 pp" in record["verdict"]


def test_it_plans_for_the_level_of_the_next_look(tmp_path, capsys):
    first, designs = plan_of(tmp_path)
    assert (first["look"], first["confidence"]) == (1, 0.975)
    settings = {"confidence": 0.95, "headline_path": "bench", "margins": {}}
    count_look(settings, "verdicts", 200, 40, tmp_path / ".skillift/embedded/ledger.jsonl")
    second, later = plan_of(tmp_path)
    assert second["look"] == 2 and second["confidence"] == pytest.approx(1 - 0.05 / 6)
    assert (later["mde"] > designs["mde"]).all()
    assert "look 2 at the study's results, after 1 before" in capsys.readouterr().out


def test_the_study_may_declare_the_effect(tmp_path, repository):
    text = (repository / "studies/embedded.yaml").read_text(encoding="utf-8")
    study = tmp_path / "mine.yaml"
    study.write_text(text.replace("confidence: 0.95", "confidence: 0.95\n  effect_of_interest: 0.1"))
    main(["--study", str(study), "--out", str(tmp_path)])
    assert json.loads((tmp_path / "plan.json").read_text())["recommendation"]["effect"] == 0.1


def test_an_earlier_study_gives_variances_and_hours(tmp_path, earlier, capsys):
    record, designs = plan_of(tmp_path, "--from", str(earlier), "--tasks", "200", "--training-hours", "l=2")
    assert list(record["scenarios"]) == ["measured"]
    assert {place["where"] for place in record["measured"]} == {"s", "m", "s/sft", "m/sft", "m/sft - s/sft"}
    assert record["scenarios"]["measured"]["lift"]["seed"] is not None
    assert "no rates of l" in capsys.readouterr().out  # its episodes
    assert designs["device_hours"].null_count() == designs.height
    _, designs = plan_of(
        tmp_path, "--from", str(earlier), "--tasks", "200", "--seeds", "2",
        "--training-hours", "l=2", "--episodes-per-hour", "l=1000",
    )  # fmt: skip
    # 360 s a training, 72 s for 200 episodes; s is trained by two recipes, m and l by one; 38 tasks more
    # are variants
    episodes = {name: 238 * 5 * (1 + 2 * recipes) for name, recipes in (("s", 2), ("m", 1), ("l", 1))}
    hours = 2 * (2 * 0.1 + 0.1 + 2) + (episodes["s"] + episodes["m"]) * 72 / 200 / 3600 + episodes["l"] / 1000
    assert designs["device_hours"].to_list() == pytest.approx([hours] * 3)


def test_hours_of_another_precision_are_not_taken(tmp_path, earlier):
    own = ("--from", str(earlier), "--tasks", "200", "--seeds", "2")
    rates = ("--training-hours", "l=2", "--episodes-per-hour", "l=1000")
    manifest = earlier / "runs/s/sft-s0/manifest.json"
    for precision, known in (("float32", True), ("bfloat16", False)):
        write_json({"spec": {"precision": precision}}, manifest)
        record, designs = plan_of(tmp_path, *own, *rates)
        assert (designs["device_hours"].null_count() == 0) is known
        assert (
            any("trained in bfloat16, the study is in float32" in note for note in record["notes"]) != known
        )


def test_results_that_cannot_be_read_are_named(tmp_path, earlier):
    with pytest.raises(UserError, match=r"scores\.parquet: no such table"):
        plan_of(tmp_path, "--from", str(tmp_path))
    with pytest.raises(UserError, match=r"columns path and suite.*rows on 'bench'"):
        plan_of(tmp_path, "--from", str(earlier), "--path", "bench")
    (earlier / "benchmarks/train/s/sft-s0.tsv").write_text("nothing\n")
    with pytest.raises(UserError, match=r"sft-s0\.tsv: .*a column 's' of seconds"):
        plan_of(tmp_path, "--from", str(earlier))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--samples", "2"], "with inference.temperature 0"),
        (["--tasks", "30"], "a multiple of a number of skills"),
        (["--suite", "dev"], "--suite: found 'dev'"),
        (["--training-hours", "xl=2"], r"--training-hours: found \['xl'\]"),
        (["--episodes-per-hour", "xl=2"], r"--episodes-per-hour: found \['xl'\]"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_do_not_fit_the_study_are_named(tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        plan_of(tmp_path, *options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tasks", "0"], "a whole number from 1"),
        (["--effect", "0"], "a fraction such as 0.05"),
        (["--effect", "5"], "a fraction such as 0.05"),
        (["--training-hours", "s=-1"], "expected NUMBER or STUDENT=NUMBER"),
        (["--episodes-per-hour", "many"], "expected NUMBER or STUDENT=NUMBER"),
        (["--sampling-share", "1.1"], "a fraction from 0 to 1"),
        (["--usd-per-hour", "-2"], "a price in USD"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_of_a_wrong_form_are_named(tmp_path, options, message, capsys):
    with pytest.raises(SystemExit):
        plan_of(tmp_path, *options)
    assert message in capsys.readouterr().err


def test_new_skills_are_planned_for_as_far_as_the_pack_has_them_and_their_claims_are_told(tmp_path):
    study = tmp_path / "study.yaml"
    suites = "    suites: {transfer: {skills: 10, per_skill: 6}}\n"
    text = STUDY.replace("    judge_scored:", f"{suites}    judge_scored:", 1)
    study.write_text(text.replace("suites: [holdout]", "suites: [holdout, transfer]", 1), encoding="utf-8")
    options = ["--study", str(study), "--directory", str(tmp_path), "--out", str(tmp_path)]
    main([*options, "--suite", "transfer", "--effect", "0.1"])
    found = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert found["declared_design"]["n_skills"] == 10 and found["declared_design"]["n_tasks"] == 60
    designs = pl.read_csv(tmp_path / "designs.csv", schema_overrides=DESIGN_SCHEMA)
    assert set(designs["n_skills"]) == {10, 20}
    assert any("transfer is a gain" in note for note in found["notes"])
    main(options)  # of the headline's suite
    found = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert found["declared_design"]["n_skills"] == 40
    assert not any("transfer is a gain" in note for note in found["notes"])
