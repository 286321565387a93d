"""The command line that does one job of a run again, run as that run was, to be pasted into a shell."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

LOCALLY = ("--cores", "2")


def command_line(
    output: str,
    config: Mapping[str, object] | None = None,
    configfiles: Iterable[Path | str] = (),
    snakefile: Path | str | None = None,
    how: Sequence[str] = LOCALLY,
) -> str:
    """The command line that makes one file and what it needs.

    Args:
        output: the file, as seen from the working folder.
        config: what `--config` has set.
        configfiles: those of `--configfile`.
        snakefile: where it is not the working folder's own.
        how: the options that say where jobs run; see `how_it_runs`.
    """
    program = Path(sys.executable).with_name("snakemake")
    if program.is_relative_to(Path.cwd()):
        program = program.relative_to(Path.cwd())
    words = [str(program), *how]
    if snakefile is not None:
        words += ["--snakefile", str(snakefile)]
    if files := [str(file) for file in configfiles]:
        words += ["--configfile", *files]
    settings = [
        f"{key}={value if isinstance(value, str) else json.dumps(value)}"
        for key, value in (config or {}).items()
    ]
    return shlex.join([*words, *(["--config", *settings] if settings else []), "--", output])


def how_it_runs(arguments: Sequence[str], local: bool, folders: Iterable[Path] = ()) -> list[str]:
    """The options of a Snakemake that say where its jobs run: its profiles, and a cluster's executor.

    Args:
        arguments: those that it was called with.
        local: whether jobs run on its own machine; then they get two cores.
        folders: where a profile given by a relative path may be, if not in the working folder: that of the
            caller, and that of the Snakefile.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--profile", nargs="+", default=[])
    parser.add_argument("--workflow-profile")
    parser.add_argument("--executor", "-e")
    parser.add_argument("--jobs", "-j")
    found, _ = parser.parse_known_args(arguments)
    words = ["--profile", *(_profile(name, folders) for name in found.profile)] if found.profile else []
    if found.workflow_profile:
        words += ["--workflow-profile", _profile(found.workflow_profile, folders)]
    if local:
        return [*words, *LOCALLY]
    for option in ("executor", "jobs"):
        if (value := getattr(found, option)) is not None:
            words += [f"--{option}", value]
    return words


def _profile(name: str, folders: Iterable[Path]) -> str:
    """A profile as the working folder sees it; a name that is no path as it is."""
    if Path(name).exists():
        return name
    return next((str((folder / name).resolve()) for folder in folders if (folder / name).exists()), name)
