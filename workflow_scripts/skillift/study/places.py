"""Which file a path to a study means.

One rule for all commands: a path on a command line is seen from the folder that the caller is in, one in
config.yaml from the folder that the workflow works in; where that has no such file, from the project's.
Paths inside a study file are seen from that file (`skillift.yaml_sources.source.beside`).
"""

from __future__ import annotations

import os
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.yaml_sources.source import Words


def found_study(declared: str, *folders: Path | str) -> str:
    """A study file as the working folder sees it.

    Args:
        declared: the path as given.
        folders: where it may be seen from, the first that has it wins.

    Raises:
        UserError: none of them has it.
    """
    places = list(dict.fromkeys(Path(folder, declared).absolute() for folder in folders))
    for place in places:
        if os.path.isfile(place):
            return declared if Path(declared).is_absolute() else Path(os.path.relpath(place)).as_posix()
    looked = " and ".join(place.as_posix() for place in places)
    fix = "A path on the command line is seen from the folder that you are in, then from the project's."
    others = {other for place in places for other in place.parent.glob("*.yaml")}
    named = ", ".join(Path(os.path.relpath(other)).as_posix() for other in sorted(others)[:10])
    if named:
        fix += f" Files there: {named}."
    raise UserError(problem(declared, Words("no such file"), f"a study file (looked for {looked})", fix))
