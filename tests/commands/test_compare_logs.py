"""The command compare_logs: real logs of other harnesses go in, and every number is counted again."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from bad_logs import BAD_LOGS
from compared_logs import LOGS, compare, effects_of, holm, numbers_of, text_of
from made_logs import line, scored, write_lm_eval

from skillift.errors import UserError

pytestmark = pytest.mark.slow

CONDITIONS = ["--condition", "none=skills_none", "curated=skills_curated"]


def counted_of_inspect(folder: Path, condition: str) -> dict[tuple[str, str], float]:
    """The same, read as plain JSON; `C` is right."""
    (path,) = folder.glob(f"*_skills-{condition}_*.json")
    samples = json.loads(path.read_text(encoding="utf-8"))["samples"]
    return {
        (each["metadata"]["skill"], each["id"]): float(each["scores"]["pattern"]["value"] == "C")
        for each in samples
    }


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> Path:
    """The comparison of the real logs of lm_eval."""
    return compare(
        tmp_path_factory.mktemp("compared") / "out",
        [LOGS / "lm_eval/before"],
        [LOGS / "lm_eval/after"],
        *(*CONDITIONS, "--item", "id", "--cluster", "skill", "--recipe", "sft"),
    )


def counted(folder: Path, condition: str) -> dict[tuple[str, str], float]:
    """Scores by skill and item, read as plain JSON."""
    (path,) = folder.rglob(f"samples_skills_{condition}_*.jsonl")
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {(each["doc"]["skill"], each["doc"]["id"]): each["exact_match"] for each in lines}


def counted_of_lighteval(folder: Path, condition: str) -> dict[tuple[str, str], float]:
    """The same, read from Parquet."""
    (path,) = folder.glob(f"details_skills_{condition}_*.parquet")
    rows = pl.read_parquet(path).to_dicts()
    keys = [(row["doc"]["specific"]["skill"], row["doc"]["specific"]["id"]) for row in rows]
    return dict(zip(keys, (row["metric"]["em"] for row in rows), strict=True))


def test_gains_and_lift_of_real_logs_are_those_that_are_counted_by_hand(compared):
    held_by_hand(compared, "lm_eval", counted)


def test_gains_and_lift_of_real_details_of_lighteval_are_those_that_are_counted_by_hand(tmp_path):
    conditions = ["--condition", "none=skills_none_0", "curated=skills_curated_0"]
    sides = ([LOGS / "lighteval" / side] for side in ("before", "after"))
    further = ("--item", "id", "--cluster", "skill", "--recipe", "sft", "--metric", "em")
    found = compare(tmp_path / "out", *sides, *conditions, *further)
    held_by_hand(found, "lighteval", counted_of_lighteval)


def held_by_hand(compared: Path, harness: str, counted: Callable[[Path, str], dict]) -> None:
    """Every number of effects.csv and of pass rates is that of scores that are read plainly."""
    arms = {
        (run, condition): counted(LOGS / harness / side, condition)
        for run, side in (("base", "before"), ("sft-s0", "after"))
        for condition in ("none", "curated")
    }

    def less(one: dict, other: dict) -> dict:
        assert len(one) == 60 and one.keys() == other.keys()
        return {key: value - other[key] for key, value in one.items()}

    gains = {
        condition: less(arms["sft-s0", condition], arms["base", condition])
        for condition in ("none", "curated")
    }
    deltas = {run: less(arms[run, "curated"], arms[run, "none"]) for run in ("base", "sft-s0")}
    families = [
        {("lift:curated-none", "sft-s0"): less(gains["curated"], gains["none"])},
        {(f"gain:{condition}", "sft-s0"): found for condition, found in gains.items()},
        {("curated-none", run): found for run, found in deltas.items()},
    ]
    rows = pl.read_csv(compared / "effects.csv")
    assert rows.height == 5
    for family in families:
        expected = {key: numbers_of(found, len(family)) for key, found in family.items()}
        adjusted = holm([found["p_value"] for found in expected.values()])
        for ((contrast, run), numbers), p_holm in zip(expected.items(), adjusted, strict=True):
            row = rows.filter(contrast=contrast, run=run).row(0, named=True)
            assert (row["n_tasks"], row["n_skills"], row["n_unscored"]) == (60, 12, 0)
            assert {name: row[name] for name in numbers} == pytest.approx(numbers, rel=1e-4, abs=1e-9)
            assert row["p_holm"] == pytest.approx(p_holm, rel=1e-4)
            assert (row["word"] == "supported") == (p_holm < 0.05 and row["estimate"] > 0)
    rates = pl.read_parquet(compared / "analysis/pass_rates.parquet")
    for (run, condition), scores in arms.items():
        rate = rates.filter(run=run, condition=condition)["pass_rate"].item()
        assert rate == pytest.approx(np.mean(list(scores.values())))


def test_figures_pages_and_summary_are_there(compared, capsys):
    page = text_of(compared / "findings.html")
    assert "Is the lift resolved at this n? 1 of 1 lift resolved: 1 supported." in page
    names = {path.stem for path in (compared / "figures").iterdir()}
    assert names == {"gains", "lift", "tier_trajectory", "skill_forest", "asymmetry", "condition_ladder"}
    assert all(f"Figure {number}." in page for number in range(1, 7))
    assert "skillift" in text_of(compared / "episodes.html")
    summary = (compared / "summary.md").read_text(encoding="utf-8")
    assert "60 items in 12 groups by skill, score exact_match" in summary
    assert summary.count("- Gain under ") == 2 and summary.count("- Lift (") == 1
    record = json.loads((compared / "comparison.json").read_text(encoding="utf-8"))
    assert record["cluster"] == "skill"


_OF_A_STUDY = (
    r"\b(tasks?|skills?|students?|tiers?|suites?|holdout|SFT|scoring paths?|episodes?|stud(y|ies))\b"
)


@pytest.mark.parametrize("cluster", [(), ("--cluster", "topic")], ids=["items alone", "grouped"])
def test_figures_and_their_captions_speak_of_items_and_groups(cluster, tmp_path):
    conditions, draw = ("none", "curated", "placebo", "shuffled"), np.random.default_rng(0)
    for side in ("before", "after0", "after1"):
        for condition in conditions:
            scores = draw.integers(0, 2, 24).astype(float).tolist()
            docs = [{"id": f"q{n}", "topic": f"topic {n // 4}"} for n in range(24)]
            lines = [line(n, score, doc=docs[n]) for n, score in enumerate(scores)]
            write_lm_eval(tmp_path / side, lines, task=f"sums_{condition}")
    named = [f"{condition}=sums_{condition}" for condition in conditions]
    after = [tmp_path / "after0", tmp_path / "after1"]
    out = compare(
        tmp_path / "out", [tmp_path / "before"], after, "--condition", *named, "--item", "id", *cluster
    )
    page = (out / "findings.html").read_text(encoding="utf-8")
    captions = [
        re.sub(r"<[^>]+>", " ", each) for each in re.findall(r"<figcaption>.*?</figcaption>", page, re.S)
    ]
    texts = {
        path.stem: re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")).replace("\u00a0", " ")
        for path in (out / "figures").iterdir()
    }
    of_groups = {"skill_forest", "asymmetry"} if cluster else set()
    every = {"gains", "lift", "tier_trajectory", "placebo_ladder", "condition_ladder", *of_groups}
    assert set(texts) == every and len(captions) == len(every)
    sentences = text_of(out / "findings.html").split("Is it the procedure, or just a longer prompt?")
    assert "Lift over none" in sentences[2]  # behind the list of answers
    for text in (*texts.values(), *captions, *sentences[1:3]):
        assert not re.search(_OF_A_STUDY, text), text
    assert all(("24 items in 6 groups" if cluster else "24 items") in text for text in texts.values())
    if not cluster:
        assert not any("group" in text for text in texts.values())


@pytest.mark.skipif(importlib.util.find_spec("inspect_ai") is None, reason="inspect_ai is not installed")
def test_the_logs_of_inspect_have_the_scores_of_the_same_answers(compared, tmp_path):
    out = compare(
        tmp_path / "out",
        [LOGS / "inspect/before"],
        [LOGS / "inspect/after"],
        *(*CONDITIONS, "--cluster", "skill", "--recipe", "sft"),
    )
    held_by_hand(out, "inspect", counted_of_inspect)
    ours, theirs = effects_of(out)["lift:curated-none"], effects_of(compared)["lift:curated-none"]
    assert ours["estimate"] == pytest.approx(theirs["estimate"], abs=0.05)  # other kernels, other ties


@pytest.mark.skipif(importlib.util.find_spec("inspect_ai") is not None, reason="inspect_ai is installed")
def test_without_the_reader_of_inspect_it_is_said_how_to_get_it(tmp_path):
    with pytest.raises(
        UserError, match=r"expected the package inspect_ai to read it\. Install it beside skillift"
    ):
        compare(tmp_path, [LOGS / "inspect/before"], [LOGS / "inspect/after"])


@pytest.mark.parametrize("name", BAD_LOGS)
def test_of_a_bad_log_it_is_said_what_is_wrong_and_nothing_is_written(name, tmp_path):
    make, expected = BAD_LOGS[name]
    options = make(tmp_path)
    with pytest.raises(UserError, match=expected):
        compare(tmp_path / "out", [tmp_path / "before"], [tmp_path / "after"], *options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--condition", "none=a", "none=b"], "--condition, none: found '2 patterns', expected one"),
        (["--condition", "none=*a*"], r"--condition, none: found '\*a\*', expected at most one \*"),
        (["--threshold", "nan"], "--threshold: found nan, expected a finite number"),
        (["--threshold", "1", "--range", "f1=0:1"], "--range: found 'f1', expected nothing beside"),
        (["--after", "a", "a"], "--after: found 'a', expected logs of another training"),
        (
            ["--out", "/dev/null/comparison"],
            "--out: found '/dev/null/.*a folder that can be written",
        ),
        (["--out", "before/comparison"], "--out: found .*, expected a folder that is not in --before"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_logs_are_read(options, expected):
    with pytest.raises(UserError, match=expected):
        compare(Path("out"), ["before"], ["after"], *options)


def test_two_arms_give_a_gain_and_no_lift(tmp_path, capsys):
    write_lm_eval(tmp_path / "before", scored([0.0] * 12))
    write_lm_eval(tmp_path / "after", scored([1.0] * 10 + [0.0] * 2))
    out = compare(tmp_path / "out", [tmp_path / "before"], [tmp_path / "after"])
    assert set(effects_of(out)) == {"gain:none"}
    assert effects_of(out)["gain:none"]["estimate"] == pytest.approx(10 / 12)
    assert "12 items each by itself (no groups given)" in capsys.readouterr().out
    page = text_of(out / "findings.html")
    assert "Is the gain resolved at this n? 1 of 1 gain resolved: 1 supported." in page
    assert "from 0.0 % to 83.3 %" in page and "No groups were given" in page
    assert not re.search(
        r"(?i)\b(lift|sft|procedur\w+|tier|judge|study)\b",
        page[page.index("The same items") : page.index("To cite")],
    )


def test_what_has_no_score_stays_unscored_and_is_never_a_fail(tmp_path):
    before = [line(n, None if n == 0 else float("nan") if n == 1 else 0.0) for n in range(8)]
    write_lm_eval(tmp_path / "before", before)
    write_lm_eval(tmp_path / "after", scored([1.0] * 8))
    out = compare(tmp_path / "out", [tmp_path / "before"], [tmp_path / "after"])
    row = effects_of(out)["gain:none"]
    assert (row["n_tasks"], row["n_unscored"], row["estimate"]) == (6, 2, 1.0)


def test_one_group_is_one_group_and_what_the_logs_do_not_say_is_named(tmp_path):
    for side, scores in (("before", "0,0,1"), ("after", "1,0,1")):
        rows = [f"q{n},{score},g" for n, score in enumerate(scores.split(","))]
        (tmp_path / f"{side}.csv").write_text("\n".join(["item,score,cluster", *rows]) + "\n")
    out = compare(tmp_path / "out", [tmp_path / "before.csv"], [tmp_path / "after.csv"])
    said = (out / "summary.md").read_text(encoding="utf-8")
    assert "3 items in 1 group by cluster" in said and "1 groups" not in text_of(out / "findings.html")
    assert "so not compared between arms: settings of sampling, prompts, targets." in said


def test_of_many_items_the_browser_shows_the_first_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("skillift.evaluation_logs.comparison.MOST_SHOWN", 3)
    for side in ("before", "after"):
        write_lm_eval(tmp_path / side, scored([0.0, 1.0] * 4))
    out = compare(tmp_path / "out", [tmp_path / "before"], [tmp_path / "after"])
    assert "comparison: the first 3 of 8 items" in text_of(out / "episodes.html")


def test_a_second_comparison_leaves_nothing_of_the_first_in_its_folder(tmp_path):
    sides = [tmp_path / "before"], [tmp_path / "after"]
    for side, scores in zip(("before", "after"), ([0.2, 0.4, 0.6], [0.3, 0.7, 0.9]), strict=True):
        write_lm_eval(tmp_path / side, scored(scores))
    for options in (["--recipe", "first"], ["--recipe", "second", "--threshold", "0.5"]):
        out = compare(tmp_path / "out", *sides, *options)
    assert {path.stem for path in (out / "episodes").iterdir()} == {"base", "second-s0"}
    assert (out / "scores.parquet").exists() and not (out / "logged_scores.parquet").exists()


def test_a_folder_of_a_condition_that_there_is_not_is_refused_with_those_there_are(tmp_path):
    write_lm_eval(tmp_path, scored([1.0]))
    with pytest.raises(UserError, match="found 'plain', expected one of none, curated"):
        compare(tmp_path.with_name("out"), [f"plain={tmp_path}"], [f"plain={tmp_path}"])


def test_what_is_accepted_is_named(tmp_path, capsys):
    write_lm_eval(tmp_path / "before", scored([0.0, 1.0] * 4))
    write_lm_eval(tmp_path / "after", scored([1.0] * 7), generation_kwargs={"temperature": 1.0})
    logs = [tmp_path / "before"], [tmp_path / "after"]
    out = compare(tmp_path / "out", *logs, "--accept", "items", "sampling")
    summary = (out / "summary.md").read_text(encoding="utf-8")
    assert "differs: training-s0 under none: found '1 of 8 items are not there" in summary
    assert "differs: training-s0 under none, generation: found" in summary
    assert effects_of(out)["gain:none"]["n_unscored"] == 1


def test_several_trainings_are_seeds_whose_variance_is_in_the_interval(tmp_path):
    draw = np.random.default_rng(0)
    write_lm_eval(tmp_path / "before", scored([0.0, 1.0] * 10))
    for seed in (0, 1):
        write_lm_eval(tmp_path / f"after{seed}", scored(draw.integers(0, 2, 20).astype(float).tolist()))
    out = compare(tmp_path / "out", [tmp_path / "before"], [tmp_path / "after0", tmp_path / "after1"])
    runs = pl.read_parquet(out / "analysis/effects.parquet").filter(contrast="gain:none")
    assert set(runs["run"]) == {"training-s0", "training-s1", "training"}
    assert runs.filter(run="training")["n_runs"].item() == 2


def test_a_plain_table_with_other_names_of_its_columns(tmp_path):
    for side, scores in (("before", "False,True,False"), ("after", "True,True,False")):
        rows = [f"q{n},{score},g" for n, score in enumerate(scores.split(","))]
        (tmp_path / f"{side}.csv").write_text("\n".join(["question_id,right,topic", *rows]) + "\n")
    columns = ("--columns", "item=question_id", "score=right", "--cluster", "topic", "--accept", "scorer")
    out = compare(tmp_path / "out", [tmp_path / "before.csv"], [tmp_path / "after.csv"], *columns)
    row = effects_of(out)["gain:none"]
    assert (row["estimate"], row["n_skills"]) == (pytest.approx(1 / 3), 1)


def test_tables_of_a_folder_are_tasks_by_their_names(tmp_path):
    for side, score in (("before", 0), ("after", 1)):
        (tmp_path / side).mkdir()
        for task in ("plain", "steps"):
            (tmp_path / side / f"{task}.csv").write_text(f"item,score\na,{score}\nb,0\n")
    logs = [tmp_path / "before"], [tmp_path / "after"]
    out = compare(tmp_path / "out", *logs, "--condition", "none=plain", "curated=steps")
    assert set(effects_of(out)) == {"curated-none", "gain:curated", "gain:none", "lift:curated-none"}


def test_a_threshold_makes_right_and_wrong_of_a_score(tmp_path):
    write_lm_eval(tmp_path / "before", scored([0.2, 0.4, 0.6, 0.8]))
    write_lm_eval(tmp_path / "after", scored([0.7, 0.7, 0.2, 0.9]))
    out = compare(tmp_path / "out", [tmp_path / "before"], [tmp_path / "after"], "--threshold", "0.5")
    assert effects_of(out)["gain:none"]["estimate"] == pytest.approx(0.25)
