"""Tasks from elsewhere: generators whose score is skillift's comparison, and rows in the form of GSM8K."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from skillift.errors import UserError
from skillift.task_imports.agreement import N_ANSWERS, asked_answers, common_type, disagreements
from skillift.task_imports.generators import Generators, instances_of, read_procedures, tasks_from
from skillift.task_imports.word_problems import read_problems
from skillift.tasks.user_tasks import read_own
from tasks import import_tasks


class MadeUp:
    """A generator of sums with a score of its own."""

    def __init__(self, score, references=None) -> None:
        self.score = score
        self.references = references or [str(number - 20) for number in range(250)]

    def ask(self, requests) -> list[dict]:
        return [self.answered(request) for request in requests]

    def answered(self, request) -> dict:
        items = [[f"What is number {place}?", text] for place, text in enumerate(self.references)]
        scores = [self.score(text, self.references[place]) for place, text in request["answers"]]
        return {"known": ["sums"], "settings": ["digits"], "items": items, "scores": scores, "error": ""}


def exact(text: str, reference: str) -> float:
    return float(text == reference)


def test_a_thousand_right_and_altered_answers_are_asked_and_never_the_reference_as_altered():
    references = ["-4", "0", "wind", "b, a", "True"] * 50
    answers = asked_answers(references)
    assert len(answers) == N_ANSWERS == len(asked_answers(references, seed=1))
    right = [text for place, text in answers if text == references[place]]
    assert 240 <= len(right) <= 300, "about one of four is right"
    assert "00" not in {text for place, text in answers if references[place] == "0"}, "the same number"


def test_a_generator_whose_score_is_the_comparison_is_taken_with_the_type_of_its_answers():
    (found,), refused = instances_of(MadeUp(exact), {"sums": {"digits": 1}}, 0, 10)
    assert not refused
    assert found.answer_type == "number" and len(found.items) == 10


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (lambda text, reference: 1.0, "another answer"),  # takes whatever comes
        (lambda text, reference: float(text.lstrip("-") == reference.lstrip("-")), "another answer"),
        (lambda text, reference: 0.99 * exact(text, reference), "the same"),
    ],
)
def test_a_generator_with_rules_of_its_own_is_refused_by_name_with_an_example(score, said):
    taken, (line,) = instances_of(MadeUp(score), {"sums": {}}, 0, 10)
    assert not taken
    assert re.search(rf"generator sums: .*of {N_ANSWERS} answers.*{said}", line)


def test_partial_credit_is_no_pass():
    """As many generators give it: the answer is in the text, among others."""

    def partial(text, reference):
        return 1.0 if text == reference else 0.5 if reference in text else 0.0

    references = ["wind", "rain", "snow"]
    answers = asked_answers(references, number=60)
    scores = [partial(text, references[place]) for place, text in answers]
    assert not disagreements(references, answers, scores, "text")


def test_unknown_generators_settings_and_too_few_instances_are_told(tmp_path):
    for wanted, needed, said in (
        ({"products": {}}, 10, "generators of reasoning-gym"),
        ({"sums": {"letters": 1}}, 10, "'letters'"),
        ({"sums": {}}, 251, "250 different instances"),
    ):
        taken, (line,) = instances_of(MadeUp(exact), wanted, 0, needed)
        assert not taken and said in line
    with pytest.raises(UserError, match="make generators"):
        Generators(tmp_path / "python")
    with pytest.raises(UserError, match="generators with a procedure"):
        import_tasks.main(["--from", "reasoning-gym", "--generators", "rubiks_cube", "--out", str(tmp_path)])


def test_answers_of_several_types_are_compared_as_texts():
    assert common_type(["3", "4"]) == "number" and common_type(["12", "wind"]) == "text"


def test_instances_are_tasks_of_one_suite_each():
    (found,), _ = instances_of(MadeUp(exact), {"sums": {}}, 0, 9)
    tasks = tasks_from(found, {"train": 4, "dev": 0, "holdout": 5})
    assert [task["suite"] for task in tasks] == ["train"] * 4 + ["holdout"] * 5
    assert len({task["prompt"] for task in tasks}) == 9


def test_at_least_twelve_generators_have_a_procedure_and_easy_settings():
    procedures = read_procedures()
    assert len(procedures) >= 12
    for entry in procedures.values():
        assert set(entry) == {"name", "domain", "steps", "easy"} and len(entry["steps"]) >= 3
        assert "ANSWER line" in entry["steps"][-1]


ROWS = (
    {"question": "Natalia sold 48 clips.", "answer": "She sold 48/2 = <<48/2=24>>24.\nSo 72.\n#### 72"},
    {"question": "How much?", "answer": "Half is 5 #### of ten.\n#### 1,005"},
    {"question": "And now?", "answer": "#### 7"},
)


def write(path: Path, rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_gsm8k_rows_become_tasks_with_their_work_as_worked_solution(tmp_path, capsys):
    file = write(tmp_path / "rows.jsonl", ROWS)
    count = ["--per-skill", "train=2", "holdout=1"]
    import_tasks.main(["--from", "jsonl", "--file", str(file), *count, "--out", str(tmp_path / "my")])
    skills, tasks = read_own(tmp_path / "my/tasks.jsonl", tmp_path / "my/skills.yaml")
    found = {row["task_id"]: row for row in tasks.to_dicts()}
    first = found["word-problem.train.0"]
    assert first["worked_solution"] == "She sold 48/2 = 24.\nSo 72.\nANSWER: 72"
    assert found["word-problem.train.1"]["reference"] == "1,005"
    assert set(tasks["answer_type"]) == {"number"} and tasks["suite"].to_list().count("holdout") == 1
    assert skills.height == 1 and "(3 tasks)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"question": "What?", "answer": "It is 4."}, r"answer: .*ends in ####"),
        ({"question": "What?", "answer": "It is 4. ####  "}, r"answer: .*ends in ####"),
        ({"problem": "What?", "answer": "#### 4"}, r"question: .*--question-field"),
    ],
)
def test_rows_without_question_marker_or_result_are_named_by_line(tmp_path, row, said):
    file = write(tmp_path / "rows.jsonl", [*ROWS, row])
    with pytest.raises(UserError, match=said) as raised:
        read_problems(file, {"train": 4})
    assert "line 4" in str(raised.value) or ":4" in str(raised.value)
    with pytest.raises(UserError, match="4 rows"):
        read_problems(file, {"train": 9})


@pytest.mark.nightly
def test_reasoning_gyms_generators_with_a_procedure_are_taken_or_refused_as_the_docs_say(tmp_path, capsys):
    """Needs `make generators`, as the nightly tests do."""
    import_tasks.main(["--from", "reasoning-gym", "--leave-out-refused", "--out", str(tmp_path)])
    skills, tasks = read_own(tmp_path / "tasks.jsonl", tmp_path / "skills.yaml")
    refused = {
        line.split()[3].rstrip(":") for line in capsys.readouterr().out.splitlines() if "left out" in line
    }
    assert {skill.replace("-", "_") for skill in skills["skill_id"]} | refused == set(read_procedures())
    assert skills.height >= 12 and tasks.height == 16 * skills.height
