"""Where a study runs and what it is: the working folder, its config.yaml, and the study that is meant.

For the commands beside Snakemake (`run_study.py`, `plan.py`, `audit.py`, `verify.py`). The working folder
holds the results and `.skillift/`; it is the project's folder, or the one of `--directory`. Which file a path
means: `skillift.study.places`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.study.places import found_study
from skillift.study.study import Study, load_config, load_study

PROJECT = Path(__file__).resolve().parents[3]
STUDY_HELP = (
    "study file, seen from the folder that you are in, else from the project's (default: that of config.yaml)"
)
DIRECTORY_HELP = "folder of results and of config.yaml, as Snakemake's --directory (default: the project's)"


@dataclass(frozen=True)
class Settings:
    """How and what is run.

    Attributes:
        folder: the working folder.
        config: how it is run, with defaults filled in.
        study: the study; its path is seen from the folder that the caller is in.
        changes: what the command line changes in config.yaml besides the study, as Snakemake takes it.
        files: further files of configuration, absolute, as Snakemake's `--configfile` takes them.
    """

    folder: Path
    config: dict
    study: Study
    changes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def results(self) -> Path:
        """The study's folder of results."""
        return Path(self.folder, self.config["results"], self.study.name)

    def study_from_folder(self) -> Study:
        """The study with its path as the working folder sees it, as Snakemake knows it."""
        if Path(self.study.path).is_absolute():
            return self.study
        return replace(self.study, path=Path(os.path.relpath(self.study.path, self.folder)).as_posix())


def add_options(arguments: argparse.ArgumentParser, config: bool = False) -> None:
    """Declare `--study` and `--directory`; and `--config`, for commands that start Snakemake."""
    arguments.add_argument("--study", help=STUDY_HELP)
    arguments.add_argument("--directory", help=DIRECTORY_HELP)
    if config:
        arguments.add_argument(
            "--configfile",
            "--configfiles",
            nargs="+",
            action="extend",
            default=[],
            metavar="FILE",
            help="files whose values replace those of config.yaml, as Snakemake takes them",
        )
        arguments.add_argument(
            "--config",
            "-C",
            nargs="+",
            action="extend",
            default=[],
            metavar="KEY=VALUE",
            help="what replaces values of config.yaml, as Snakemake takes it",
        )


def settings(
    study: str | None,
    directory: str | None = None,
    changes: Sequence[str] = (),
    files: Sequence[str] = (),
) -> Settings:
    """The settings that a command line names.

    Args:
        study: the study file as the caller sees it; by default the one that config.yaml names.
        directory: the working folder; by default the project's.
        changes: what the command line changes in config.yaml, `key=value` as Snakemake takes it.
        files: further files of configuration, as the caller sees them; they go before `changes`.

    Raises:
        UserError: a file is missing or wrong.
    """
    import yaml

    folder = Path(directory).absolute() if directory else PROJECT
    file = next((path for path in (folder / "config.yaml", PROJECT / "config.yaml") if path.exists()), None)
    if file is None:
        raise UserError(
            problem(f"{PROJECT}/config.yaml", "no such file", "how studies are run", "Restore it.")
        )
    shown = Path(os.path.relpath(file)).as_posix() if file.is_relative_to(Path.cwd()) else str(file)
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(problem(shown, str(error), "a YAML file")) from error
    own = config["study"]
    for other in files:
        config = _merged(config, _read(other))
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals:
            raise UserError(problem("--config", change, "KEY=VALUE"))
        config = _merged(config, {name: yaml.safe_load(value)})
    # one that the command line names is seen from where the caller is
    if study is None and (any(change.startswith("study=") for change in changes) or config["study"] != own):
        study = str(config["study"])
    config = load_config({**config, "study": study} if study else config, shown)
    places = (Path.cwd(), PROJECT) if study else (folder, PROJECT)
    path = found_study(config["study"], *places)
    others = tuple(change for change in changes if not change.startswith("study="))
    absolute = tuple(str(Path(other).absolute()) for other in files)
    return Settings(folder, config, load_study(path), others, absolute)


def _read(path: str) -> dict:
    """A file of configuration.

    Raises:
        UserError: it cannot be read, or is no mapping.
    """
    import yaml

    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(problem(f"--configfile {path}", str(error), "a YAML file")) from error
    if not isinstance(found, dict):
        raise UserError(problem(f"--configfile {path}", found, "keys of config.yaml with their values"))
    return found


def _merged(one: dict, other: dict) -> dict:
    """`one` with what `other` says in its place, mappings key by key, as Snakemake does."""
    result = dict(one)
    for name, value in other.items():
        both = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = _merged(result[name], value) if both else value
    return result
