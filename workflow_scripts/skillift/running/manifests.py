"""What made a result: one manifest for each job, written before Snakemake counts the job as complete.

`results/<study>/manifests/<first output, below results/<study>>.json` says which rule made which files with
which settings and code, out of which inputs, from which commit, with which packages, on which device and
when. Files stand with their SHA-256, the files of a folder each. A digest over the manifest itself, `sha256`,
shows a later edit. No job reads manifests, so they change nothing of what is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from skillift.errors import UserError, problem
from skillift.provenance import canonical

FOLDER = "manifests"
_NOT_CONTENT = ".snakemake_timestamp"  # Snakemake adds it to folders after their job


@dataclass(frozen=True)
class Kept:
    """One file or folder as it was when a job ended.

    Attributes:
        sha256: of a file's bytes; of a folder, over its files' names and digests.
        stamp: of a file in a folder, its size in bytes and time of change in ns: while they stay, so does its
            digest. Files that are outputs themselves have none: Snakemake sets their times after the job.
        files: of a folder, its files by relative path.
    """

    sha256: str
    stamp: tuple[int, int] | None = None
    files: dict[str, Kept] | None = None


@dataclass(frozen=True)
class Manifest:
    """What made the files of one job.

    Attributes:
        rule: the rule, and by `wildcards` which of its jobs.
        params: the params that Snakemake compares, by name, as it does (`repr`): `spec`, `code` and others.
        command: the rule's shell command, before anything is filled in.
        inputs: SHA-256 of every input file or folder.
        outputs: the files and folders that it made.
        made: when and where, and with what; it takes no part in comparisons.
    """

    rule: str
    wildcards: dict[str, str]
    params: dict[str, str]
    command: str
    inputs: dict[str, str]
    outputs: dict[str, Kept]
    made: dict[str, object] = field(default_factory=dict)


def manifest_path(results: Path | str, output: str) -> Path:
    """Where the manifest of the job with that first output stands.

    Args:
        results: the study's folder of results.
        output: a path below it.
    """
    return Path(results, FOLDER, f"{Path(output).relative_to(results).as_posix()}.json")


def made_by(
    results: Path | str,
    rule: str,
    wildcards: Mapping[str, str],
    params: Mapping[str, object],
    command: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    made: Mapping[str, object],
) -> Manifest:
    """The manifest of a job that has just ended; see `Manifest`.

    Models are read once: digests that a job has written beside its model (`manifest.json`) are taken over, as
    are those of an input folder that is as its own manifest says.

    Raises:
        UserError: an input or output cannot be read.
    """
    own = _own_digests(outputs)
    return Manifest(
        rule,
        dict(wildcards),
        {name: repr(value) for name, value in params.items()},
        command,
        {path: _kept_before(results, path).sha256 for path in inputs},
        {path: kept(path, own) for path in outputs},
        dict(made),
    )


def kept(path: Path | str, known: Mapping[str, str] | None = None) -> Kept:
    """A file or folder as it is now.

    Args:
        path: the file or folder.
        known: digests of files, by path, that need not be computed.

    Raises:
        UserError: it is missing or cannot be read.
    """
    known = known or {}
    try:
        if Path(path).is_dir():
            inside = {name: Path(path, name) for name in _files(path)}
            files = {name: Kept(_sha256(file, known), _stamp(file)) for name, file in inside.items()}
            return Kept(_digest({name: file.sha256 for name, file in files.items()}), files=files)
        return Kept(_sha256(path, known))
    except OSError as error:
        raise UserError(problem(str(path), error.strerror or str(error), "a readable file")) from None


def unchanged(folder: Path | str, before: Kept) -> bool:
    """Whether a folder has the files that it had then, each with its size and time of change."""
    return (
        before.files is not None
        and _files(folder) == sorted(before.files)
        and all(_stamp(Path(folder, name)) == file.stamp for name, file in before.files.items())
    )


def write_manifest(manifest: Manifest, results: Path | str) -> Path:
    """Write a manifest to its place, atomically.

    Raises:
        UserError: the file cannot be written.
    """
    path = manifest_path(results, next(iter(manifest.outputs)))
    content: dict = _plain(asdict(manifest))
    text = json.dumps({**content, "sha256": _digest(content)}, indent=1) + "\n"
    temporary = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        fix = "Free space or permissions are needed."
        raise UserError(
            problem(str(path), error.strerror or str(error), "a file that can be written", fix)
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
    return path


def read_manifest(path: Path | str) -> Manifest:
    """Read the record of what made a result, and see that nobody has changed it.

    Raises:
        UserError: it is missing, is not a manifest, or was changed after it was written.
    """
    fix = "Make its files again: delete them and run the workflow."
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        sealed = content.pop("sha256")
        if sealed != _digest(content):
            raise UserError(problem(str(path), "a manifest that was edited", "it as it was written", fix))
        outputs = {name: _read_kept(entry) for name, entry in content.pop("outputs").items()}
        return Manifest(outputs=outputs, **content)
    except FileNotFoundError:
        raise UserError(problem(str(path), "no such file", "the manifest of a job", fix)) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(problem(str(path), str(error), "a manifest", fix)) from None


def by_output(manifests: Iterable[Manifest]) -> dict[str, Manifest]:
    """The manifest of each output; the latest, where a rule that changed left an earlier one behind."""
    in_time = sorted(manifests, key=lambda manifest: str(manifest.made.get("ended", "")))
    return {path: manifest for manifest in in_time for path in manifest.outputs}


def manifests_below(results: Path | str) -> list[Path]:
    """All manifests of a study's folder of results, sorted."""
    return sorted(Path(results, FOLDER).rglob("*.json"))


def _kept_before(results: Path | str, path: str) -> Kept:
    """An input now; a folder that is as its job left it is not read again."""
    found = Path(path)
    if found.is_dir() and found.is_relative_to(results) and manifest_path(results, path).is_file():
        before = read_manifest(manifest_path(results, path)).outputs.get(path)
        if before and unchanged(path, before):
            return before
    return kept(path)


def _own_digests(outputs: Sequence[str]) -> dict[str, str]:
    """Digests of model files, by path, that a job has written into a `manifest.json` beside them."""
    beside = [Path(path) for path in outputs if Path(path).name == "manifest.json"]
    folders = [Path(path) for path in outputs if Path(path).is_dir()]
    found = {}
    for manifest in beside:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        parts = {"": content, **{f"step-{step}": part for step, part in content.get("steps", {}).items()}}
        for folder in folders:
            for part, entry in parts.items():
                for name, digest in entry.get("digests", {}).items():
                    found[str(folder / part / name)] = digest
    return found


def _files(folder: Path | str) -> list[str]:
    """The files below a folder, by relative path with forward slashes, sorted."""
    return sorted(_walk(Path(folder), ""))


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        elif entry.name != _NOT_CONTENT:
            yield f"{prefix}{entry.name}"


def _sha256(path: Path | str, known: Mapping[str, str]) -> str:
    if str(path) in known:
        return known[str(path)]
    with Path(path).open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _stamp(path: Path | str) -> tuple[int, int]:
    found = Path(path).stat()
    return found.st_size, found.st_mtime_ns


def _read_kept(entry: dict) -> Kept:
    files = entry["files"]
    return Kept(
        entry["sha256"],
        tuple(entry["stamp"]) if entry["stamp"] else None,
        None if files is None else {name: _read_kept(file) for name, file in files.items()},
    )


def _plain(content: object) -> Any:
    """The same as JSON gives it back."""
    return json.loads(json.dumps(content))


def _digest(content: object) -> str:
    return sha256(canonical(content).encode()).hexdigest()
