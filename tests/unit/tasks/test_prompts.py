"""Prompts: one form of user message, and conditions that are what their names say, in every process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter

import polars as pl
import pytest
from made_specs import pack_of

from skillift.contracts.pipeline import CONDITIONS
from skillift.errors import UserError
from skillift.taskpack import build_pack
from skillift.tasks.conditions import condition_steps, token_length
from skillift.tasks.prompts import messages_for, read_task_template, render_user_message


def pack(difficulty: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    return build_pack(pack_of(difficulty=difficulty, per_skill={"train": 1, "holdout": 2}))


@pytest.fixture(scope="module")
def tiny():
    return pack("tiny")


def skills_table(**procedures: list[str]) -> pl.DataFrame:
    rows = [
        {"skill_id": name, "name": name, "domain": "own", "steps": steps}
        for name, steps in procedures.items()
    ]
    return pl.DataFrame(rows)


PLAIN = ["take it", "turn it", "fold it", "cut it", "write it"]
LABELLED = [f"Step {place}: {text}" for place, text in enumerate(PLAIN, 1)]


def test_a_message_is_the_steps_and_then_the_prompt():
    assert render_user_message("Do it: 3", ["Step 1: a.", "Step 2: b."]) == "Step 1: a.\nStep 2: b.\nDo it: 3"


def test_without_steps_a_message_is_the_prompt_alone():
    assert render_user_message("Do it: 3") == render_user_message("Do it: 3", None) == "Do it: 3"


@pytest.mark.parametrize(
    "prompt", ["is 1 < 2 & 3 > 2?", "{{ steps }} {% raw %}", "two\nlines\n", "'q' \"q\"", " é "]
)
def test_a_prompt_stands_in_the_message_as_it_is(prompt):
    assert render_user_message(prompt, ["one <b>"]) == f"one <b>\n{prompt}"


def test_a_template_of_ones_own_is_used():
    assert render_user_message("p", ["a", "b"], "{{ steps | join('; ') }} -> {{ prompt }}") == "a; b -> p"


@pytest.mark.parametrize(
    "template",
    [
        "{{ promt }}",  # codespell:ignore promt
        "{% for %}",
        "{{ prompt | nofilter }}",
    ],
)
def test_a_template_with_a_mistake_is_named(template):
    with pytest.raises(UserError, match="task template"):
        render_user_message("p", None, template)


def test_none_has_no_steps_and_curated_the_skills_own(tiny):
    skills, _ = tiny
    for skill_id, steps in skills.select("skill_id", "steps").iter_rows():
        assert condition_steps(skills, skill_id, "none", 0) is None
        assert condition_steps(skills, skill_id, "curated", 0) == steps


@pytest.mark.parametrize("difficulty", ["tiny", "standard"])
def test_a_placebo_is_another_procedure_of_equal_length(difficulty):
    skills, _ = pack(difficulty)
    for skill_id, own in skills.select("skill_id", "steps").iter_rows():
        placebo = condition_steps(skills, skill_id, "placebo", 0)
        assert placebo != own
        assert abs(token_length(placebo) - token_length(own)) <= 1


def test_of_equally_long_placebos_the_least_related_is_taken():
    skills = skills_table(
        own=LABELLED,
        near=[*LABELLED[:4], "Step 5: keep it"],
        far=[f"Step {place}: leave it" for place in range(1, 6)],
        longer=[f"{step} and go on with it" for step in LABELLED],
    )
    assert condition_steps(skills, "own", "placebo", 0)[0] == "Step 1: leave it"


def test_a_skill_with_the_same_procedure_is_no_placebo():
    skills = skills_table(own=LABELLED, twin=LABELLED, other=[f"{step} with great care" for step in LABELLED])
    assert "with great care" in condition_steps(skills, "own", "placebo", 0)[0]
    with pytest.raises(UserError, match="condition placebo, skill own"):
        condition_steps(skills_table(own=LABELLED, twin=LABELLED), "own", "placebo", 0)


@pytest.mark.parametrize("difficulty", ["tiny", "standard"])
@pytest.mark.parametrize("seed", [0, 1])
def test_shuffled_moves_every_text_and_keeps_the_labels_in_order(difficulty, seed):
    skills, _ = pack(difficulty)
    for skill_id, own in skills.select("skill_id", "steps").iter_rows():
        shuffled = condition_steps(skills, skill_id, "shuffled", seed)
        assert [step[:8] for step in shuffled] == [f"Step {place}: " for place in range(1, 6)]
        own_texts, texts = [step[8:] for step in own], [step[8:] for step in shuffled]
        assert Counter(texts) == Counter(own_texts)
        assert all(old != new for old, new in zip(own_texts, texts, strict=True))
        inner = own_texts[1:-1]
        assert [text for text in texts if text in inner] != inner


def test_steps_without_labels_are_shuffled_whole():
    shuffled = condition_steps(skills_table(own=PLAIN), "own", "shuffled", 0)
    assert sorted(shuffled) == sorted(PLAIN)
    assert all(old != new for old, new in zip(PLAIN, shuffled, strict=True))


def test_steps_that_repeat_still_come_in_a_wrong_order():
    steps = ["Step 1: x", "Step 2: x", "Step 3: x", "Step 4: x", "Step 5: y"]
    assert condition_steps(skills_table(own=steps), "own", "shuffled", 0) != steps
    with pytest.raises(UserError, match="at least two different steps"):
        condition_steps(skills_table(own=["same"] * 5), "own", "shuffled", 0)


DOCUMENT = ["# Ledger\n\nRead it.\n", "## 1. Sort\n\nSort it.\n", "More.\n", "## 2. Write\n\nWrite it.\n"]


def test_paragraphs_come_in_a_wrong_order_and_their_numbers_in_the_right_one():
    shuffled = condition_steps(skills_table(own=DOCUMENT), "own", "shuffled", 0)
    texts = [step.replace("1.", "n.").replace("2.", "n.") for step in shuffled]
    assert sorted(texts) == sorted(step.replace("1.", "n.").replace("2.", "n.") for step in DOCUMENT)
    assert texts != [step.replace("1.", "n.").replace("2.", "n.") for step in DOCUMENT]
    headings = [step.split(" ")[1] for step in shuffled if step.startswith("## ")]
    assert headings == ["1.", "2."]


@pytest.mark.parametrize("length", [2, 3, 4, 7, 8, 12, 61])
def test_a_procedure_of_any_length_has_a_wrong_order_in_which_everything_moves(length):
    steps = [f"Step {place}: do {place}" for place in range(1, length + 1)]
    shuffled = condition_steps(skills_table(own=steps), "own", "shuffled", 0)
    assert [step.split(": ")[0] for step in shuffled] == [step.split(": ")[0] for step in steps]
    texts, own = [[step.split(": ")[1] for step in each] for each in (shuffled, steps)]
    assert sorted(texts) == sorted(own)
    assert all(old != new for old, new in zip(own, texts, strict=True))


def test_steps_do_not_show_the_right_order_in_labels_of_another_form():
    for form in ("Schritt {}: {}", "**Step {}:** {}", "{}) {}", "Step {}: Phase {}: "):
        steps = [form.format(place, f"do {'abcde'[place - 1]}") for place in range(1, 6)]
        shuffled = condition_steps(skills_table(own=steps), "own", "shuffled", 0)
        labels = [step[: step.index("do")] for step in shuffled]
        assert labels == [step[: step.index("do")] for step in steps]
        assert shuffled != steps


def test_a_procedure_of_one_paragraph_cannot_be_shuffled_and_the_skill_is_named():
    with pytest.raises(
        UserError, match="condition shuffled, skill own: found 'a procedure of one paragraph'"
    ):
        condition_steps(skills_table(own=["Read it.\n"]), "own", "shuffled", 0)


WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
FORMS = {
    "a longer text": (["Read it.\n", "Then write.\n"], {"far": [" ".join(WORDS * 9) + "\n"] * 3}),
    "shorter texts": (
        [" ".join(WORDS * 4) + "\n"],
        {"one": [" ".join(WORDS)], "two": [" ".join(WORDS[::-1] * 5)]},
    ),
    "steps for a text": ([" ".join(WORDS * 2) + "\n"], {"one": LABELLED, "two": [*LABELLED, "Step 6: Go."]}),
}


@pytest.mark.parametrize(("own", "others"), FORMS.values(), ids=FORMS)
def test_a_placebo_is_as_long_as_the_procedure_whatever_the_form_of_both(own, others):
    placebo = condition_steps(skills_table(own=own, **others), "own", "placebo", 0)
    assert abs(token_length(placebo) - token_length(own)) <= 1
    assert placebo != own


def test_steps_of_two_placebos_count_through():
    own = [f"Step {place}: one two three four" for place in range(1, 11)]
    placebo = condition_steps(
        skills_table(own=own, a=LABELLED, b=[*LABELLED, "Step 6: g"]), "own", "placebo", 0
    )
    assert [step.split(":")[0] for step in placebo] == [
        f"Step {place}" for place in range(1, len(placebo) + 1)
    ]
    assert len(placebo) > 6


PROMPTS_OF_THE_PACK = {"tiny": "5ba5b441fbc52513", "standard": "6fde6046ec283a56"}


@pytest.mark.parametrize(("difficulty", "digest"), PROMPTS_OF_THE_PACK.items())
def test_the_prompts_of_the_pack_stay_byte_for_byte(difficulty, digest):
    skills, tasks = pack(difficulty)
    conditions = ("none", "curated", "placebo", "shuffled")
    contents = messages_for(tasks, skills, conditions, 0)["content"]
    assert hashlib.sha256("\0".join(contents).encode()).hexdigest()[:16] == digest


def test_the_seed_chooses_among_orders_and_placebos(tiny):
    skills, _ = tiny
    for condition in ("placebo", "shuffled"):
        chosen = {tuple(condition_steps(skills, skills["skill_id"][0], condition, seed)) for seed in range(8)}
        assert len(chosen) > 1


def test_an_unknown_skill_or_condition_is_an_error(tiny):
    skills, _ = tiny
    with pytest.raises(UserError, match="found 'nowhere'"):
        condition_steps(skills, "nowhere", "curated", 0)
    with pytest.raises(UserError, match="condition: found 'curatd'"):
        condition_steps(skills, skills["skill_id"][0], "curatd", 0)


def test_messages_stand_once_for_each_task_and_condition_sorted(tiny):
    skills, tasks = tiny
    messages = messages_for(tasks.reverse(), skills.reverse(), CONDITIONS, 0)
    assert messages.columns == ["task_id", "condition", "content"]
    assert messages.height == tasks.height * len(CONDITIONS)
    assert messages.equals(messages.sort("task_id", "condition"))
    assert messages.equals(messages_for(tasks, skills, CONDITIONS, 0))
    task_id, skill_id, prompt = tasks.select("task_id", "skill_id", "prompt").row(0)
    rows = dict(messages.filter(task_id=task_id).select("condition", "content").iter_rows())
    assert rows["none"] == prompt
    assert rows["curated"] == "\n".join([*condition_steps(skills, skill_id, "curated", 0), prompt])
    assert len(set(rows.values())) == len(CONDITIONS)


def test_messages_are_the_same_in_every_process(tiny):
    skills, tasks = tiny
    code = (
        "from skillift.tasks.prompts import messages_for; from skillift.taskpack import build_pack;"
        "from skillift.settings.tasks import TaskPack;"
        "pack = TaskPack(difficulty='tiny', per_skill={'train': 1, 'holdout': 2});"
        "skills, tasks = build_pack(pack);"
        "print('|'.join(messages_for(tasks, skills, ['placebo', 'shuffled', 'filler'], 0)['content']))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, env=environment, text=True
    )
    assert done.stdout.strip() == "|".join(
        messages_for(tasks, skills, ["placebo", "shuffled", "filler"], 0)["content"]
    )


def test_a_task_template_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UserError, match=r"t\.jinja: found 'No such file.* a readable Jinja template"):
        read_task_template(tmp_path / "t.jinja")
