"""The findings: one sentence a claim, in percentage points, with a word by the written rule."""

from __future__ import annotations

import polars as pl
import pytest
from analysis_tables import make_certification
from score_tables import make_episodes, make_scores, make_tasks, passes

from skillift.errors import UserError
from skillift.findings import NOT_RESOLVABLE, RESOLVED, UNDEFINED, findings, points, word
from skillift.statistics.analysis import Analysis, analyse
from skillift.statistics.pass_rates import no_responses, responses

SPEC = {
    "analysis": {"headline_path": "judge:a", "confidence": 0.95, "bootstrap_samples": 200, "seed": 0},
    "students": {"s": {"label": "45 k", "tier": 1}, "r": {"label": "big", "tier": 9}},
    "references": ["r"],
    "runs": [
        *({"student": model, "run": "base", "recipe": None, "seed": None} for model in ("r", "s")),
        *({"student": "s", "run": f"sft-s{seed}", "recipe": "sft", "seed": seed} for seed in (0, 1)),
    ],
}
# passes before (none, curated), of two seeds after, and of the reference model
COUNTS = {"base": (40, 46), "sft-s0": (50, 140), "sft-s1": (56, 150)}


CERTIFIED = make_certification(("a", "b"))


def analysis(paths=("bench", "judge:a", "judge:b"), unscored: str | None = None, seen=None) -> Analysis:
    arms = {}
    for place, path in enumerate(paths):
        for run, counts in COUNTS.items():
            step = 0 if run == "base" else 138
            for condition, count in zip(("none", "curated"), counts, strict=True):
                verdicts = passes(count + 6 * place, start=count)
                arms[(path, "s", run, step, condition)] = [None] * 200 if unscored == path else verdicts
        arms[(path, "r", "base", 0, "none")] = passes(140)
        arms[(path, "r", "base", 0, "curated")] = passes(146, start=3)
    return analyse(make_scores(arms), make_tasks(), no_responses() if seen is None else seen, SPEC)


def told(tables: Analysis, claim: str | None = None, rates=CERTIFIED) -> list:
    found = findings(tables.effects, tables.pass_rates, tables.agreement, tables.path_shift, rates, SPEC)
    return [finding for finding in found if claim in (None, finding.claim)]


def test_the_lift_is_told_in_percentage_points_with_all_that_it_rests_on():
    tables = analysis()
    row = tables.effects.filter(path="judge:a", run="sft", contrast="lift:curated-none").row(0, named=True)
    (finding,) = told(tables, "lift")
    assert row["estimate"] == pytest.approx(0.43)
    assert finding.sentence == (
        "Lift at 45 k after SFT by sft, mean of 2 seeds, on the path judge:a: +43.0 pp "
        f"(95 % interval +{100 * row['ci_low']:.1f} pp to +{100 * row['ci_high']:.1f} pp; "
        "200 tasks in 40 skills, 0 episodes unscored; "
        f"smallest detectable effect {100 * row['mde']:.1f} pp): resolved."
    )
    assert (finding.word, finding.student, finding.path) == (RESOLVED, "45 k", "judge:a")


def test_deltas_before_and_after_name_their_phase_and_the_reference_model():
    tables = analysis()
    before, after = told(tables, "procedural delta before SFT"), told(tables, "procedural delta after SFT")
    starts = [finding.sentence.split(":")[0] for finding in [*before, *after]]
    assert starts == [
        "Procedural delta at 45 k before SFT, on the path judge",
        "Procedural delta of the reference model big, on the path judge",
        "Procedural delta at 45 k after SFT by sft, mean of 2 seeds, on the path judge",
    ]
    assert [finding.word for finding in before] == [NOT_RESOLVABLE, NOT_RESOLVABLE]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.01, 0.2, RESOLVED),
        (-0.2, -0.01, RESOLVED),
        (-0.01, 0.2, NOT_RESOLVABLE),
        (0.0, 0.2, NOT_RESOLVABLE),
        (-0.2, 0.0, NOT_RESOLVABLE),
        (None, None, UNDEFINED),
    ],
)
def test_the_word_follows_from_the_interval_alone(low, high, expected):
    assert word(low, high) == expected


@pytest.mark.parametrize(
    ("value", "text"), [(0.07, "+7.0 pp"), (-0.075, "\u22127.5 pp"), (0.0, "+0.0 pp"), (-0.0001, "+0.0 pp")]
)
def test_differences_are_written_in_percentage_points_with_their_sign(value, text):
    assert points(value) == text


def test_agreement_is_told_over_all_runs_with_the_worst_and_the_best_kappa():
    tables = analysis()
    (finding,) = told(tables, "judge agreement")
    together = tables.agreement.filter(condition="all")
    same = together["both_pass"].sum() + together["both_fail"].sum()
    assert f"Judges a and b, same verdict: {100 * same / 1600:.1f} % of 1600 episodes" in finding.sentence
    assert f"kappa {together['kappa'].min():.2f} (at " in finding.sentence
    assert f" to {together['kappa'].max():.2f} (of the reference model big;" in finding.sentence


def test_each_judge_has_its_certificate_and_the_headlines_judge_its_warning():
    claim = "certification of the judges"
    assert [finding.path for finding in told(analysis(), claim)] == ["judge:a", "judge:b"]
    assert told(analysis(), "warning") == []
    limits = {"certification": {"max_false_pass": 0.0, "max_false_fail": 0.0}}
    tables, spec = analysis(), {**SPEC, "analysis": {**SPEC["analysis"], **limits}}
    rates = CERTIFIED.with_columns(rate=0.5)
    found = findings(tables.effects, tables.pass_rates, tables.agreement, tables.path_shift, rates, spec)
    assert found[0].claim == "warning" and found[0].sentence.startswith("Warning: judge a errs too often")
    assert "above the limit of 0 %" in next(each.sentence for each in found if each.claim == claim)


def test_the_largest_shift_of_each_path_is_told():
    tables = analysis()
    shifts = told(tables, "path shift")
    assert [finding.path for finding in shifts] == ["judge:a", "judge:b"]
    largest = tables.path_shift.filter(path="judge:b")["shift"].abs().max()
    assert f"{100 * largest:.1f} pp" in shifts[1].sentence
    assert "Largest of 8 shifts" in shifts[1].sentence


def test_answer_lines_are_told_before_and_after_training():
    seen = pl.concat(
        responses(make_episodes(step, {"none": texts, "curated": texts}), "s", run)
        for run, step, texts in (
            ("base", 0, ["ANSWER: 1", "it is 1"] * 100),
            ("sft-s0", 138, ["ANSWER: 1"] * 200),
        )
    )
    (finding,) = told(analysis(seen=seen), "answer lines")
    assert "at 45 k: 50.0 % before SFT and 100.0 % after" in finding.sentence


def test_arms_without_room_to_move_are_counted():
    (finding,) = told(analysis(), "room to move")
    assert finding.sentence.startswith("Room to move: 24 of 24 arms")


def test_a_study_without_verdicts_on_the_headline_path_says_undefined():
    found = told(analysis(unscored="judge:a"))
    (lift,) = [finding for finding in found if finding.claim == "lift"]
    assert lift.word == UNDEFINED
    assert ": undefined (0 tasks in 0 skills, 1200 episodes unscored)." in lift.sentence
    text = " ".join(finding.sentence for finding in found)
    assert "nan" not in text.lower().replace("answer", "") and "None" not in text


def test_one_path_alone_has_findings_without_agreement_and_shift():
    claims = {finding.claim for finding in told(analysis(paths=("judge:a",)))}
    assert "judge agreement" not in claims
    assert {"lift", "room to move"} <= claims


def test_a_headline_path_that_was_not_scored_is_named():
    with pytest.raises(UserError, match="judge:a"):
        told(analysis(paths=("bench",)))
