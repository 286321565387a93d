"""Do the files of a study still match their manifests? Every digest is computed again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.running.manifests import FOLDER, Kept, Manifest, by_output, kept, manifests_below, read_manifest

# what stands beside the results in a study's folder: about jobs, or written by other commands
BESIDE_RESULTS = (
    FOLDER,
    "logs",
    "benchmarks",
    "report.html",
    "report.zip",
    "plan",
    "second_opinion",
    "audit.html",
    "audit.json",
)
_REMAKE = "Delete it and run the workflow, which makes it again."


@dataclass(frozen=True)
class Check:
    """What was found.

    Attributes:
        n_manifests: manifests read.
        n_files: results whose digests were computed.
        problems: one line for each file that does not match: file, found, expected, fix.
    """

    n_manifests: int
    n_files: int
    problems: list[str]


def check_results(results: Path | str, may_be_gone: Callable[[str], bool] = lambda path: False) -> Check:
    """Compare all results of a study, and what they were made from, with their manifests.

    Args:
        results: the study's folder, relative to where the workflow runs, as in the manifests.
        may_be_gone: whether a result is one that is deleted once it was used.

    Raises:
        UserError: there is no such folder, or no manifest in it.
    """
    folder = Path(results)
    paths = manifests_below(folder)
    if not paths:
        fix = "Name the study with --study, and run it first."
        raise UserError(problem(f"{folder / FOLDER}", "no manifests", "those of a study's jobs", fix))
    problems: list[str] = []
    manifests: list[Manifest] = []
    for path in paths:
        try:
            manifests.append(read_manifest(path))
        except UserError as error:
            problems.append(str(error))
    owners = by_output(manifests)
    now = cache(_now)
    deleted = {path for path in owners if may_be_gone(path) and now(path) is None}
    for output, manifest in sorted(owners.items()):
        if output in deleted:
            continue
        problems += _differences(output, manifest.outputs[output], now(output))
    for manifest in manifests:
        own = [path for path in manifest.outputs if owners[path] is manifest]
        if own:
            there = {path: digest for path, digest in manifest.inputs.items() if path not in deleted}
            problems += _other_inputs(own[0], there, now)
    problems += _without_manifest(folder, set(owners))
    return Check(len(paths), len(owners) - len(deleted), problems)


def _now(path: str) -> Kept | None:
    """A file or folder as it is; None where there is none."""
    return kept(path) if Path(path).exists() else None


def _differences(path: str, then: Kept, now: Kept | None) -> Iterator[str]:
    """One line for a file that is not what it was; of a folder, one for each of its files."""
    if now is None:
        yield problem(path, "no such file", f"what its manifest names ({_short(then)})", _REMAKE)
    elif then.sha256 == now.sha256:
        return
    elif then.files is None or now.files is None:
        yield problem(path, _short(now), f"{_short(then)}, as its manifest says", _REMAKE)
    else:
        fix = f"Delete {path} and run the workflow, which makes it again."
        for name in sorted(then.files.keys() | now.files.keys()):
            before, after = then.files.get(name), now.files.get(name)
            if before and after and before.sha256 == after.sha256:
                continue
            found = _short(after) if after else "no such file"
            expected = f"{_short(before)}, as its manifest says" if before else "no such file"
            yield problem(f"{path}/{name}", found, expected, fix)


def _other_inputs(made: str, files: dict[str, str], now: Callable[[str], Kept | None]) -> Iterator[str]:
    """One line for each file that a result was made from and that is another now."""
    for path, digest in files.items():
        found = now(path)
        if found is None or found.sha256 != digest:
            shown = f"{path} ({_short(found)})" if found else f"no {path}"
            expected = f"that file as this was made from it ({_cut(digest)})"
            yield problem(made, shown, expected, "Run the workflow, or put the input back.")


def _without_manifest(folder: Path, known: set[str]) -> Iterator[str]:
    """One line for each file among the results that no manifest names."""
    for path in sorted(_files(folder, known)):
        fix = "Delete it; where it is a result, run the workflow, which makes it again."
        yield problem(path, "a file without a manifest", "results of finished jobs alone", fix)


def _files(folder: Path, known: set[str], beside: Collection[str] = BESIDE_RESULTS) -> Iterator[str]:
    """Files below a folder that are not known; right in it, not those of the names `beside` either."""
    for entry in folder.iterdir():
        if entry.as_posix() in known or entry.name in beside:
            continue
        if entry.is_dir():
            yield from _files(entry, known, ())
        else:
            yield entry.as_posix()


def _short(found: Kept) -> str:
    return _cut(found.sha256)


def _cut(digest: str) -> str:
    return f"sha256 {digest[:12]}"
