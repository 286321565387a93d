"""Everything that is wrong with a study and all that it names, told at once and without a network.

`read_study` checks the study file by itself. Here the files that it names are read as well: own tasks and
skills, model folders and their templates; and what only both together tell, such as a corpus with more rows
than there are tasks to demonstrate. Each part says which sections of the study it reads, and is left out
where one of them does not keep the schema: that is reported already.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from skillift.errors import UserError
from skillift.preflight.models import unknown_prices
from skillift.study.study import Study, read_study


class Part(NamedTuple):
    """One look for mistakes before the first job: which sections it reads, and the module that looks.

    Attributes:
        sections: top-level keys of the study that it reads.
        module: the module whose `mistakes(study)` gives one line for each mistake; imported when it is
            called, as it takes a second to import what reads tables and models.
        concerns: whether a study has what it looks at.
    """

    sections: frozenset[str]
    module: str
    concerns: Callable[[Study], bool] = lambda study: True

    def mistakes(self, study: Study) -> list[str]:
        """One line for each mistake."""
        if not self.concerns(study):
            return []
        look: Callable[[Study], list[str]] = importlib.import_module(self.module).mistakes
        try:
            return look(study)
        except UserError as error:
            return str(error).splitlines()


def _has_own_tasks(study: Study) -> bool:
    return bool(study.own_files())


def _has_given_models(study: Study) -> bool:
    return any(study.students_from(source) for source in ("path", "hub"))


def _has_emulated_runs(study: Study) -> bool:
    return bool(study.emulated_runs)


MODELS = frozenset({"judges", "teacher", "references"})  # sections that name models behind an API
_MODELS = frozenset({"students", "references", "inference"})
_FILES = _MODELS | {"tasks"}
PARTS = (
    Part(frozenset({"tasks", "conditions", "inference"}), "skillift.preflight.own_data", _has_own_tasks),
    Part(_FILES, "skillift.preflight.students", _has_given_models),
    Part(_MODELS | {"runs", "recipes"}, "skillift.preflight.templates", _has_given_models),
    Part(_MODELS | {"runs", "recipes"}, "skillift.preflight.emulation", _has_emulated_runs),
    Part(_FILES | {"corpora", "teacher"}, "skillift.preflight.trained_rows"),
    Part(MODELS, "skillift.preflight.keys"),
)
LAST = ("skillift.preflight.keys",)  # of this machine, not of the study: named only beside other mistakes


def checked_study(path: str, config: dict) -> Study:
    """The study of a file, with nothing wrong in it or in what it names.

    Args:
        path: the study file.
        config: how it is run: config.yaml with its defaults.

    Raises:
        UserError: everything that is wrong, one line each.
    """
    study, problems, unsound = read_study(path)
    told = list(problems)
    for part in PARTS:
        if part.sections & unsound or (part.module in LAST and not problems):
            continue
        try:
            problems += [line for line in part.mistakes(study) if not _is_told(line, study, told)]
        except Exception:
            if not problems:
                raise
            # it met what is wrong with another section, which is told already
    if not unsound & MODELS:
        problems += unknown_prices(study, config["api"])
    if problems:
        raise UserError("\n".join(dict.fromkeys(problems)))
    return study


def _is_told(line: str, study: Study, told: list[str]) -> bool:
    """Whether a line is about a path of which the study's own check has told what is wrong with it.

    That a path leads nowhere, or to no model, is told with the line of the key that names it.
    """
    paths = [*study.own_files().values(), *(study.model_folder(name) for name in study.students_from("path"))]
    if any(f"{path}: found" in line and not Path(path).exists() for path in paths):
        return True
    key = re.match(rf"{re.escape(study.path)}: (\w+\.[^:\s]+\.path): ", line)
    return key is not None and any(f": {key[1]}: found" in other and "(looked " in other for other in told)


def warnings(study: Study, config: dict) -> list[str]:
    """What may not be meant though nothing is wrong with it, one line each.

    What was read of a study's own data though it bends a format; what another precision would save here.

    Args:
        study: the study.
        config: how it is run: config.yaml with its defaults.
    """
    found = importlib.import_module("skillift.preflight.precision").precision_notes(study, config["results"])
    if _has_own_tasks(study):
        found += importlib.import_module("skillift.preflight.own_data").look(study).warnings
    return found
