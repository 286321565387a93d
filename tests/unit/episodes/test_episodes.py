"""Episodes: every task under every condition at every checkpoint, and prompts that are never cut."""

from __future__ import annotations

import hashlib
from pathlib import Path

import inferences
import polars as pl
import pytest
from chat_templates import chat_template
from tiny_models import THINKING_CHAT_TEMPLATE, write_student

from skillift.answers.reasoning import strip_reasoning
from skillift.contracts.pipeline import EPISODES, SKILLS, TASKS
from skillift.engines.interface import RunOptions
from skillift.episodes.answering import answer, checkpoint_folders, sample_seed
from skillift.episodes.asked import model_length
from skillift.errors import UserError
from skillift.judging.verdicts import Candidate, render_judge_prompt
from skillift.scorers.answer_line import score as score_answer_line
from skillift.settings.specs import AnsweringSpec, EpisodesSpec
from skillift.tables import check

pytestmark = pytest.mark.models

JUDGE_TEMPLATE = "{{ fence }} {{ task }} {{ reference }} {{ response }}"
INFERENCE = inferences.INFERENCE | {"suites": ["dev", "holdout"], "max_tokens": 8, "max_model_len": 256}


def spec(**inference) -> EpisodesSpec:
    return EpisodesSpec(conditions=["none", "curated"], inference={**INFERENCE, **inference})


SKILLS_FRAME = check(
    pl.DataFrame(
        {
            "skill_id": ["a", "b"],
            "name": ["a", "b"],
            "domain": ["x", "x"],
            "steps": [[f"Step {n}: {word} {n}." for n in range(1, 6)] for word in ("Copy", "Turn")],
        }
    ),
    SKILLS,
    "skills",
)
TASKS_FRAME = check(
    pl.DataFrame(
        {
            "task_id": ["a.dev", "a.holdout", "b.holdout", "b.train"],
            "skill_id": ["a", "a", "b", "b"],
            "suite": ["dev", "holdout", "holdout", "train"],
            "prompt": ["What is 1?", "What is 2?", "What is 3?", "What is 4?"],
            "reference": list("1234"),
            "scorer": ["answer_line"] * 4,
            "answer_type": ["number"] * 4,
            "worked_solution": [None] * 4,
        },
        schema_overrides={"worked_solution": pl.String},
    ),
    TASKS,
    "tasks",
)


@pytest.fixture(scope="module")
def student(tmp_path_factory) -> Path:
    return write_student(tmp_path_factory.mktemp("student") / "model")


def episodes(student: Path, settings: EpisodesSpec | None = None, **options) -> pl.DataFrame:
    return answer(
        TASKS_FRAME, SKILLS_FRAME, settings or spec(), {0: student}, RunOptions(), **options
    ).episodes


def test_every_task_of_the_suites_is_answered_under_every_condition(student):
    frame = check(episodes(student), EPISODES, "episodes")
    assert frame.select("step", "suite", "condition", "task_id", "sample").rows() == [
        (0, "dev", "curated", "a.dev", 0),
        (0, "dev", "none", "a.dev", 0),
        (0, "holdout", "curated", "a.holdout", 0),
        (0, "holdout", "curated", "b.holdout", 0),
        (0, "holdout", "none", "a.holdout", 0),
        (0, "holdout", "none", "b.holdout", 0),
    ]
    assert frame["completion_tokens"].max() == 8


def test_how_sure_a_student_was_is_kept_where_the_study_asks_for_it_and_nothing_else_changes(student):
    plain, asked = episodes(student), episodes(student, spec(log_probabilities=True))
    assert "mean_log_probability" not in plain.columns
    assert check(asked, EPISODES, "episodes").drop("mean_log_probability").equals(plain)
    assert asked["mean_log_probability"].null_count() == 0 and asked["mean_log_probability"].max() < 0


def test_the_hash_is_of_the_text_that_the_student_saw(student):
    frame = episodes(student).filter(task_id="a.dev", condition="none")
    seen = "<|im_start|>user\nWhat is 1?<|im_end|><|im_start|>assistant\n"
    assert frame["prompt_sha256"].item() == hashlib.sha256(seen.encode()).hexdigest()
    assert frame["prompt_tokens"].item() == len(seen) - len("<|im_start|><|im_end|><|im_start|>") + 3


def test_the_thinking_mode_is_pinned(tmp_path):
    student = write_student(tmp_path / "model", chat_template=THINKING_CHAT_TEMPLATE)
    on, off = (episodes(student, spec(thinking=thinking))["prompt_tokens"] for thinking in (True, False))
    assert (off - on).unique().to_list() == [len("<think>\n\n</think>\n\n")]


def test_reasoning_that_the_prompt_opens_and_no_answer_closes_is_no_answer(tmp_path):
    student = write_student(tmp_path / "model", chat_template=chat_template("qwen3_5_think"))
    opened, closed = (episodes(student, spec(thinking=thinking))["response"] for thinking in (True, False))
    assert opened.str.starts_with("<think>\n").all() and not closed.str.contains("<think>").any()
    task = {"prompt": "What is 1?", "reference": "1"}
    for response in opened:
        assert strip_reasoning(response) is None
        assert not score_answer_line(f"{response}\nANSWER: 1", "1")
        judged = render_judge_prompt(Candidate(**task, response=f"{response}\nANSWER: 1"), JUDGE_TEMPLATE)
        assert "ANSWER" not in judged and "<think>" not in judged
        assert score_answer_line(f"{response}</think>\nANSWER: 1", "1")


def test_the_given_template_renders_the_prompt(student):
    usual, short = episodes(student), episodes(student, template="{{ prompt }}")
    joined = usual.join(short, on=["suite", "condition", "task_id"])
    same = joined.filter(pl.col("prompt_sha256") == pl.col("prompt_sha256_right"))
    assert same["condition"].unique().to_list() == ["none"]


def test_each_checkpoint_answers_with_its_own_weights(student, tmp_path):
    other = write_student(tmp_path / "other", seed=1)
    frame = answer(TASKS_FRAME, SKILLS_FRAME, spec(), {6: other, 3: student}, RunOptions()).episodes
    early, late = (frame.filter(step=step)["response"].to_list() for step in (3, 6))
    assert early == episodes(student)["response"].to_list()
    assert early != late


@pytest.mark.parametrize("engine", ["transformers", "vllm"])
def test_samples_differ_and_a_repeat_gives_the_same_table(student, engine):
    settings = spec(engine=engine, samples=3, temperature=1.0)
    first = episodes(student, settings)
    assert first.height == 18 and first["sample"].unique().sort().to_list() == [0, 1, 2]
    assert (
        first.group_by("condition", "task_id").agg(pl.col("response").n_unique())["response"].to_list()
        == [3] * 6
    )
    assert first.equals(episodes(student, settings))


def test_the_seed_of_an_answer_depends_on_prompt_and_sample_alone():
    seeds = {
        sample_seed(seed, prompt, sample) for seed in (0, 1) for prompt in ("a", "b") for sample in (0, 1)
    }
    assert len(seeds) == 8
    assert sample_seed(0, "a", 0) == 3493030368  # the same in every process, on every machine


def test_a_prompt_without_room_for_the_answer_is_named_and_not_cut(student):
    with pytest.raises(
        UserError, match=r"task a.dev under the condition curated: found 'a prompt of \d+ tokens'"
    ):
        episodes(student, spec(max_model_len=100))


def test_without_max_model_len_the_longest_prompt_decides(student):
    settings = spec(max_model_len=None)
    assert episodes(student).equals(episodes(student, settings))
    messages = pl.DataFrame({"task_id": ["t1", "t2"], "condition": ["none", "curated"]})
    prompts, inference = [[0] * 20, [0] * 100], AnsweringSpec(max_tokens=8)
    assert model_length(messages, prompts, inference, student) == 128
    assert model_length(messages, prompts, inference, student, longest_probe=130) == 192
    assert model_length(messages, [[0] * 248], inference, student) == 256  # the model's positions


@pytest.mark.parametrize(
    ("longest", "probe", "found"),
    [
        (249, 0, "task t1 under the condition none: found 'a prompt of 249 tokens'"),
        (10, 257, "a demonstration that is scored: found '257 tokens with its prompt'"),
    ],
    ids=["prompt", "demonstration"],
)
def test_a_model_with_too_few_positions_is_told_before_the_engine_starts(student, longest, probe, found):
    messages = pl.DataFrame({"task_id": ["t1"], "condition": ["none"]})
    inference = AnsweringSpec(max_tokens=8)
    with pytest.raises(UserError, match=rf"{found}, expected at most max_position_embeddings 256 of .*model"):
        model_length(messages, [[0] * longest], inference, student, probe)


def test_suites_without_tasks_are_refused(student):
    with pytest.raises(UserError, match="suites transfer: found 'no tasks'"):
        episodes(student, spec(suites=["transfer"]))


def test_checkpoints_are_found_by_step_and_by_final(tmp_path):
    manifest = {"steps": {"2": {}, "6": {}}, "final_step": 6}
    found = checkpoint_folders([2, "final"], tmp_path / "model", tmp_path / "checkpoints", manifest)
    assert found == {2: tmp_path / "checkpoints/step-2", 6: tmp_path / "checkpoints/step-6"}
    assert checkpoint_folders([0], tmp_path / "model", None, None) == {0: tmp_path / "model"}


@pytest.mark.parametrize("manifest", [{"steps": {"2": {}}, "final_step": 2}, None])
def test_a_checkpoint_that_was_not_trained_is_refused(tmp_path, manifest):
    with pytest.raises(UserError, match="checkpoint 4: found 'no such checkpoint'"):
        checkpoint_folders([4], tmp_path / "model", tmp_path / "checkpoints" if manifest else None, manifest)
