"""Everything that is wrong with a study's own data is found before a job runs, all at once, by name."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from study_files import EMBEDDED

from skillift.preflight import trained_rows as rows
from skillift.preflight.own_data import look, mistakes, own_data, suite_digest
from skillift.study.study import load_study

PACK = EMBEDDED[EMBEDDED.index("tasks:") : EMBEDDED.index("conditions:")]
FILES = "tasks:\n  files: {tasks: tasks.jsonl, skills: skills}\n\n"
SKILL = "---\nname: {0}\ndescription: Do {0}.\n---\n\n1. Read the {0}.\n2. Add.\n3. Write the ANSWER line.\n"


def task(place: int, **fields) -> dict:
    whole = {
        "task_id": f"t-{place}",
        "skill_id": "ledger" if place % 2 else "harbor",
        "suite": "train" if place < 8 else "holdout",
        "prompt": f"Sum of {place} 1?",
        "reference": str(place + 1),
        "worked_solution": f"{place} and 1\nANSWER: {place + 1}",
    }
    return {name: value for name, value in {**whole, **fields}.items() if value is not None}


@pytest.fixture
def study(tmp_path, study_file):
    """The embedded study on own tasks (sixteen of two skills, or others), with some words changed."""

    def made(*replacements: tuple[str, str], tasks=None, skills=None, raw: str | None = None, rows: int = 8):
        lines = [json.dumps(each) for each in tasks or [task(place) for place in range(16)]]
        (tmp_path / "tasks.jsonl").write_text(raw if raw is not None else "\n".join(lines))
        for name, text in {"ledger": SKILL, "harbor": SKILL, **(skills or {})}.items():
            (tmp_path / "skills" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "skills" / name / "SKILL.md").write_text(text.format(name))
        text = EMBEDDED.replace(PACK, FILES).replace("rows: 353", f"rows: {rows}")
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new)
        return load_study(study_file(text))

    return made


def test_sound_data_and_the_pack_have_no_mistakes(study, study_file):
    assert mistakes(study()) == []
    assert mistakes(load_study(study_file(EMBEDDED))) == []


def test_files_are_read_once_as_long_as_they_stay_as_they_are(study, tmp_path):
    made = study()
    read = own_data(made)
    assert own_data(made) is read
    with (tmp_path / "tasks.jsonl").open("a") as file:
        file.write("\n" + json.dumps(task(16)))
    assert own_data(made).tasks.height == read.tasks.height + 1
    (tmp_path / "skills/harbor/SKILL.md").write_text("no front matter")
    assert look(made).warnings or look(made).mistakes


def test_own_tasks_that_have_one_answer_for_all_cannot_be_answered_wrong_and_are_named_first(study):
    both = ("  kind: worked_solution\n", "  kind: worked_solution\n  until: both\n")
    assert rows.mistakes(study(both)) == []
    alike = [task(place, reference="7", worked_solution="ANSWER: 7") for place in range(16)]
    (line,) = rows.mistakes(study(both, tasks=alike))
    assert "teacher.until: found both, and 8 train task(s) without a wrong answer (t-0, t-1, t-2)" in line
    none = ("corrupted_share: 0.1", "corrupted_share: 0.0")
    assert rows.mistakes(study(none, tasks=alike)) == []


def test_a_corpus_larger_than_its_train_tasks_is_named_with_its_line(study):
    made = study(rows=9)
    lines = mistakes(made)
    text = Path(made.path).read_text().splitlines()
    places = [place for place, line in enumerate(text, 1) if "rows: 9" in line]
    assert sorted(int(line.split("study.yaml:")[1].split(":")[0]) for line in lines) == places
    assert "rows: found 9, expected at most 8 (one demonstration of each train task in " in lines[0]


def test_a_corpus_of_some_skills_is_measured_at_their_tasks(study):
    assert mistakes(study(("rows: 8", "skills: 1, rows: 4"))) == []
    assert "rows: found 5, expected at most 4 (one" in mistakes(study(("rows: 8", "skills: 1, rows: 5")))[0]
    assert (
        "skills: found 3, expected at most 2 (skills with"
        in mistakes(study(("rows: 8", "skills: 3, rows: 5")))[0]
    )


def test_a_suite_without_tasks_is_named(study):
    (line,) = mistakes(study(("suites: [holdout]", "suites: [holdout, dev]")))
    assert "inference.suites[1]: found 'dev', expected a suite that tasks of" in line
    assert "(8 of holdout, 8 of train)" in line


def test_solutions_without_an_answer_line_are_named(study):
    tasks = [
        task(place, **({"worked_solution": "It is 5."} if place in (2, 5) else {})) for place in range(16)
    ]
    (line,) = mistakes(study(tasks=tasks))
    assert "worked_solution: found no ANSWER line in 2 of 8 (t-2, t-5), expected one in each" in line
    judged = [{**each, "scorer": "judge"} if each["task_id"] in ("t-2", "t-5") else each for each in tasks]
    assert mistakes(study(tasks=judged)) == []


def test_train_tasks_without_a_solution_are_named(study):
    tasks = [task(place, **({"worked_solution": None} if place in (3, 9) else {})) for place in range(16)]
    (line,) = mistakes(study(tasks=tasks))
    assert (
        "worked_solution: found none for 1 of 8 train tasks (t-3), expected one for each train task" in line
    )


def test_a_procedure_of_one_paragraph_is_named_where_it_is_to_be_shuffled(study):
    one = {"ledger": "---\nname: {0}\ndescription: Do {0}.\n---\n\nAdd up the {0}.\n"}
    (line,) = mistakes(study(skills=one))
    assert "condition shuffled, skill ledger: found 'a procedure of one paragraph'" in line
    assert mistakes(study((", shuffled", ""), skills=one)) == []


def test_a_skill_without_another_one_has_no_placebo(study):
    alike = {"harbor": SKILL.replace("{0}", "ledger")}
    lines = mistakes(study(skills=alike))
    assert [line.split(":")[0] for line in lines] == [
        "condition placebo, skill harbor",
        "condition placebo, skill ledger",
    ]


def test_mistakes_of_all_files_stand_together(study):
    broken = {"ledger": "---\nname: [x\n---\n\nGo.\n", "harbor": "---\nname: y\ndescription: z\n---\n"}
    raw = '{"task_id": "x"\n{"task_id": "y", "suite": "trian"}'  # codespell:ignore trian
    lines = mistakes(study(skills=broken, raw=raw))
    for place in ("skills/harbor", "skills/ledger", "tasks.jsonl:1", "tasks.jsonl:2: suite"):
        assert any(place in line for line in lines), place


def test_a_file_that_goes_after_the_study_was_read_is_a_mistake_too(study, tmp_path):
    made = study()
    (tmp_path / "tasks.jsonl").unlink()
    (line,) = mistakes(made)
    assert "tasks.jsonl: found no such file" in line


def test_what_bends_a_format_is_a_warning(study):
    found = look(study(skills={"ledger": SKILL[SKILL.index("\n1.") :]}))
    assert found.mistakes == []
    assert "skills/ledger/SKILL.md:1: found no front matter" in found.warnings[0]


@pytest.mark.slow
def test_four_times_the_tasks_take_about_four_times_as_long_and_no_model(study):
    """Not sixteen times, as each task against each other would."""
    seconds = {}
    for number in (1000, 4000):
        made = study(
            tasks=[task(place, suite="train" if place % 2 else "holdout") for place in range(number)]
        )
        start = time.process_time()
        assert mistakes(made) == []
        seconds[number] = time.process_time() - start
    assert seconds[4000] < 10 * seconds[1000]
    code = (
        "import sys; from skillift.study.study import load_study;"
        "from skillift.preflight.own_data import mistakes;"
        "assert mistakes(load_study(sys.argv[1])) == [];"
        "print({'torch', 'vllm', 'litellm'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, made.path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_transfer_tasks_of_skills_that_have_train_tasks_are_named(study):
    asked = ("suites: [holdout]", "suites: [holdout, transfer]")
    tasks = [task(place, **({"suite": "transfer"} if place in (14, 15) else {})) for place in range(16)]
    (line,) = mistakes(study(asked, tasks=tasks))
    assert "tasks whose suite is transfer: found 2 skills that have train tasks (harbor, ledger)" in line
    moved = [each | ({"skill_id": "wharf"} if each["suite"] == "transfer" else {}) for each in tasks]
    assert mistakes(study(asked, tasks=moved, skills={"wharf": SKILL.replace("Add", "Sort")})) == []


def test_variants_are_asked_with_their_tasks_or_named(study):
    tasks = [task(place) for place in range(14)]
    tasks += [task(14, suite="perturbed", parent="t-9"), task(15, suite="perturbed", parent="t-10")]
    both, alone = (f"suites: [{suites}]" for suites in ("holdout, perturbed", "perturbed"))
    assert mistakes(study(("suites: [holdout]", both), tasks=tasks)) == []
    (line,) = mistakes(study(("suites: [holdout]", alone), tasks=tasks))
    assert "inference.suites: found" in line
    assert "expected holdout too: 2 of its tasks are the parents" in line


def test_a_digest_of_a_suite_changes_with_its_own_tasks_and_skills_alone(study):
    asked = ("suites: [holdout]", "suites: [holdout, transfer]")
    far = [task(place, suite="transfer", skill_id="wharf") for place in (14, 15)]
    whole, skills = [*(task(place) for place in range(14)), *far], {"wharf": SKILL.replace("Add", "Sort")}

    def digests(tasks: list[dict], skills: dict[str, str]) -> list[str]:
        found = study(asked, tasks=tasks, skills=skills)
        return [suite_digest(found, suite) for suite in ("train", "holdout", "transfer")]

    before = digests(whole, skills)
    assert len(set(before)) == 3

    def changed(tasks: list[dict], skills: dict[str, str]) -> list[bool]:
        return [one != two for one, two in zip(before, digests(tasks, skills), strict=True)]

    assert changed(whole[::-1], skills) == [False, False, False]
    assert changed([*whole[:-1], whole[-1] | {"prompt": "Another?"}], skills) == [False, False, True]
    assert changed(whole, {"wharf": SKILL.replace("Add", "Order")}) == [False, False, True]
    assert changed([*whole[:13], whole[13] | {"prompt": "Another?"}, *far], skills) == [False, True, False]
    assert changed(whole, skills | {"harbor": SKILL.replace("Add", "Subtract")}) == [True, True, True]


def test_a_corpus_of_a_domain_that_no_skill_has_is_named(study):
    lines = rows.mistakes(study(("worked: {rows: 8,", "worked: {domains: [slot], rows: 8,")))
    assert "corpora.worked.domains[0]: found 'slot', expected a domain of the skills" in "".join(lines)
