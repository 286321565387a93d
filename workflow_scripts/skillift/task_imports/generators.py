"""Tasks of generators: which are taken, and what is made of their instances.

A generator is a skill: its procedure is written in `workflow_scripts/assets/task_imports/reasoning-gym.yaml`,
its instances are the skill's tasks. It is taken only where its own score equals the comparison of answers
(`skillift.task_imports.agreement`). Generators make no worked answers: those of train tasks are the ANSWER
line alone.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.task_imports.agreement import N_ANSWERS, PER_INSTANCE, asked_answers, common_type, disagreements
from skillift.yaml_sources.source import Words, read_source

PROCEDURES = Path(__file__).resolve().parents[2] / "assets" / "task_imports" / "reasoning-gym.yaml"
LEVELS = ("easy", "default")
ASKS_FOR_THE_LINE = "End with a line that reads 'ANSWER: ' and then the result."
_COMMAND = Path(__file__).resolve().parents[2] / "tasks" / "ask_reasoning_gym.py"
_SET = "a Python with the set envs/reasoning-gym.txt"
_FIX = "`make generators` makes it."
_LEAVE_OUT = "Leave this generator out."
_SPARE = 6  # instances that are made for each one that is needed: easy ones repeat


class Generators:
    """reasoning-gym, in an environment of its own.

    Raises:
        UserError: there is no such Python, or it cannot import the package.
    """

    def __init__(self, python: Path) -> None:
        if not python.exists():
            raise UserError(problem(f"--python {python}", Words("no such program"), _SET, _FIX))
        self.python = python

    def ask(self, requests: Sequence[dict]) -> list[dict]:
        """What `ask_reasoning_gym.py` answers to requests, in one process.

        Raises:
            UserError: the package is missing, or the process failed.
        """
        with tempfile.TemporaryDirectory() as folder:
            data, out = Path(folder, "data.json"), Path(folder, "out.json")
            data.write_text(json.dumps(requests), encoding="utf-8")
            command = [str(part) for part in (self.python, _COMMAND, "--data", data, "--out", out)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                found = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
                fix = _FIX if "ModuleNotFoundError" in found else ""
                raise UserError(problem(f"--python {self.python}", Words(found), _SET, fix))
            return json.loads(out.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Instances:
    """Distinct instances of a generator that was taken: questions with their answers, and their type."""

    generator: str
    items: tuple[tuple[str, str], ...]
    answer_type: str


def read_procedures(path: Path | str = PROCEDURES) -> dict[str, dict]:
    """Name, domain, steps and `easy` settings by generator.

    Raises:
        UserError: the file cannot be read.
    """
    return read_source(str(path), "file of procedures").mapping


def instances_of(
    generators: Generators, wanted: Mapping[str, Mapping], seed: int, needed: int
) -> tuple[list[Instances], list[str]]:
    """So many distinct instances of each generator whose score agrees with the comparison of answers.

    Args:
        generators: reasoning-gym.
        wanted: settings by generator.
        seed: of the instances, and of how answers are altered.
        needed: instances of each.

    Returns:
        The instances of those that are taken, and one line for each that is refused: it is unknown, failed,
        its score has rules of its own, or it has too few instances at these settings.

    Raises:
        UserError: reasoning-gym cannot be asked.
    """
    size = max(needed * _SPARE, N_ANSWERS // PER_INSTANCE)
    requests: list[dict] = [
        {"generator": name, "settings": dict(settings), "seed": seed, "size": size, "answers": []}
        for name, settings in wanted.items()
    ]
    refused, made = [], []
    for request, found in zip(requests, generators.ask(requests), strict=True):
        if why := _unusable(request, found):
            refused.append(why)
        else:
            answers = asked_answers([answer for _, answer in found["items"]], seed)
            made.append((request | {"answers": answers}, found["items"]))
    taken = []
    scored = generators.ask([request for request, _ in made]) if made else []
    for (request, items), found in zip(made, scored, strict=True):
        why = _unusable(request, found) or _disagreement(request, items, found["scores"])
        distinct: dict[str, str] = {}
        for question, answer in items:
            distinct.setdefault(question, answer)
        if not why and len(distinct) < needed:
            number = Words(f"{len(distinct)} different instances of {size}")
            fix = "Ask for fewer tasks (--per-skill), or for --level default."
            why = problem(f"generator {request['generator']}", number, f"{needed} for all suites", fix)
        if why:
            refused.append(why)
        else:
            answer_type = common_type([answer for _, answer in items])
            taken.append(Instances(request["generator"], tuple(distinct.items())[:needed], answer_type))
    return taken, refused


def _disagreement(request: dict, items: Sequence[Sequence[str]], scores: Sequence[float]) -> str:
    """That a generator's score is not the comparison of answers, with an example; empty where it is."""
    references = [answer for _, answer in items]
    answers, answer_type = request["answers"], common_type(references)
    if not (found := disagreements(references, answers, scores, answer_type)):
        return ""
    share = Words(f"{len(found)} of {len(answers)} answers: {found[0]}")
    expected = f"a score that equals the comparison of answers (type {answer_type})"
    return problem(f"generator {request['generator']}", share, expected, _LEAVE_OUT)


def _unusable(request: dict, found: dict) -> str:
    """Why there are no instances, in words; empty where there are."""
    name = request["generator"]
    if name not in found["known"]:
        return problem("--generators", name, f"generators of reasoning-gym: {found['known']}")
    if unknown := sorted(set(request["settings"]) - set(found["settings"])):
        return problem(f"generator {name}, settings", unknown, f"of {found['settings']}")
    return found["error"] and problem(f"generator {name}", Words(found["error"]), "instances", _LEAVE_OUT)


def skill_of(instances: Instances) -> str:
    """The skill's id: the generator's name, with hyphens."""
    return instances.generator.replace("_", "-")


def tasks_from(instances: Instances, per_skill: Mapping[str, int]) -> list[dict]:
    """The instances as rows of a file of own tasks: the suites one after the other, no instance in two."""
    items = iter(instances.items)
    skill = skill_of(instances)
    return [
        {
            "task_id": f"{skill}.{suite}.{number}",
            "skill_id": skill,
            "suite": suite,
            "prompt": f"{question.strip()}\n{ASKS_FOR_THE_LINE}",
            "reference": answer,
            "answer_type": instances.answer_type,
            "worked_solution": f"ANSWER: {answer}",
        }
        for suite, count in per_skill.items()
        for number, (question, answer) in zip(range(count), items, strict=False)
    ]
