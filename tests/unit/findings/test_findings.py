"""The findings: one sentence a claim, in percentage points, with its word, under a referee's questions."""

from __future__ import annotations

import re

import polars as pl
import pytest
from analysis_tables import full_study, make_certification, smoke_study
from degenerate_studies import CASES, analysis
from degenerate_studies import SPEC as DEGENERATE
from findings_tables import COUNTS, HEADLINE, SPEC, answers, every, tables_of
from made_specs import analysis_of, viewed
from score_tables import make_episodes, make_scores, make_tasks, passes

from skillift.errors import UserError
from skillift.findings import QUESTIONS, findings
from skillift.findings.finding import detectable, points, probability, told
from skillift.findings.finding_rows import findings_text
from skillift.reporting.registry import BESIDE_FINDINGS, FIGURES, FINDINGS
from skillift.statistics import claim_labels
from skillift.statistics.analysis import analyse
from skillift.statistics.pass_rates import no_responses, responses

pytestmark = pytest.mark.xdist_group("degenerate studies")  # analysed once for them all


@pytest.fixture(scope="module")
def tables():
    return tables_of()


def test_the_parts_stand_under_a_referees_questions_in_order(tables):
    parts = findings(tables, viewed(SPEC))
    # of several samples, of altered chains, of further suites, of emulated runs and of base models
    others = (
        "form",
        "chain",
        "recipes",
        "scale",
        "sampling",
        "forecast",
        "transfer",
        "variants",
        "cost",
        "suites",
    )
    asked = [name for name in QUESTIONS if name not in others]
    assert [part.question for part in parts] == asked
    assert all(each.question == part.question for part in parts for each in part.findings)


def test_a_lift_is_told_with_its_claims_numbers_and_word(tables):
    row = tables["claims"].filter(path="judge:a", claim="lift").row(0, named=True)
    (finding,) = every(tables, "lift")
    assert row["estimate"] == pytest.approx(0.43)
    limits = f"+{100 * row['ci_low']:.1f} to +{100 * row['ci_high']:.1f} pp"
    assert finding.sentence == (
        f"Lift at 45 k after SFT by sft, mean of 2 seeds: +43.0 pp (95 % interval {limits}; "
        f"Holm-adjusted p = {row['p_holm']:.3f}; smallest detectable effect {detectable(row)}; "
        "200 tasks in 40 skills, 0 episodes unscored; path judge:a)."
    )
    assert (finding.word, finding.student, finding.path) == (claim_labels.SUPPORTED, "45 k", "judge:a")
    assert {name: row[name] for name in finding.numbers} == finding.numbers


def test_deltas_name_their_phase_and_the_reference_model(tables):
    starts = [each.sentence.split(":")[0] for each in every(tables, "procedural delta")]
    assert starts == [
        "Procedural delta at 45 k before SFT",
        "Procedural delta at 45 k after SFT by sft, mean of 2 seeds",
        "Procedural delta of the reference model big",
    ]


def test_every_word_is_the_one_that_the_claims_have():
    spec, tables = full_study()
    kinds = {"lift": "lift", "procedural delta": "procedural_delta", "uniform lift": "uniform_lift"}
    for claim, kind in {**kinds, "recipes tie": "recipe_tie"}.items():
        rows = tables["claims"].filter(path="judge:conclusion", claim=kind)
        told_words = [each.word for each in every(tables, claim, spec)]
        assert sorted(told_words) == sorted(rows["word"]) != []


def test_pairs_name_both_sides_and_the_whole_claim_neither():
    spec, tables = full_study()
    starts = [each.sentence.split(":")[0] for each in every(tables, "uniform lift", spec)]
    assert starts[0] == "Largest difference of the lifts by sft, of any two tiers"
    assert starts[1:] == [
        f"Difference of the lifts by sft, {pair}"
        for pair in ("115 k − 45 k", "338 k − 115 k", "338 k − 45 k")
    ]
    (_, pair) = every(tables, "recipes tie", spec)
    assert pair.sentence.startswith("Difference of the pass rates under curated at 45 k, answer_only − sft: ")


def test_predictions_are_told_with_their_verdict_and_when_they_were_written():
    spec, tables = full_study()
    part = next(part for part in findings(tables, viewed(spec)) if part.question == "prediction")
    rows = tables["predictions"]
    assert [each.word for each in part.findings] == rows["verdict"].to_list()
    assert all(each.sentence.startswith("Predicted") for each in part.findings)
    assert all(each.sentence.endswith("; not registered.") for each in part.findings)
    late = rows.with_columns(registration=pl.lit("before results"))
    (on_time,) = (
        part.answer
        for part in findings({**tables, "predictions": late}, viewed(spec))
        if part.question == "prediction"
    )
    assert "not registered" not in on_time


def test_one_estimate_has_one_interval_in_claims_effects_and_predictions():
    _, tables = full_study()
    place = {"path": "judge:conclusion", "suite": "holdout", "student": "s"}
    lift = {"contrast": "lift:curated-none", **place}
    numbers = ["estimate", "ci_low", "ci_high"]
    effect = (
        tables["effects"].filter(run="sft", metric="pass", **lift).sort("step").tail(1).select(numbers).row(0)
    )
    claim = tables["claims"].filter(claim="lift", run="sft", **place).select(numbers).row(0)
    (told,) = tables["predictions"].filter(prediction="lift_at_s").select(numbers).rows()
    assert claim == effect == pytest.approx(told, abs=1e-12)


def test_only_what_was_registered_before_results_counts_among_those_that_held():
    spec, tables = full_study()
    rows = tables["predictions"].with_columns(verdict=pl.lit("held"))
    mixed = pl.concat(
        rows.head(1).with_columns(prediction=pl.lit(word), registration=pl.lit(word))
        for word in ("before results", "post hoc", "changed after results", "not registered")
    )
    (part,) = (
        part
        for part in findings({**tables, "predictions": mixed}, viewed(spec))
        if part.question == "prediction"
    )
    assert part.answer == (
        "1 prediction registered before results existed: 1 held. "
        "1 written or changed after results existed: 1 held. 1 not registered: 1 held. "
        "1 post hoc, known when written, so no prediction: 1 as stated."
    )
    known = next(each for each in part.findings if each.claim == "post hoc")
    assert known.word == "" and known.sentence.startswith("Stated") and "held" not in known.sentence


def test_answer_lines_are_told_before_and_after_training():
    seen = pl.concat(
        responses(make_episodes(step, {"none": texts, "curated": texts}), "s", run)
        for run, step, texts in (
            ("base", 0, ["ANSWER: 1", "it is 1"] * 100),
            ("sft-s0", 138, ["ANSWER: 1"] * 200),
        )
    )
    (finding,) = every(tables_of(HEADLINE, seen=seen), "answer lines")
    assert "at 45 k: 50.0 % before SFT and 100.0 % after" in finding.sentence


def test_arms_without_room_to_move_are_counted(tables):
    (finding,) = every(tables, "room to move")
    assert finding.sentence.startswith("Room to move: 24 of 24 arms")


def test_a_dequantised_student_is_told_on_the_page_and_in_the_report(tables):
    gguf = {"file": "m.gguf", "sha256": "c" * 64, "name": "Made_Up", "tensors": {"Q4_1": 211}}
    student = next(iter(SPEC["students"]))
    manifest = {"source": {"kind": "path", "path": "m.gguf", "gguf": gguf}, "parameter_count": 1_000}
    parts = findings(tables, viewed(SPEC), {student: manifest})
    (about,) = [each for each in parts[-1].findings if each.claim == "student"]
    label = SPEC["students"][student]["label"]
    assert about.sentence.startswith(f"{label}: Made_Up, a file, 1,000 parameters; dequantised to float32")
    assert f"- {label}: Made\\_Up, a file" in findings_text(parts, {})
    assert not [each for each in findings(tables, viewed(SPEC))[-1].findings if each.claim == "student"]


def test_a_study_without_verdicts_on_the_headline_path_says_undefined():
    tables = tables_of(HEADLINE, unscored="judge:a")
    (lift,) = every(tables, "lift")
    assert lift.word == claim_labels.UNDEFINED
    assert ": undefined (0 tasks in 0 skills, 1200 episodes unscored; path judge:a)." in lift.sentence
    assert answers(tables)["resolved"] == "The lift on the path judge:a is not resolved: undefined."


def test_a_study_without_a_placebo_says_what_it_cannot_rule_out(tables):
    part = next(part for part in findings(tables, viewed(SPEC)) if part.question == "procedure")
    assert part.findings == []
    assert part.answer.startswith("This study has neither a placebo nor a filler")


def test_a_study_without_a_training_says_so():
    tables = tables_of(HEADLINE, runs={"base": COUNTS["base"]})
    said = answers(tables)
    assert said["resolved"].startswith("This study has no lift")
    assert said["uniform"].startswith("No recipe has a lift at two tiers")
    assert {each.claim for each in every(tables)} >= {"procedural delta", "certification"}


def test_a_study_of_reference_models_alone_has_findings():
    spec = {**SPEC, "students": {"r": SPEC["students"]["r"]}, "runs": SPEC["runs"][1:2]}
    verdicts = {("judge:a", "r", "base", 0, name): passes(140 + len(name)) for name in ("none", "curated")}
    tables = analyse(make_scores(verdicts), make_tasks(), no_responses(), *analysis_of(spec))._asdict()
    found = every({**tables, "certification": make_certification(("a",))}, None, spec)
    assert "Procedural delta of the reference model big" in [each.sentence.split(":")[0] for each in found]


def test_an_arm_that_is_missing_leaves_no_lift():
    assert every(tables_of(HEADLINE, conditions=("none",)), "lift") == []


def test_no_study_predicts_what_it_does_not_declare(tables):
    assert answers(tables)["prediction"] == "This study declares no prediction."


@pytest.mark.parametrize("made", [full_study, smoke_study], ids=["full", "smoke"])
def test_sentences_hold_no_gap_and_no_word_of_the_code(made):
    spec, tables = made()
    assert_plain([each.sentence for each in every(tables, None, spec)] + list(answers(tables, spec).values()))


def test_every_figure_that_a_finding_names_may_be_drawn():
    spec, tables = full_study()
    named = {each.figure for each in every(tables, None, spec)} - {""}
    assert named <= set(BESIDE_FINDINGS) <= set(FIGURES)
    # the first says more than sentences, the others are of suites that are not asked here
    assert len(named) > 8 and not named & {"skill_forest", "transfer", "variants"}


def test_the_findings_need_the_tables_that_are_listed_and_no_others():
    spec, tables = full_study()
    listed = {name: tables[name] for name in FINDINGS}
    assert findings(listed, viewed(spec)) == findings(tables, viewed(spec))
    for name in set(FINDINGS) - {"predictions", "ledger", "variants"}:  # these where a study has them
        with pytest.raises(KeyError, match=name):
            findings({table: frame for table, frame in listed.items() if table != name}, viewed(spec))


@pytest.mark.parametrize("made", [full_study, smoke_study], ids=["full", "smoke"])
def test_every_claim_stands_beside_its_interval_n_unscored_path_and_detectable_effect(made):
    spec, tables = made()
    every_one = every(tables, None, spec)
    claims = [each.sentence for each in every_one if each.word and each.word != claim_labels.UNDEFINED]
    intervals = [
        each.sentence for each in every_one if "% interval" in each.sentence and " pp" in each.sentence
    ]
    beside = (
        r"\d+ tasks in \d+ skills, \d+ episodes? unscored; paths? judge:\w+"
        r"|\d+ tasks in .*; path (?:bench|text)"
    )
    assert len(claims) > 3 and len(intervals) > len(claims)
    for sentence in {*claims, *intervals}:
        assert re.search(beside, sentence), sentence
    for sentence in claims:
        assert "interval" in sentence, sentence
        assert "smallest detectable" in sentence or "With 80 % power" in sentence, sentence


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_study_that_leaves_much_undefined_has_findings_without_gaps(case):
    tables = {**analysis(case)._asdict(), "certification": make_certification(("a", "b"))}
    path = "judge:a" if "judge:a" in set(tables["pass_rates"]["path"]) else "bench"
    spec = {**DEGENERATE, "analysis": {**DEGENERATE["analysis"], "headline_path": path}}
    parts = findings(tables, viewed(spec))
    found = [each for part in parts for each in part.findings]
    assert_plain([each.sentence for each in found] + [part.answer for part in parts])
    claimed = tables["claims"].filter(path=path)
    assert (
        len([each for each in found if each.claim in ("lift", "procedural delta")])
        == claimed.filter(pl.col("claim").is_in(["lift", "procedural_delta"])).height
    )


def assert_plain(texts: list[str]) -> None:
    for text in texts:
        assert not re.search(r"(?i:\bnan\b|\bnull\b|\binf\b)|None|[{}]|lift:\w|curated-none|  ", text), text
        assert text.endswith(".") and not text[0].islower(), text
        assert not re.search(r"(?<![\w-])-\d", text), text  # a minus sign is no hyphen


def test_a_headline_path_that_was_not_scored_is_named():
    with pytest.raises(UserError, match="judge:a"):
        every(tables_of(paths=("bench",)))


def test_the_last_checkpoint_is_what_is_told():
    spec, tables = smoke_study()
    assert {each.student for each in every(tables, "lift", spec)} == {"45 k"}


@pytest.mark.parametrize(
    ("value", "text"), [(0.07, "+7.0 pp"), (-0.075, "\u22127.5 pp"), (0.0, "+0.0 pp"), (-0.0001, "+0.0 pp")]
)
def test_differences_are_written_in_percentage_points_with_their_sign(value, text):
    assert points(value) == text


def test_small_probabilities_and_words_are_written_plainly():
    assert probability(0.0004) == "p < 0.001"
    assert probability(0.0123, "Holm-adjusted p") == "Holm-adjusted p = 0.012"
    given = [claim_labels.NOT_RESOLVABLE, claim_labels.SUPPORTED, claim_labels.NOT_RESOLVABLE]
    assert told(given) == "1 supported, 2 not resolvable at this n"
