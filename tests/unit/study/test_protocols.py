"""What a study may say of protocols, what it must not, and what its steps are told of them."""

from __future__ import annotations

import pytest
from study_files import EMBEDDED

from skillift.costs.estimate import study_costs
from skillift.episodes.study_tasks import tasks_of
from skillift.errors import UserError
from skillift.settings.specs import JudgeSpec
from skillift.study.design import declared_design
from skillift.study.study import load_study
from skillift.trial.derivation import write_trial
from skillift.trial.work import Size

SAMPLING = "sampling: {temperature: 0.8, samples: 8, conditions: [none, curated], judges: []"
SHORT = "  seed: 0\n\nanalysis:"
PRICE = "price: {input_per_million: 1.0, output_per_million: 2.0}"
API = f"references:\n  big: {{tier: 9, source: api, model: openai/big, {PRICE}@}}"


def text(*protocols: str) -> str:
    declared = "".join(f"    {line}\n" for line in protocols)
    made = EMBEDDED.replace(SHORT, f"  seed: 0\n  protocols:\n{declared}\nanalysis:")
    assert made != EMBEDDED
    return made


BOTH = text("main: {}", SAMPLING + "}")


def test_the_short_form_is_the_protocol_main_and_gives_the_specs_of_today(study_file):
    study, declared = load_study(study_file(EMBEDDED)), load_study(study_file(text("main: {}")))
    assert [*study.protocols] == ["main"] and not study.has_protocols
    assert declared.protocols == study.protocols
    for run in study.runs:
        short = study.episodes_spec(run.student, run.run).model_dump()
        long = declared.episodes_spec(run.student, run.run).model_dump()
        assert "protocols" not in short
        assert {name: value for name, value in long.items() if name != "protocols"} == short
    assert "protocols" not in study.scores_spec().model_dump()
    assert "protocols" not in declared_design(study)


def test_what_a_protocol_does_not_say_is_as_inference_says_it(study_file):
    study = load_study(study_file(BOTH))
    main, sampling = study.protocols["main"], study.protocols["sampling"]
    assert main["conditions"] == study.conditions and main["judges"] == study.judges
    assert (main["samples"], main["temperature"]) == (1, 0.0)
    expected = {"samples": 8, "temperature": 0.8, "conditions": ["none", "curated"], "judges": []}
    assert sampling == {**main, **expected}
    run = study.trained_runs[0]
    spec = study.episodes_spec(run.student, run.run)
    assert [protocol.name for protocol in spec.protocols] == ["main", "sampling"]
    assert spec.protocols[1].checkpoints == spec.checkpoints
    assert declared_design(study)["protocols"] == study.protocols


def test_what_main_says_is_what_inference_says(study_file):
    made = text("main: {temperature: 0.0}", "hot: {samples: 4}").replace(
        "temperature: 0.0\n  top_p", "temperature: 0.8\n  top_p"
    )
    study = load_study(study_file(made))
    assert study.data["inference"]["temperature"] == 0.0
    assert study.protocols["hot"]["temperature"] == 0.8


def test_a_protocol_may_be_asked_at_some_checkpoints(study_file):
    made = text("main: {checkpoints: final}", "depth: {conditions: [none], samples: 1}").replace(
        "checkpoints: [final]", "checkpoints: [8, final]"
    )
    study = load_study(study_file(made))
    run = next(run for run in study.trained_runs if len(study.checkpoints_of(run)) == 2)
    main, depth = study.episodes_spec(run.student, run.run).protocols
    assert (main.checkpoints, depth.checkpoints) == (["final"], [8, "final"])
    assert study.answered_by(run, "main") == 1 and study.answered_by(run, "depth") == 2


def test_judges_judge_their_protocols_and_certification_knows_none(study_file):
    study = load_study(study_file(BOTH))
    name = study.judges[0]
    assert study.verdicts_spec(name).protocols == ["main"]
    assert study.judge_spec(name) == JudgeSpec(name=name, judge=study.data["judges"][name])
    assert study.scores_spec().protocols == {"main": study.judges, "sampling": []}
    judged = load_study(study_file(text("main: {}", "hot: {temperature: 0.8, samples: 2}")))
    assert judged.verdicts_spec(name) == judged.judge_spec(name)


def test_verdicts_are_estimated_for_the_protocols_that_are_judged(study_file):
    def verdicts(declared: str) -> dict[str, int]:
        study = load_study(study_file(declared))
        costs = study_costs(study, *tasks_of(study))
        return {cost.stage: cost.calls for cost in costs if cost.stage.startswith("verdicts")}

    plain = verdicts(EMBEDDED)
    assert verdicts(BOTH) == plain
    primary, *others = plain
    one = primary.removeprefix("verdicts: ")
    some = verdicts(text("main: {}", SAMPLING.replace("judges: []", f"judges: [{one}]") + "}"))
    n_conditions = 5
    assert some == plain | {primary: plain[primary] + plain[primary] * 2 * 8 // n_conditions}
    assert others


def test_work_is_that_of_all_protocols(study_file):
    plain, both = (Size.of(load_study(study_file(declared))) for declared in (EMBEDDED, BOTH))
    run = {"student": "s", "run": "base"}
    assert both.work("generate", run) == plain.work("generate", run) * (5 + 16) / 5
    judged = {**run, "judge": both.study.judges[0]}
    assert both.work("judge", judged) == plain.work("judge", judged)


def test_answers_after_interventions_are_work_of_those_who_answer_alone(study_file):
    plain, again = (
        Size.of(load_study(study_file(made)))
        for made in (EMBEDDED, EMBEDDED.replace(SHORT, "  seed: 0\n  interventions: {}\n\nanalysis:"))
    )
    run = {"student": "s", "run": "base"}
    # of five conditions one is asked again, 15 times with the defaults
    assert again.work("generate", run) == plain.work("generate", run) * (5 + 15) / 5
    judged = {**run, "judge": again.study.judges[0]}
    assert again.work("judge", judged) == plain.work("judge", judged)
    assert again.all_episodes == plain.all_episodes


def test_a_trial_takes_few_samples_under_each_protocol(study_file, tmp_path):
    trial = load_study(write_trial(load_study(study_file(BOTH)), 4, tmp_path))
    assert trial.protocols["sampling"]["samples"] == 2 and trial.protocols["main"]["samples"] == 1


def test_a_reference_behind_an_api_is_asked_what_it_can_answer(study_file):
    made = BOTH.replace("references: {}", API.replace("@", ""))
    spec = load_study(study_file(made)).reference_spec("big")
    assert [(each.name, each.samples, each.reference.temperature) for each in spec.protocols] == [
        ("main", 1, 0.0),
        ("sampling", 8, 0.8),
    ]
    left_out = made.replace("judges: []", "judges: [], references: []")
    assert [each.name for each in load_study(study_file(left_out)).reference_spec("big").protocols] == [
        "main"
    ]


BAD = {
    "no main": (["other: {}"], "inference.protocols: found no protocol main"),
    "greedy samples": (
        ["main: {}", "many: {samples: 4}"],
        "protocols.many.samples: found 4, expected 1 sample at temperature 0",
    ),
    "two that are the same": (
        ["main: {}", "again: {seed: 7, judges: []}"],
        "protocols.again: found the protocol main under another name",
    ),
    "an unknown judge": (
        ["main: {}", "hot: {temperature: 0.5, judges: [tial]}"],
        "protocols.hot.judges[0]: found 'tial', expected a key of `judges`",
    ),
    "a condition that the study does not have": (
        ["main: {}", "hot: {temperature: 0.5, conditions: [none, curatd]}"],
        "found 'curatd'",
    ),
    "a suite that main does not ask": (
        ["main: {}", "hot: {temperature: 0.5, suites: [dev]}"],
        "protocols.hot.suites[0]: found 'dev', expected a suite that main asks (the word holdout)",
    ),
    "main without a condition": (
        ["main: {conditions: [none, curated]}"],
        "protocols.main.conditions: found ['none', 'curated'], expected all conditions of the study",
    ),
    "main without a judge": (["main: {judges: []}"], "expected all judges of the study"),
    "a step that a recipe does not have": (
        ["main: {}", "early: {temperature: 0.5, checkpoints: [3]}"],
        "protocols.early.checkpoints: found [3], expected a checkpoint of the recipe sft",
    ),
    "no room for the prompt": (
        ["main: {}", "long: {max_tokens: 256}"],
        "protocols.long.max_tokens: found 256, expected fewer than inference.max_model_len (256)",
    ),
    "an unknown key": (
        ["main: {}", "hot: {temprature: 0.5}"],  # codespell:ignore temprature
        "Did you mean 'temperature'?",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_combination_ends_before_the_first_job(name, study_file):
    protocols, said = BAD[name]
    with pytest.raises(UserError) as caught:
        load_study(study_file(text(*protocols)))
    assert said in str(caught.value)


def test_a_reference_whose_sampling_is_pinned_cannot_answer_another_protocol(study_file):
    made = BOTH.replace("references: {}", API.replace("@", ", temperature: 0.0"))
    with pytest.raises(
        UserError, match=r"sampling.references\[0\]: found big, whose entry has temperature: 0.0"
    ):
        load_study(study_file(made))


@pytest.mark.parametrize(
    ("budgets", "protocols", "said"),
    [
        (
            "[1, 16]",
            SAMPLING + "}",
            "sampling_budgets[1]: found 16, expected at most the samples of a protocol (8)",
        ),
        ("[2]", "other: {max_tokens: 24}", "sampling_budgets[0]: found 2, expected a protocol with samples"),
        ("[3]", SAMPLING + "}", "sampling_budgets[0]: found 3, expected one of 1, 2, 4, 8, 16, 32, 64"),
        ("[2]", "hot: {temperature: 0.8, samples: 2, conditions: [none]}", "found no samples under curated"),
    ],
)
def test_a_budget_that_no_protocol_takes_is_refused(budgets, protocols, said, study_file):
    made = text("main: {}", protocols).replace(
        "\nanalysis:\n", f"\nanalysis:\n  sampling_budgets: {budgets}\n"
    )
    with pytest.raises(UserError) as caught:
        load_study(study_file(made))
    assert said in str(caught.value)


def test_the_margin_of_a_tie_is_registered_where_budgets_are_asked_about(study_file):
    plain = load_study(study_file(BOTH))
    asked = load_study(study_file(BOTH.replace("\nanalysis:\n", "\nanalysis:\n  sampling_budgets: [1, 8]\n")))
    assert "margins.sampling_budget_tie" not in declared_design(plain)
    assert declared_design(asked)["margins.sampling_budget_tie"] == 0.05
    assert asked.analysis_spec().analysis.sampling_budgets == [1, 8]
