"""What is wrong with a study's own data, found before the first job: all files' mistakes at once.

Reads the files of own tasks and skills, and compares them with what the study asks of them. No network is
needed and no model is loaded. The jobs that read the same files later check them again.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from skillift.contracts.pipeline import NEW_SKILLS
from skillift.episodes.study_tasks import beside_pack
from skillift.errors import UserError, problem
from skillift.scorers.answer_line import extract_answer
from skillift.settings.values import VARIANTS
from skillift.study.study import Study
from skillift.taskpack import build_pack
from skillift.tasks.skill_pools import condition_problems, pools_of
from skillift.tasks.suites import digest_of_suite, marked
from skillift.tasks.user_tasks import OwnData, look_at_own, shortened
from skillift.yaml_sources.source import KeyPath, Source, Words, read_source

SHOWN_IDS = 20  # of tasks in one message


class Findings(NamedTuple):
    """What keeps a study from running, and what may not be meant, one line each."""

    mistakes: list[str]
    warnings: list[str]


def mistakes(study: Study) -> list[str]:
    """Everything that is wrong with a study's own data, one line each; empty for the task pack.

    Files that are missing or unreadable, mistakes in tasks and skills, conditions that a skill's procedure
    cannot be shown under, suites without tasks, variants of tasks that are not asked, corpora larger than
    their train tasks, worked solutions that are missing or have no ANSWER line where the scorer needs one;
    beside the task pack, suites that it fills and ids that it has.
    """
    return look(study).mistakes


def look(study: Study) -> Findings:
    """The same, with what was read though it bends a format."""
    if not study.own_files():
        return Findings([], [])
    own = own_data(study)
    found = shortened(own.mistakes)
    if own.skills is not None and own.tasks is not None:
        found = _against_study(study, own.skills, own.tasks, study.own_files()["tasks"])
    return Findings(found, shortened(own.warnings))


def own_data(study: Study) -> OwnData:
    """The study's own tasks and skills, read once as long as their files stay as they are."""
    files = study.own_files()
    return _read(files["tasks"], files["skills"], _stamps(files["tasks"]), _stamps(files["skills"]))


def suite_digest(study: Study, suite: str) -> str:
    """A digest of the tables that own files give of one suite: it changes where, and only where, these do.

    Empty where the files have mistakes, which the job that builds the tables tells.
    """
    own = own_data(study)
    if own.skills is None or own.tasks is None:
        return ""
    return digest_of_suite(own.skills, own.tasks, suite, beside_pack="pack" in study.data["tasks"])


@lru_cache(1)
def _read(tasks: str, skills: str, *stamps: tuple) -> OwnData:
    return look_at_own(tasks, skills)


def _stamps(path: str) -> tuple:
    """Of a file, or of all that are in a folder: what changes with their content."""
    files = [Path(path), *sorted(Path(path).rglob("*"))]
    found = [(str(file), file.stat()) for file in files if os.path.exists(file)]
    return tuple((name, status.st_mtime_ns, status.st_size) for name, status in found)


def _against_study(study: Study, skills: pl.DataFrame, tasks: pl.DataFrame, path: str) -> list[str]:
    asked = {*study.conditions, *(study.corpus(name)["condition"] for name in study.corpora)}
    used = set(tasks["skill_id"])
    if pack := study.declared.tasks.pack:
        of_pack = build_pack(pack)
        if found := [*_twice(study, of_pack, skills, tasks, path), *_suites(study, tasks, path)]:
            return found
        skills, _ = beside_pack(study, of_pack, skills, tasks)
        found = condition_problems(pools_of(skills), used, study.conditions, study.data["prompt_seed"])
        return [*found, *_parents(study, tasks, path), *_foretold(study, tasks, path)]
    pools = pools_of(marked(skills, tasks))
    return [
        *condition_problems(pools, used, sorted(asked), study.data["prompt_seed"]),
        *_suites(study, tasks, path),
        *_trained_skills(study, tasks, path),
        *_parents(study, tasks, path),
        *_foretold(study, tasks, path),
        *_corpora(study, tasks, path),
        *_solutions(study, tasks.filter(pl.col("suite") == "train"), path),
    ]


def _source(study: Study) -> Source:
    """The study file, for the lines of its keys; a study made otherwise has none."""
    try:
        return read_source(study.path, "study file")
    except UserError:
        return Source(study.path, study.data)


def _suites(study: Study, tasks: pl.DataFrame, path: str) -> list[str]:
    there = Counter(tasks["suite"])
    return [
        _source(study).problem(
            ("inference", "suites", place),
            suite,
            f"a suite that tasks of {path} have ({_counted(there)})",
            f"Add tasks whose suite is {suite}, or take it out of inference.suites.",
        )
        for place, suite in enumerate(study.data["inference"]["suites"])
        if suite not in there and not study.is_of_pack(suite)
    ]


def _foretold(study: Study, tasks: pl.DataFrame, path: str) -> list[str]:
    """Own tasks that lifts are to be foretold by, where there are none, or none with a worked solution."""
    suite = study.data["analysis"].get("forecast", {}).get("suite")
    if suite is None or study.is_of_pack(suite):
        return []
    solved = tasks.filter(pl.col("suite") == suite, pl.col("worked_solution").is_not_null())
    if solved.height:
        return []
    expected = f"tasks of {path} whose suite is {suite} and that have a worked_solution"
    fix = "Right answers and wrong ones are made of these: add some, or delete analysis.forecast."
    return [_wrong(study, ("analysis", "forecast", "suite"), suite, expected, fix)]


def _twice(
    study: Study,
    of_pack: tuple[pl.DataFrame, pl.DataFrame],
    skills: pl.DataFrame,
    tasks: pl.DataFrame,
    path: str,
) -> list[str]:
    """Own suites that the pack fills, and ids that stand for two things, where own tasks stand beside it."""
    suites = Counter(tasks["suite"])
    found = [
        problem(
            f"{path}: tasks whose suite is {suite}",
            Words(f"{number} beside the task pack, which fills this suite"),
            "none: a suite is either of the pack or of own tasks",
            f"Move them to another suite, or take {suite} out of tasks.pack.",
        )
        for suite, number in sorted(suites.items())
        if study.is_of_pack(suite)
    ]
    of_suites = tasks.group_by("skill_id").agg(pl.col("suite").unique().sort())
    for skill_id, names in of_suites.sort("skill_id").iter_rows():
        if len(names) > 1:
            words = Words(f"tasks of the suites {', '.join(names)}")
            expected = "tasks of one suite: beside the task pack a skill is of one suite"
            found.append(
                problem(f"{path}: skill {skill_id}", words, expected, "Give each suite its own skills.")
            )
    for key, own, others in (("skill_id", skills, of_pack[0]), ("task_id", tasks, of_pack[1])):
        if same := sorted(set(own[key]) & set(others[key])):
            words = Words(f"{len(same)} that the task pack has too ({_named(same)})")
            found.append(problem(f"{path}: {key}", words, "ids of their own", "Rename them."))
    return found


def _trained_skills(study: Study, tasks: pl.DataFrame, path: str) -> list[str]:
    """Suites of new skills that are asked and have tasks of skills with train tasks."""
    if not study.trained_runs:
        return []
    trained = set(tasks.filter(suite="train")["skill_id"])
    found = []
    for suite in (name for name in study.suites if name in NEW_SKILLS):
        known = sorted(trained & set(tasks.filter(suite=suite)["skill_id"]))
        if known:
            number = Words(f"{len(known)} skills that have train tasks ({_named(known)})")
            fix = f"Move these tasks to another suite, or take the train tasks of these skills out of {path}."
            expected = "skills that no demonstration has"
            found.append(problem(f"{path}: tasks whose suite is {suite}", number, expected, fix))
    return found


def _parents(study: Study, tasks: pl.DataFrame, path: str) -> list[str]:
    """Variants that are asked without the tasks that they are made of."""
    if VARIANTS not in study.suites or "parent" not in tasks.columns:
        return []
    parents = tasks.filter(suite=VARIANTS).select(task_id="parent").unique()
    suites = Counter(tasks.join(parents, on="task_id", how="semi")["suite"])
    missing = {suite: number for suite, number in sorted(suites.items()) if suite not in study.suites}
    return [
        _source(study).problem(
            ("inference", "suites"),
            study.data["inference"]["suites"],
            f"{suite} too: {number} of its tasks are the parents of variants in {path}",
            f"Add {suite}, or take {VARIANTS} out.",
        )
        for suite, number in missing.items()
    ]


def _counted(suites: Counter) -> str:
    return ", ".join(f"{number} of {name}" for name, number in sorted(suites.items()))


def _corpora(study: Study, tasks: pl.DataFrame, path: str) -> list[str]:
    by_skill = sorted(Counter(tasks.filter(pl.col("suite") == "train")["skill_id"]).values(), reverse=True)
    found = []
    for name in study.corpora:
        corpus, key = study.data["corpora"][name], ("corpora", name)
        if "like" in corpus:
            continue
        n_skills = corpus.get("skills")
        if n_skills is not None and n_skills > len(by_skill):
            expected = f"at most {len(by_skill)} (skills with train tasks in {path})"
            found.append(_wrong(study, (*key, "skills"), n_skills, expected, "Lower skills."))
            continue
        most = sum(by_skill[:n_skills])
        if corpus["rows"] > most:
            of = f" of its {n_skills} skills" if n_skills is not None else ""
            expected = f"at most {most} (one demonstration of each train task{of} in {path})"
            fix = "Lower rows, or add tasks whose suite is train."
            found.append(_wrong(study, (*key, "rows"), corpus["rows"], expected, fix))
    return found


def _wrong(study: Study, key: KeyPath, found: object, expected: str, fix: str) -> str:
    return _source(study).problem(key, found, expected, fix)


def _solutions(study: Study, train: pl.DataFrame, path: str) -> list[str]:
    """Worked solutions that the teacher would need and lacks."""
    if not study.corpora or study.data["teacher"]["kind"] != "worked_solution" or train.is_empty():
        return []
    lacking = train.filter(pl.col("worked_solution").is_null())["task_id"].to_list()
    solved = train.filter(pl.col("worked_solution").is_not_null() & (pl.col("scorer") == "answer_line"))
    mute = [
        task_id
        for task_id, solution in solved.select("task_id", "worked_solution").iter_rows()
        if extract_answer(solution) is None
    ]
    found = []
    if lacking:
        number = Words(f"none for {len(lacking)} of {train.height} train tasks ({_named(lacking)})")
        fix = "Add `worked_solution` to these tasks, or name another teacher in the study."
        found.append(problem(f"{path}: worked_solution", number, "one for each train task", fix))
    if mute:
        number = Words(f"no ANSWER line in {len(mute)} of {solved.height} ({_named(mute)})")
        fix = "End these solutions with `ANSWER: <answer>`, or set the tasks' scorer to judge."
        expected = "one in each, as the scorer answer_line reads nothing else"
        found.append(problem(f"{path}: worked_solution", number, expected, fix))
    return found


def _named(ids: list[str]) -> str:
    more = [f"and {len(ids) - SHOWN_IDS} more"] if len(ids) > SHOWN_IDS else []
    return ", ".join([*ids[:SHOWN_IDS], *more])
