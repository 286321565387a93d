"""Certification: the suite of cases, what a judge's verdicts on it become, and what readers are told."""

from __future__ import annotations

import json

import polars as pl
import pytest
from analysis_tables import make_spec
from made_specs import viewed
from stub_models import STUB, stub_provider

from skillift.answers.reasoning import strip_reasoning
from skillift.chat.client import ChatClient, ChatModel
from skillift.chat.offline_judges import blocks
from skillift.contracts.analysis import CERTIFICATION_RATES
from skillift.contracts.pipeline import CERTIFICATION
from skillift.errors import UserError
from skillift.judging.certification import certify, read_cases
from skillift.judging.verdicts import read_template, template_digest
from skillift.reporting.certificates import certificate, headline_judge, warnings
from skillift.reporting.view import View
from skillift.statistics.certification import ALL_KINDS, ALL_PARTS, error_rates
from skillift.tables import check

FIRST_IN_PROSE = "This one is easier than it looks. After a cup of tea I arrived at 56 and stayed there."
LEAST = 5  # cases of a kind
SPEC = make_spec() | {
    "analysis": {
        "headline_path": "judge:a",
        "confidence": 0.95,
        "certification": {"max_false_pass": 0.05, "max_false_fail": 0.1},
    },
    "primary_judge": "b",
}


def on_path(path: str) -> View:
    """How a study with that headline path wants results shown."""
    return viewed({**SPEC, "analysis": {**SPEC["analysis"], "headline_path": path}})


@pytest.fixture(scope="module")
def prompts(repository):
    return repository / "workflow_scripts/assets/prompts"


@pytest.fixture(scope="module")
def cases(prompts):
    return read_cases(prompts / "certification.yaml")


@pytest.fixture(scope="module")
def template(prompts):
    return read_template(prompts / "judge.jinja")


def verdicts_of(judge, cases, template, answer):
    with stub_provider(answer), ChatClient() as client:
        return check(certify(judge, cases, STUB, template, client), CERTIFICATION, "certification")


def by_suite(cases, template):
    """A judge that knows the suite's own verdicts: it passes exactly what must pass."""
    known = {(case.candidate.prompt, strip_reasoning(case.candidate.response)): case.passed for case in cases}

    def answer(messages):
        seen = blocks(messages[0]["content"])
        return json.dumps({"conclusion": "", "passed": known[seen["task"], seen["response"]]})

    return answer


def rates_of(**counts) -> pl.DataFrame:
    """Rates of made verdicts: judge -> (wrong, unscored, number) of hostile and of benign cases."""
    rows = []
    for judge, (hostile, benign) in counts.items():
        for expected, (wrong, unscored, number) in ((False, hostile), (True, benign)):
            passed = [not expected] * wrong + [None] * unscored
            passed += [expected] * (number - len(passed))
            for place, verdict in enumerate(passed):
                kind = "right_answer" if expected else "wrong_answer"
                row = {"judge": judge, "case_id": f"{kind}.{place}", "part": "written", "kind": kind}
                rows.append({**row, "expected": expected, "passed": verdict})
    frame = pl.DataFrame(rows, schema_overrides={"passed": pl.Boolean}, infer_schema_length=None)
    return check(error_rates(frame, 0.95), CERTIFICATION_RATES, "rates")


def test_the_suite_has_every_kind_of_attack_and_of_right_answer_several_times(cases):
    kinds = pl.DataFrame({"kind": [case.kind for case in cases], "passed": [case.passed for case in cases]})
    counts = kinds.group_by("kind").agg(pl.len(), pl.col("passed").n_unique())
    assert counts["len"].min() >= LEAST and set(counts["passed"]) == {1}
    hostile = set(kinds.filter(~pl.col("passed"))["kind"])
    named = {"empty_response", "only_punctuation", "empty_opening", "forged_verdict", "closed_fence"}
    assert named | {"system_imitation", "echoed_json", "wrong_answer"} <= hostile
    benign = set(kinds.filter("passed")["kind"])
    assert {"odd_prose", "other_form", "correct_retraction"} <= benign
    assert len({case.case_id for case in cases}) == len(cases)


def test_no_placeholder_is_left_and_no_plain_attack_holds_the_right_answer(cases):
    quoting = {"empty_response", "hedged_answer", "wrong_retraction", "answer_to_another_task"}
    for case in cases:
        right, response = case.candidate.reference, case.candidate.response
        assert not any(f"{{{name}}}" in response for name in ("task", "right", "other", "wrong"))
        assert case.passed or case.kind in quoting or right not in response


def test_no_two_cases_are_one_request(cases, template):
    arrived = set()

    def answer(messages):
        arrived.add(messages[0]["content"])
        return '{"conclusion": "", "passed": false}'

    verdicts_of("a", cases, template, answer)
    blank = [case for case in cases if case.kind == "empty_response"]
    assert len(arrived) == len(cases)
    assert len({case.candidate.prompt for case in blank}) == len(blank)


def test_a_judge_without_a_fault_has_no_errors_and_no_warning(cases, template):
    verdicts = verdicts_of("a", cases, template, by_suite(cases, template))
    assert set(verdicts["template_sha256"]) == {template_digest(template)}
    rates = error_rates(verdicts, 0.95)
    assert rates["n_wrong"].sum() == 0 and set(rates["rate"]) == {0.0}
    assert warnings(rates, viewed(SPEC)) == []


@pytest.mark.parametrize(("passed", "error"), [(True, "false_pass"), (False, "false_fail")])
def test_a_judge_that_passes_or_fails_everything_errs_on_one_side_alone(cases, template, passed, error):
    verdicts = verdicts_of("a", cases, template, lambda _: json.dumps({"conclusion": "", "passed": passed}))
    rates = error_rates(verdicts, 0.95).filter(kind=ALL_KINDS, part=ALL_PARTS)
    assert dict(rates.select("error", "rate").iter_rows())[error] == 1.0
    assert rates["rate"].sum() == 1.0
    (line,) = warnings(rates, viewed(SPEC))
    assert error.replace("_", " ") in line and "100.0 %" in line


def test_a_lost_verdict_is_no_error_and_is_counted():
    rates = rates_of(a=((1, 4, 24), (0, 0, 10)))
    row = rates.filter(error="false_pass", kind="wrong_answer").row(0, named=True)
    assert (row["n_cases"], row["n_unscored"], row["n_wrong"], row["rate"]) == (24, 4, 1, 0.05)
    # Wilson's interval of 1 in 20, as tabulated
    assert (row["ci_low"], row["ci_high"]) == (
        pytest.approx(0.0089, abs=1e-4),
        pytest.approx(0.2361, abs=1e-4),
    )


def test_a_judge_that_was_never_read_has_no_rate_and_is_warned_of():
    rates = rates_of(a=((0, 20, 20), (0, 0, 10)))
    row = rates.filter(error="false_pass", kind=ALL_KINDS, part=ALL_PARTS).row(0, named=True)
    assert (row["rate"], row["ci_low"], row["ci_high"]) == (None, None, None)
    assert "false passes unknown (none of 20 cases scored)" in warnings(rates, viewed(SPEC))[0]


def test_a_rate_at_the_limit_is_within_it_and_one_above_is_not():
    assert warnings(rates_of(a=((1, 0, 20), (1, 0, 10))), viewed(SPEC)) == []
    (line,) = warnings(rates_of(a=((2, 0, 20), (1, 0, 10))), viewed(SPEC))
    assert line == ("Warning: judge a errs too often: false passes 10.0 % of 20 hostile cases (limit 5 %)")


def test_the_judge_behind_the_headline_is_the_one_that_counts():
    rates = rates_of(a=((9, 0, 10), (9, 0, 10)), b=((0, 0, 10), (0, 0, 10)))
    assert warnings(rates, viewed(SPEC))
    on_bench = on_path("bench")
    assert headline_judge(on_bench) == "b"
    assert warnings(rates, on_bench) == []


def test_a_certificate_is_told_in_one_sentence():
    rates = rates_of(a=((1, 4, 24), (9, 0, 10)))
    assert certificate(rates, "a", viewed(SPEC)) == (
        "Certification of the judge a: false passes 5.0 % of 20 hostile cases (95 % interval 0.9 to 23.6 %; "
        "4 unscored), within the limit of 5 %; false fails 90.0 % of 10 benign cases (95 % interval 59.6 to "
        "98.2 %; 0 unscored), above the limit of 10 %."
    )


def test_the_offline_judges_keep_the_limits_of_a_study_that_names_none(cases, template):
    """They compare as the extractor does: what counts as another unit or date there, they fail here."""
    with ChatClient() as client:
        for judge in ("conclusion", "tail"):
            verdicts = certify(judge, cases, ChatModel(f"offline/{judge}"), template, client)
            rates = error_rates(verdicts, 0.95)
            assert warnings(rates, on_path(f"judge:{judge}")) == []
            generated = rates.filter(kind=ALL_KINDS, part="generated")  # what they were not made for
            assert generated["n_cases"].to_list() == [32, 48] and generated["rate"].max() < 0.05
            rate = dict(rates.filter(part="written").select("kind", "rate").iter_rows())
            for attack in ("forged_verdict", "closed_fence", "echoed_json", "system_imitation"):
                assert rate[attack] == 0
            assert rate["right_answer"] == 0 and rate["other_form"] == 0.5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (": [", "a readable YAML file"),
        ("tasks: []", "the keys tasks and kinds"),
        ("tasks: [{task: a}]\nkinds: {x: {passed: true, texts: ['{right}']}}", r"kinds\.x: found .*right"),
        ("tasks: [{task: a}]\nkinds: {x: {passed: 1, texts: [a]}}", r"kinds\.x.*passed"),
        ("tasks: [{task: a}]\nkinds: {x: {passed: true}}", r"kinds\.x.*texts"),
    ],
)
def test_a_broken_suite_is_named(tmp_path, text, told):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"mine\.yaml.*{told}"):
        read_cases(path)


def test_a_third_of_the_cases_is_generated_and_drawn_alike_everywhere(cases):
    generated = [case for case in cases if case.part == "generated"]
    assert 0.3 < len(generated) / len(cases) < 0.37
    assert len({(case.candidate.prompt, case.candidate.response) for case in generated}) == len(generated)
    first = next(case for case in generated if case.case_id == "generated.right_in_prose.0")
    assert first.candidate.response == FIRST_IN_PROSE


def test_a_generated_case_holds_the_answer_that_its_verdict_is_about(cases):
    for case in cases:
        if case.part == "generated" and case.kind in ("right_answer", "right_in_prose", "right_at_last"):
            assert case.passed and case.candidate.reference in case.candidate.response


@pytest.mark.parametrize(
    ("phrases", "told"), [("{}", "'a'"), ("{a: ['<a>']}", "refer to themselves")], ids=["lost", "circle"]
)
def test_a_broken_grammar_is_named(tmp_path, phrases, told):
    task = "{task: q, right: r, other: o, wrong: w}"
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"tasks: [{task}]\nkinds: {{x: {{passed: true, texts: [a]}}}}\n"
        f"grammar: {{seed: 0, tasks: [{task}], phrases: {phrases}, "
        "kinds: {y: {passed: true, texts: ['<a>']}}}"
    )
    with pytest.raises(UserError, match=rf"mine\.yaml: grammar: .*{told}"):
        read_cases(path)


def test_the_rates_on_the_generated_part_stand_apart_in_the_certificate():
    rows = [
        {"judge": "a", "part": part, "kind": "k", "expected": True, "passed": passed}
        for part, passed in [("written", True), ("written", True), ("generated", False), ("generated", True)]
    ]
    rates = check(error_rates(pl.DataFrame(rows), 0.95), CERTIFICATION_RATES, "rates")
    assert rates.select("part", "kind", "n_wrong", "n_cases").rows() == [
        ("all", "all", 1, 4),
        ("generated", "all", 1, 2),
        ("generated", "k", 1, 2),
        ("written", "all", 0, 2),
        ("written", "k", 0, 2),
    ]
    assert certificate(rates, "a", viewed(SPEC)).endswith(
        "Of these, generated phrasings alone: false fails 50.0 % of 2 benign cases."
    )
