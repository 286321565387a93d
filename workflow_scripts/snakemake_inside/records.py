"""Snakemake's records of finished jobs: restored from manifests where they were lost.

Snakemake compares params, code and sets of inputs with the records in `.snakemake/metadata`. Of an output
without a record it trusts whatever is there. Hence, before it plans, the record of each such output is
restored from the manifest of its job, where it is still what that names, and Snakemake finds what was edited
since. What no manifest vouches for is marked as incomplete, and is rebuilt.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from skillift.errors import UserError
from skillift.running.manifests import (
    FOLDER,
    Manifest,
    by_output,
    kept,
    manifests_below,
    read_manifest,
    unchanged,
)
from snakemake_inside.version import tested

_NOT_RESULTS = (FOLDER, "logs", "benchmarks")


def restore_records(workflow: Any, results: Path | str) -> None:
    """Before Snakemake plans: restore the lost records of a study's results, and say so.

    Args:
        workflow: Snakemake's, with all its rules. A job's own Snakemake, as on a cluster, restores nothing.
        results: the study's folder of results.
    """
    from snakemake.logging import logger

    if not tested() or not workflow.is_main_process:
        return
    lost = _restore(results, _is_output_of(workflow.rules))
    if lost.restored or lost.unknown:
        logger.warning(str(lost))


class Lost(NamedTuple):
    """Outputs whose records were lost, sorted: which were restored, and what is to be rebuilt."""

    restored: list[str]
    unknown: list[str]

    def __str__(self) -> str:
        parts = []
        if self.restored:
            parts.append(f"lost for {_some(self.restored)}: restored from the manifests")
        if self.unknown:
            parts.append(
                f"lost for {_some(self.unknown)}, which no manifest vouches for: counted as incomplete, "
                "to be rebuilt"
            )
        return f"Snakemake's records (.snakemake/metadata) were {'; '.join(parts)}."


def _is_output_of(rules: Any) -> Callable[[str], bool]:
    """Whether one of the rules makes files of that name."""
    outputs = [path for rule in rules for path in rule.output]
    named = {str(path) for path in outputs if not path.contains_wildcard()}
    patterns = [path for path in outputs if path.contains_wildcard()]
    return lambda path: path in named or any(pattern.match(path) for pattern in patterns)


def _restore(
    results: Path | str, is_output: Callable[[str], bool], folder: Path | str = ".snakemake"
) -> Lost:
    """Write the lost records of a study's results, and mark as incomplete what has no sound manifest.

    Args:
        results: the study's folder of results.
        is_output: whether a path is one that a rule makes.
        folder: Snakemake's own folder.
    """
    from snakemake.persistence.file import FilePersistence

    if not Path(results).is_dir():
        return Lost([], [])
    records = FilePersistence(nolock=True, path=Path(folder))
    # in this order: a job that ends in between gives up its mark as incomplete after its record is written
    places = (records._incomplete_path, records._metadata_path)
    known = {f"{parent}/{name}" for place in places for parent, _, names in os.walk(place) for name in names}

    def is_known(path: str) -> bool:
        return any(records._record_path(place, path) in known for place in places)

    def has_come(path: str) -> bool:
        """Whether another Snakemake, at work now, has just written a record of it."""
        return any(Path(records._record_path(place, path)).exists() for place in places)

    lost = sorted(set(_without_record(str(results), is_known, is_output)))
    manifests = _by_output(results) if lost else {}
    restored, unknown = [], []
    for path in lost:
        if has_come(path):
            continue
        manifest = manifests.get(path)
        if manifest and _is_as_made(path, manifest):
            records._write_record(path, _record(manifest))
            restored.append(path)
        else:
            records._mark_incomplete(path, None)
            unknown.append(path)
    return Lost(restored, unknown)


def _without_record(
    folder: str, is_known: Callable[[str], bool], is_output: Callable[[str], bool]
) -> Iterator[str]:
    """Outputs below a folder that Snakemake knows nothing of; of a folder that is an output, that."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name in _NOT_RESULTS or is_known(entry.path):
                continue
            if is_output(entry.path):
                yield entry.path
            elif entry.is_dir():
                yield from _without_record(entry.path, is_known, is_output)


def _by_output(results: Path | str) -> dict[str, Manifest]:
    """The sound manifests of a study by each output."""
    sound = []
    for path in manifests_below(results):
        with suppress(UserError):  # its outputs count as unknown; `make verify` says what is wrong with it
            sound.append(read_manifest(path))
    return by_output(sound)


def _is_as_made(path: str, manifest: Manifest) -> bool:
    then = manifest.outputs[path]
    return (Path(path).is_dir() and unchanged(path, then)) or kept(path).sha256 == then.sha256


def _record(manifest: Manifest) -> Any:
    """What Snakemake would have written when the job ended, but for its log and its environment."""
    from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord

    files = {name: digest for name, digest in manifest.inputs.items() if not Path(name).is_dir()}
    return MetadataRecord(
        rule=manifest.rule,
        input=sorted(manifest.inputs),
        log=[],
        shellcmd=manifest.command,
        params=sorted(manifest.params.values()),
        code=manifest.command,
        record_format_version=RECORD_FORMAT_VERSION,
        starttime=datetime.fromisoformat(str(manifest.made["started"])).timestamp(),
        endtime=datetime.fromisoformat(str(manifest.made["ended"])).timestamp(),
        incomplete=False,
        input_checksums={name: f"sha256:{digest}" for name, digest in files.items()},
    )


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(paths[:3]) + more
