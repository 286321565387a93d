"""The trial of a study: the same models, recipes, conditions, judges and pages, on a few tasks and steps.

Made from the study file as it is written, so that what the study leaves out stays out. The trial has a name
of its own and so its own results, kept answers and ledger; it declares no prediction. Its numbers mean
nothing.
"""

from __future__ import annotations

import copy
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import polars as pl
import yaml

from skillift.settings.inference import Inference
from skillift.settings.values import Change
from skillift.students.chat_settings import READY_MADE, template_path
from skillift.study.emulation import EMULATED
from skillift.study.matched import BOTH, matched_names, whole_corpus
from skillift.study.study import Study
from skillift.tables import atomic_path
from skillift.yaml_sources.source import beside, read_source

SUFFIX = "-trial"
STEPS = 4  # of each training: one warms up, and the rest have to change more than rounding does
PER_SKILL = 2  # answered tasks of each skill
# Few steps at the study's rate change less than rounding, which the check of what is served refuses.
FASTER, FASTEST = 10, 5e-3
PRETRAINING_STEPS = 120
SAMPLES = 2
DESCRIPTION = "A trial of the study {name} on a few tasks and steps. Its numbers mean nothing."
_OWN = ("task_id", "skill_id", "suite", "prompt", "reference", "scorer", "answer_type", "worked_solution")


def trial_name(study: Study) -> str:
    """The name of a study's trial, and of its folder below the results."""
    return study.name + SUFFIX


def write_trial(study: Study, n_tasks: int, folder: Path) -> Path:
    """Write the study file of a trial, and where the study has own tasks, the file of those that it takes.

    Args:
        study: the study.
        n_tasks: about how many tasks are answered in each suite.
        folder: for both files; made where it is missing.

    Returns:
        The study file.

    Raises:
        UserError: the study file, or a file that it names, cannot be read.
    """
    data = copy.deepcopy(read_source(study.path, "study file").mapping)
    data["name"] = trial_name(study)
    data["description"] = DESCRIPTION.format(name=study.name)
    data.pop("predictions", None)
    # of steps that a trial does not take, and of more samples than it has
    for declared in ("compare", "depth", "sampling_budgets"):
        (data.get("analysis") or {}).pop(declared, None)
    _make_paths_absolute(data, study)
    _use_few_tasks(data, study, n_tasks, folder)
    _train_briefly(data, study)
    inference = data["inference"]
    inference.pop("shards", None)
    _ask_briefly(inference, study.declared.inference)
    with atomic_path(folder / "study.yaml") as temporary:
        temporary.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return folder / "study.yaml"


def _ask_briefly(inference: dict, declared: Inference) -> None:
    """Take few samples, and each protocol at every checkpoint there is; of two that are then alike, one."""
    if declared.samples > SAMPLES:
        inference["samples"] = SAMPLES
    kept: dict[str, dict] = {}
    for name, protocol in (declared.protocols or {}).items():
        asked = protocol.model_dump()
        if isinstance(protocol.checkpoints, list):
            del asked["checkpoints"]
        if protocol.samples is not None:
            asked["samples"] = min(protocol.samples, SAMPLES)
        if asked not in kept.values():
            kept[name] = asked
    if kept:
        inference["protocols"] = kept


def rows_of(study: Study, corpus: str, n_tasks: int) -> int:
    """Demonstrations that a trial trains on: two batches; fewer where a model is asked to write them."""
    rows = study.corpus(corpus)["rows"]
    if study.data["teacher"]["kind"] == "api":
        return min(rows, n_tasks)
    matched = matched_names(study.data["corpora"], corpus)
    recipes = [recipe for recipe in study.data["recipes"].values() if recipe["corpus"] in matched]
    return min(rows, 2 * max((recipe["batch_size"] for recipe in recipes), default=1))


def spread(items: Sequence, number: int) -> list:
    """So many items, the first among them and the rest evenly spaced; all where there are no more."""
    if number >= len(items):
        return list(items)
    return [items[place * len(items) // number] for place in range(number)]


def _make_paths_absolute(data: dict, study: Study) -> None:
    def absolute(declared: str) -> str:
        return str(Path(beside(study.path, declared)).absolute())

    def template(section: dict) -> None:
        if declared := section.get("chat_template"):
            path = Path(template_path(study.path, declared))
            if not path.is_relative_to(READY_MADE):
                section["chat_template"] = str(path.absolute())

    for name, declared in data["tasks"].get("files", {}).items():
        data["tasks"]["files"][name] = absolute(declared)
    if "filler_text" in data:
        data["filler_text"] = absolute(data["filler_text"])
    for model in [*data["students"].values(), *(data.get("references") or {}).values()]:
        if "path" in model:
            model["path"] = absolute(model["path"])
        template(model)
    template(data["inference"])


def _use_few_tasks(data: dict, study: Study, n_tasks: int, folder: Path) -> None:
    needed = _train_tasks(study, n_tasks)
    wanted = max(2, math.ceil(n_tasks / PER_SKILL))
    if pack := data["tasks"].get("pack"):
        full = study.data["tasks"]["pack"]
        skills = min(full["skills"], wanted)
        most = {"train": math.ceil(needed / skills), "dev": PER_SKILL, "holdout": math.ceil(n_tasks / skills)}
        per_skill = {suite: min(full["per_skill"][suite], most[suite]) for suite in pack["per_skill"]}
        share = full["judge_scored"] / (full["skills"] * full["per_skill"]["holdout"])
        judged = math.ceil(share * skills * per_skill["holdout"])
        pack |= {"skills": skills, "per_skill": per_skill, "judge_scored": judged}
        if transfer := pack.get("suites", {}).get("transfer"):
            transfer["skills"] = min(transfer["skills"], wanted)
            transfer["per_skill"] = min(transfer["per_skill"], math.ceil(n_tasks / transfer["skills"]))
        if perturbed := pack.get("suites", {}).get("perturbed"):
            perturbed["change"] = list(get_args(Change))  # of few tasks one change alone may leave no variant
        train = skills * per_skill["train"]
    if study.own_files():
        own = _write_own(data, study, n_tasks, wanted, needed, folder)
        skills, train = (skills, train) if pack else own
    teacher = study.data.get("teacher", {})
    rejected = 0.0 if teacher.get("until") == BOTH else teacher.get("corrupted_share", 0.0)
    usable = train - round(rejected * train)
    for name, corpus in (data.get("corpora") or {}).items():
        if "like" in corpus:
            continue
        corpus["rows"] = min(rows_of(study, name, n_tasks), usable)
        corpus.pop("domains", None)  # of which the few skills may have none
        if "skills" in corpus:
            corpus["skills"] = min(corpus["skills"], skills)


def _train_tasks(study: Study, n_tasks: int) -> int:
    """Train tasks for the largest corpus; some demonstrations are made wrong, or come out so."""
    rows = max((rows_of(study, name, n_tasks) for name in study.data["corpora"]), default=0)
    teacher = study.data.get("teacher", {})
    if teacher.get("kind") == "api":
        return 2 * rows
    return math.ceil(rows / (1 - teacher.get("corrupted_share", 0.0))) + 1


def _write_own(
    data: dict, study: Study, n_tasks: int, wanted: int, needed: int, folder: Path
) -> tuple[int, int]:
    """Few of the own tasks in a file of their own; the numbers of their skills and train tasks."""
    from skillift.tasks.user_tasks import read_own

    own = study.own_files()
    _, tasks = read_own(own["tasks"], own["skills"])
    # the longest first, so that what does not fit the memory or the context shows in the trial
    longest = tasks.with_columns(length=pl.col("prompt").str.len_chars()).sort(
        "length", "task_id", descending=[True, False]
    )
    trained = ["train"] if "train" in study.own_suites else []
    suites = study.own_suites
    held = longest.filter(pl.col("suite").is_in(suites)).group_by("skill_id", maintain_order=True)
    complete = [skill for (skill,), rows in held if set(trained) <= set(rows["suite"])]
    skills = spread(complete or longest["skill_id"].unique(maintain_order=True).to_list(), wanted)
    chosen = []
    for suite in sorted(set(suites)):
        # a suite of new skills has none of those with train tasks
        there = set(longest.filter(suite=suite)["skill_id"])
        of_suite = spread(sorted(there), wanted) if there.isdisjoint(skills) else skills
        most = math.ceil((needed if suite == "train" else n_tasks) / max(1, len(of_suite)))
        for skill in of_suite:
            ids = longest.filter(suite=suite, skill_id=skill)["task_id"].to_list()
            chosen += spread(ids, most)
    if "parent" in tasks.columns:
        chosen += tasks.filter(pl.col("task_id").is_in(chosen))["parent"].drop_nulls().to_list()
    with atomic_path(folder / "tasks.jsonl") as temporary:
        kept = [name for name in (*_OWN, "parent", "expected", "pattern") if name in tasks.columns]
        tasks.filter(pl.col("task_id").is_in(chosen)).select(kept).write_ndjson(temporary)
    data["tasks"]["files"]["tasks"] = str((folder / "tasks.jsonl").absolute())
    return len(skills), tasks.filter(pl.col("task_id").is_in(chosen), suite="train").height


def _train_briefly(data: dict, study: Study) -> None:
    for model in data["students"].values():
        if pretraining := model.get("pretraining"):
            pretraining["steps"] = min(pretraining["steps"], PRETRAINING_STEPS)
    for recipe in (data.get("recipes") or {}).values():
        if recipe["objective"] == EMULATED:
            continue
        rows = whole_corpus(data["corpora"], recipe["corpus"])["rows"]
        in_epoch = math.ceil(rows / recipe["batch_size"])
        recipe["epochs"] = math.ceil(STEPS / in_epoch)
        last = recipe["epochs"] * in_epoch
        recipe.pop("max_steps", None)
        declared = recipe.get("checkpoints", ["final"])
        declared = [1, "final"] if isinstance(declared, dict) else declared
        early = [place for place, step in enumerate(declared, start=1) if step != "final" and place < last]
        recipe["checkpoints"] = [*early, "final"]
        rate = recipe["learning_rate"]
        recipe["learning_rate"] = max(rate, min(FASTER * rate, FASTEST))
    kept = _kept_seeds(data)
    for entry in data.get("runs") or []:
        entry["seeds"] = [seed for seed in entry["seeds"] if seed in kept[entry["recipe"]]]


def _kept_seeds(data: dict) -> dict[str, set[int]]:
    """The seeds of each recipe that a trial trains: the first, and those that others need to build on."""
    recipes, kept = data.get("recipes") or {}, defaultdict[str, set[int]](set)
    for entry in data.get("runs") or []:
        kept[entry["recipe"]].add(entry["seeds"][0])
    for _ in recipes:  # from the last of a row of recipes to the first
        for name, recipe in recipes.items():
            before = recipe.get("start") or recipe.get("from", {}).get("recipe")
            if before in recipes:
                kept[before] |= kept[name]
    return kept
