"""Claims about controls: one test of all lifts together, and a filler that is shown to change nothing."""

from __future__ import annotations

import pytest
from claim_tables import PATH, claimed, make_runs
from score_tables import passes

from skillift.statistics.claim_labels import holm
from skillift.statistics.control_claims import BEYOND, NEUTRAL

STUDENTS = ("s", "m")
RUNS = make_runs({(student, "sft"): (0,) for student in STUDENTS})
# passes before and after SFT, by student; none and curated alone are the lift
COUNTS = {
    "s": {"none": (40, 44), "curated": (60, 130), "placebo": (38, 30), "filler": (42, 50)},
    "m": {"none": (50, 60), "curated": (70, 90), "placebo": (52, 20), "filler": (48, 61)},
}


def arms(counts=COUNTS, unscored: int = 0) -> dict:
    found = {}
    for student, conditions in counts.items():
        for place, (condition, pair) in enumerate(conditions.items()):
            for run, count in zip(("base", "sft-s0"), pair, strict=True):
                verdicts = passes(count, start=3 * place + count)
                if condition == "filler" and run != "base":
                    verdicts[:unscored] = [None] * unscored
                found[(PATH, student, run, 9 * (run != "base"), condition)] = verdicts
    return found


def rows_of(found, claim: str) -> dict[str, dict]:
    return {row["student"]: row for row in found.claims.filter(claim=claim).iter_rows(named=True)}


def lifts_of(found, student: str) -> dict[str, dict]:
    effects = found.effects.filter(student=student, run="sft-s0").iter_rows(named=True)
    return {row["contrast"]: row for row in effects if row["contrast"].startswith("lift:curated-")}


def test_the_least_certain_lift_decides_and_the_students_are_one_family():
    found = claimed(arms(), RUNS)
    together = rows_of(found, BEYOND)
    p_values = []
    for student in sorted(STUDENTS):
        lifts = lifts_of(found, student)
        assert len(lifts) == 3
        decides = max(lifts.values(), key=lambda row: row["p_value"])
        row = together[student]
        for name in ("contrast", "estimate", "ci_low", "ci_high", "p_value"):
            assert row[name] == decides[name]
        p_values.append(decides["p_value"])
    assert [together[student]["p_holm"] for student in sorted(STUDENTS)] == holm(p_values)


def test_what_is_supported_together_is_supported_as_a_lift():
    found = claimed(arms(), RUNS)
    together, lifts = rows_of(found, BEYOND), rows_of(found, "lift")
    assert together["s"]["word"] == "supported"
    for student, row in together.items():
        assert row["word"] != "supported" or lifts[student]["word"] == "supported"
        assert row["p_holm"] >= lifts[student]["p_holm"]


def test_a_lift_below_a_control_s_contradicts_at_bonferroni_s_level():
    counts = {"s": COUNTS["s"] | {"filler": (40, 180)}}
    found = claimed(arms(counts), make_runs({("s", "sft"): (0,)}))
    row = rows_of(found, BEYOND)["s"]
    below = lifts_of(found, "s")["lift:curated-filler"]
    assert (row["contrast"], row["word"]) == ("lift:curated-filler", "contradicted")
    assert row["p_value"] == pytest.approx(3 * below["p_value"])


def test_missing_verdicts_of_a_control_count_for_the_word():
    for unscored, holds in ((4, True), (120, False)):
        row = rows_of(claimed(arms(unscored=unscored), RUNS), BEYOND)["s"]
        assert row["n_unscored"] == unscored
        assert row["word_holds"] == holds


def test_a_missing_arm_of_a_control_leaves_the_claim_undefined():
    without = {
        key: verdicts for key, verdicts in arms().items() if key[1:3] + key[4:] != ("s", "base", "filler")
    }
    together = rows_of(claimed(without, RUNS), BEYOND)
    assert together["s"]["word"] == "undefined"
    assert together["m"]["word"] != "undefined"


def test_a_study_without_a_control_has_no_such_claim():
    plain = {key: verdicts for key, verdicts in arms().items() if key[4] in ("none", "curated")}
    assert not {BEYOND, NEUTRAL} & set(claimed(plain, RUNS).claims["claim"])


def test_a_filler_is_compared_with_none_before_training_alone():
    margins = {"neutral_filler": 0.05}
    rows = claimed(arms(), RUNS, margins=margins).claims.filter(claim=NEUTRAL)
    assert rows.select("student", "run", "contrast", "margin").rows() == [
        (student, "base", "filler-none", 0.05) for student in sorted(STUDENTS)
    ]
    assert rows["p_equivalence"].null_count() == 0
    without = claimed(arms(), RUNS, margins=None).claims.filter(claim=NEUTRAL)
    assert "equivalent" not in set(without["word"])
