"""A checked study tells its runs and paths, and is cut into specs that hold what each step depends on."""

from __future__ import annotations

import pytest
import yaml
from pydantic import ValidationError
from study_files import EMBEDDED, REPOSITORY, TEACHER
from study_specs import all_specs

from skillift.errors import UserError
from skillift.study.study import Run, load_study


@pytest.fixture
def study():
    return load_study(REPOSITORY / "studies" / "embedded.yaml")


def test_runs_are_base_for_every_model_and_then_the_declared_trainings(study):
    assert study.students == ["s", "m", "l"]
    assert study.runs[:3] == [Run("s", "base"), Run("m", "base"), Run("l", "base")]
    assert Run("s", "answer_only-s0", "answer_only", 0) in study.runs
    assert Run("l", "sft-s1", "sft", 1) in study.runs
    assert len(study.runs) == 3 + 6 + 1
    assert study.corpus_of("answer_only-s0") == "answer_only"
    assert study.corpora == ["answer_only", "worked"]


def test_scoring_paths_are_bench_and_one_for_each_judge(study):
    assert study.paths == ["bench", "judge:conclusion", "judge:tail"]


def test_a_reference_model_is_evaluated_and_never_trained(tmp_path, study_file):
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "config.json").write_text("{}")
    reference = "references: {big: {tier: 9, source: path, path: big}}"
    study = load_study(study_file(EMBEDDED.replace("references: {}", reference)))
    assert study.evaluated == ["s", "m", "l", "big"]
    assert [run for run in study.runs if run.student == "big"] == [Run("big", "base")]
    assert study.students_from("path") == ["big"]
    assert study.model_files("big") == [(tmp_path / "big" / "config.json").as_posix()]
    with pytest.raises(UserError, match="never fine-tuned"):
        load_study(study_file(EMBEDDED.replace("references: {}", reference).replace("[s, m, l]", "[s, big]")))


API_REFERENCE = "references: {big: {tier: 9, source: api, model: a/big, extra_body: {top_k: 1}}}"


def test_a_reference_model_behind_an_api_needs_no_files_and_samples_as_the_students_do(study_file):
    text = EMBEDDED.replace("references: {}", API_REFERENCE)
    study = load_study(study_file(text))
    assert [run for run in study.runs if run.student == "big"] == [Run("big", "base")]
    assert study.students_from("api") == ["big"]
    assert study.reference_spec("big").model_dump() == {
        "name": "big",
        "conditions": ["none", "curated", "placebo", "shuffled", "filler"],
        "prompt_seed": 0,
        "filler": "tiny",
        "suites": ["holdout"],
        "samples": 1,
        "reference": {"model": "a/big", "extra_body": {"top_k": 1}, "temperature": 0.0, "max_tokens": 48},
    }
    own = text.replace("model: a/big,", "model: a/big, max_tokens: 900, temperature: 1,")
    own = own.replace("top_p: 1.0", "top_p: 0.9")
    reference = load_study(study_file(own)).reference_spec("big").reference
    assert (reference.max_tokens, reference.temperature, reference.top_p) == (900, 1.0, 0.9)
    none = own.replace("temperature: 1,", "temperature: null, top_p: null,")
    reference = load_study(study_file(none)).reference_spec("big").reference
    assert (reference.temperature, reference.top_p) == (None, None)  # and none is sent


def test_the_models_behind_an_api_in_the_docs_make_a_study(study_file):
    section = (REPOSITORY / "docs/how-to/api-models.md").read_text(encoding="utf-8")
    shown = yaml.safe_load(section[section.index("```yaml") + 7 : section.index("```\n\n")])
    own = {"analysis": {}, **shown}
    study = load_study(study_file(yaml.safe_dump({**yaml.safe_load(EMBEDDED), **own})))
    assert study.judges == ["claude", "gpt", "local"]
    assert study.students_from("api") == ["haiku"]
    assert study.teacher_template == "teacher.jinja"


def test_a_teachers_spec_holds_what_its_kind_depends_on(study_file):
    teacher = (
        "teacher: {kind: api, model: a/b, attempts: 3, price: {input_per_million: 5, output_per_million: 25}}"
    )
    study = load_study(study_file(EMBEDDED.replace(TEACHER, teacher + "\n\n")))
    spec = study.demonstrations_spec().teacher.model_dump()
    assert {name: spec[name] for name in ("kind", "model", "attempts", "max_tokens")} == {
        "kind": "api",
        "model": "a/b",
        "attempts": 3,
        "max_tokens": 1024,
    }
    assert not {"corrupted_share", "seed", "template"} & set(spec)
    assert study.teacher_template == "teacher.jinja"
    offline = load_study(study_file(EMBEDDED))
    assert set(offline.demonstrations_spec().teacher.model_dump()) == {
        "kind",
        "attempts",
        "corrupted_share",
        "seed",
    }
    assert offline.teacher_template is None


def test_defaults_are_filled_in(study_file):
    text = EMBEDDED
    for line in (
        "    schedule: linear\n",
        "    weight_decay: 0.0\n",
        "    checkpoints: [final]\n",
        "    label: 46 k\n",
    ):
        assert line in text
        text = text.replace(line, "")
    text = text[: text.index("analysis:")]
    filled, whole = load_study(study_file(text)), load_study(study_file(EMBEDDED))
    assert filled.data["recipes"] == whole.data["recipes"]
    undeclared = {name: value for name, value in whole.data["analysis"].items() if name != "trajectory"}
    assert filled.data["analysis"] == undeclared
    assert filled.data["students"]["s"]["label"] == "s"
    assert filled.data["tasks"]["pack"]["skills"] == 40
    assert filled.data["judges"]["tail"]["template"] == "judge.jinja"


def test_own_files_stand_beside_the_study_file(tmp_path, study_file):
    pack = EMBEDDED[EMBEDDED.index("  pack:") : EMBEDDED.index("conditions:")]
    text = EMBEDDED.replace(pack, "  files: {tasks: mine/t.jsonl, skills: mine/s.yaml}\n\n")
    with pytest.raises(UserError, match=r"tasks\.files\.tasks: found 'mine/t.jsonl', expected a file"):
        load_study(study_file(text))
    (tmp_path / "mine").mkdir()
    for name in ("t.jsonl", "s.yaml"):
        (tmp_path / "mine" / name).touch()
    study = load_study(study_file(text))
    assert study.own_files() == {
        "tasks": (tmp_path / "mine" / "t.jsonl").as_posix(),
        "skills": (tmp_path / "mine" / "s.yaml").as_posix(),
    }
    assert study.pretrain_spec("s").pack is None
    assert load_study(study_file(EMBEDDED)).own_files() == {}


def test_a_folder_of_skills_stands_for_its_skill_files(tmp_path, study_file):
    pack = EMBEDDED[EMBEDDED.index("  pack:") : EMBEDDED.index("conditions:")]
    text = EMBEDDED.replace(pack, "  files: {tasks: t.xlsx, skills: skills}\n\n")
    (tmp_path / "skills/greet").mkdir(parents=True)
    (tmp_path / "t.xlsx").touch()
    with pytest.raises(UserError) as caught:
        load_study(study_file(text))
    assert "tasks.files.skills: found skills without skills, expected a folder with <skill>/SKILL.md" in str(
        caught.value
    )
    assert "tasks.files.tasks: found 't.xlsx', expected a file with the ending one of .jsonl" in str(
        caught.value
    )
    (tmp_path / "skills/greet/SKILL.md").touch()
    (tmp_path / "t.CSV").touch()
    study = load_study(study_file(text.replace("t.xlsx", "t.CSV")))
    assert study.own_inputs() == {
        "tasks": [(tmp_path / "t.CSV").as_posix()],
        "skills": [(tmp_path / "skills/greet/SKILL.md").as_posix()],
    }


# Specs ---------------------------------------------------------------------------------------------


SPEC_EDITS = {
    "a recipe's learning rate": (
        ("    learning_rate: 5.0e-3", "    learning_rate: 4.0e-3"),
        {f"train {student} sft-s{seed}" for student in "sml" for seed in (0, 1)},
    ),
    "a label": (("label: 46 k", "label: tiny"), {"figures", "browser"}),
    "a prediction": (("direction: less", "direction: greater"), {"predictions"}),
    "the description": (("What does SFT", "How much does SFT"), set()),
    "the order of students in a run": (("[s, m, l]", "[l, s, m]"), set()),
    "the order of conditions": (("[none, curated, placebo", "[curated, none, placebo"), set()),
    "a number written another way": (("dropout: 0.0", "dropout: 0"), set()),
    "a default left out": (("    weight_decay: 0.0\n", ""), set()),
    "a student's pre-training": (
        ("steps: 1300, learning_rate: 6.0e-3", "steps: 9, learning_rate: 6.0e-3"),
        {"pretrain s"},
    ),
    "the number of judge-scored tasks": (("judge_scored: 33", "judge_scored: 30"), {"tasks holdout"}),
    "a corpus": (("answer_only: {rows: 353", "answer_only: {rows: 350"), {"corpus answer_only"}),
    "the published values": (
        ("\nanalysis:\n", "\nfigures: {published_values: true}\nanalysis:\n"),
        {"figures"},
    ),
    "the headline path": (
        ("headline_path: judge:conclusion", "headline_path: bench"),
        {"figures", "browser", "predictions"},
    ),
    "the effect of interest": (
        ("confidence: 0.95", "confidence: 0.95\n  effect_of_interest: 0.05"),
        set(),
    ),
    "another judge's limit": (
        ("offline/tail, max_tokens: 256", "offline/tail, max_tokens: 99"),
        {"judge tail"},
    ),
    "the primary judge's limit": (
        ("offline/conclusion, max_tokens: 256", "offline/conclusion, max_tokens: 99"),
        {"judge conclusion", "demonstrations"},
    ),
    "the confidence": (
        ("confidence: 0.95", "confidence: 0.9"),
        {"analysis", "figures", "rates", "predictions"},
    ),
    "a margin": (("recipe_tie: 0.02", "recipe_tie: 0.03"), {"analysis", "figures"}),
}


@pytest.mark.parametrize(("replacement", "expected"), SPEC_EDITS.values(), ids=SPEC_EDITS)
def test_an_edit_changes_the_specs_that_depend_on_it_and_no_other(study_file, replacement, expected):
    assert replacement[0] in EMBEDDED
    before = all_specs(load_study(study_file(EMBEDDED)))
    after = all_specs(load_study(study_file(EMBEDDED.replace(*replacement, 1))))
    assert {name for name in before if before[name] != after.get(name)} == expected


def test_the_order_of_sections_and_students_changes_nothing(study_file):
    def reversed_mappings(value):
        if isinstance(value, dict):
            return {name: reversed_mappings(value[name]) for name in reversed(value)}
        return value

    turned = yaml.safe_dump(reversed_mappings(yaml.safe_load(EMBEDDED)), sort_keys=False)
    assert turned.index("analysis:") < turned.index("name:")
    assert all_specs(load_study(study_file(turned))) == all_specs(load_study(study_file(EMBEDDED)))


def test_no_spec_shares_state_with_the_study(study):
    with pytest.raises(ValidationError, match="frozen"):
        study.train_spec("s", "sft-s0").trainable.lora.rank = 1
    with pytest.raises(ValidationError, match="frozen"):
        study.tasks_spec("train").pack.per_skill.train = 0
    study.episodes_spec("s", "base").inference.suites.append("dev")
    study.figures_spec().runs.pop()
    study.figures_spec().analysis.margins["uniform_lift"] = 0.5
    assert all_specs(study) == all_specs(load_study(study.path))


# The schemas and config.yaml -----------------------------------------------------------------------
