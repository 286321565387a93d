"""Students from the Hugging Face hub: downloaded once at a pinned revision, and verified.

Files go through the hub's own cache (`HF_HOME`), so that studies share a download and an interrupted one goes
on where it stopped. The cache names each file by the digest that the hub recorded for it, and every file is
compared with that digest after the download: offline too. Where a cache was copied without its links, or was
filled by a mirror that names files otherwise, there is nothing to compare with: such files are kept, and
noted as not verified. A key for gated models is read from `HF_TOKEN`.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from skillift.errors import UserError, problem
from skillift.redaction import redact
from skillift.students.chat_settings import OWN, ChatSettings
from skillift.students.folder_checks import TOKENIZER_FILES, folder_mistakes, listing_mistakes
from skillift.students.folder_files import file_names, weights_files
from skillift.students.gguf_header import SUFFIX as GGUF_SUFFIX

# What a served model needs; weights in other formats and a repository's pictures stay behind.
_WANTED = ["*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "*.tiktoken"]
_UNWANTED = ["*/*", "consolidated*"]  # Mistral's second copy of the weights
# what tells whether a student can be asked and trained, of a few megabytes
CHAT_FILES = ["tokenizer*.json", "special_tokens_map.json", "generation_config.json", "chat_template.jinja"]
_BLOCK = 2**20
_SMALL = 40  # characters of a small file's digest
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # git's of a small file, SHA-256 of a large one


class Download(NamedTuple):
    """A model in the hub's cache.

    Attributes:
        folder: its files.
        commit: the commit that they are of.
        not_verified: names of files that there was no digest to compare with.
    """

    folder: Path
    commit: str
    not_verified: list[str]


def download(
    where: str, model: str, revision: str, digests: dict[str, str] | None = None, file: str | None = None
) -> Download:
    """A model in the hub's cache, downloaded if need be, and verified as far as the cache allows.

    Args:
        where: the study's key, such as `students.s`, for messages.
        model: `<owner>/<name>`.
        revision: a commit, or a branch or tag that stands for one.
        digests: SHA-256 by file name, as the study records them; all files are compared with the hub's.
        file: the one file that is wanted, a GGUF file; all that a model folder needs where left out.

    Raises:
        UserError: the model, revision or file does not exist, is gated, cannot be reached, or a file differs
            from its recorded digest.
    """
    from huggingface_hub import snapshot_download

    with _explained(where, model, revision):
        folder = Path(
            snapshot_download(
                model,
                revision=revision,
                allow_patterns=[file] if file else _WANTED,
                ignore_patterns=_UNWANTED,
                max_workers=4,
            )
        )
    if file and not (folder / file).is_file():
        raise _no_file(where, model, file, file_names(folder) if folder.is_dir() else set())
    not_verified = verify(where, folder, digests or {})
    if not_verified:
        print(
            f"{where}: not verified, as the cache does not name them by the hub's digests (a copy without "
            f"links, or a mirror): {', '.join(not_verified)}. `digests` in the study would verify them.",
            file=sys.stderr,
        )
    return Download(folder, folder.name, not_verified)


def cached_bytes(model: str) -> int:
    """What the hub's cache holds of a model, parts of files included."""
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.file_download import repo_folder_name

    blobs = Path(HF_HUB_CACHE, repo_folder_name(repo_id=model, repo_type="model"), "blobs")
    return sum(path.stat().st_size for path in blobs.glob("*"))


def cached_folder(model: str, revision: str, file: str | None = None) -> Path | None:
    """The folder of a model in the hub's cache, or its GGUF `file`; None where its tokenizer is not there."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(model, file or "tokenizer_config.json", revision=revision)
    if not isinstance(found, str):
        return None
    return Path(found) if file else Path(found).parent


def check_reachable(
    where: str,
    model: str,
    revision: str,
    engine: str | None = None,
    chat: ChatSettings = OWN,
    file: str | None = None,
) -> None:
    """See that a model is in the cache, or can be had from the hub, and that it can be a student.

    Args:
        where: the study's key, such as `students.s`, for messages.
        model: `<owner>/<name>`.
        revision: a commit, or a branch or tag.
        engine: the study's; see `folder_checks.folder_mistakes`.
        chat: what the study says of the chat format; see there.
        file: the GGUF file that is wanted, if one is.

    Raises:
        UserError: as `download`, without downloading more than config.json; or what is wrong with the model's
            folder in the cache, or with its list of files and its configuration.
    """
    from huggingface_hub import hf_hub_download, model_info, snapshot_download, try_to_load_from_cache
    from huggingface_hub.errors import LocalEntryNotFoundError

    if file and (cached := cached_folder(model, revision, file)):
        return _refuse(where, folder_mistakes(cached, engine, chat))
    if not file and isinstance(try_to_load_from_cache(model, "config.json", revision=revision), str):
        try:
            folder = snapshot_download(
                model,
                revision=revision,
                allow_patterns=_WANTED,
                ignore_patterns=_UNWANTED,
                local_files_only=True,
            )
            if _is_complete(Path(folder)):
                return _refuse(where, folder_mistakes(folder, engine, chat))
        except LocalEntryNotFoundError:
            pass
    with _explained(where, model, revision):
        siblings = model_info(model, revision=revision, timeout=20).siblings or []
        names = {each.rfilename for each in siblings if "/" not in each.rfilename}
        if file:
            if file not in names:
                raise _no_file(where, model, file, names)
            return None  # what its header says is known once it is there
        config = "config.json" in names and hf_hub_download(model, "config.json", revision=revision)
    folder = Path(config).parent if config else Path(f"{model} on the hub")
    return _refuse(where, listing_mistakes(folder, names, engine))


def tokenizer_folder(where: str, model: str, revision: str) -> Path:
    """The folder of a model in the hub's cache with its tokenizer and chat template, downloaded if need be.

    Args:
        where: the study's key, such as `students.s`, for messages.
        model: `<owner>/<name>`.
        revision: a commit, or a branch or tag.

    Raises:
        UserError: as `download`.
    """
    from huggingface_hub import snapshot_download

    with _explained(where, model, revision):
        return Path(snapshot_download(model, revision=revision, allow_patterns=CHAT_FILES))


def _no_file(where: str, model: str, file: str, names: set[str]) -> UserError:
    others = sorted(name for name in names if name.endswith(GGUF_SUFFIX))
    expected = f"a GGUF file of {model}" + (f" ({', '.join(others)})" if others else ", which has none")
    return UserError(problem(f"{where}, key 'file'", file, expected))


def _is_complete(folder: Path) -> bool:
    """Whether a folder of the cache has weights and a tokenizer; an interrupted download leaves a part."""
    names = file_names(folder)
    try:
        return bool(weights_files(folder, names) and names & set(TOKENIZER_FILES))
    except UserError:
        return False


def _refuse(where: str, mistakes: list[str]) -> None:
    if mistakes:
        raise UserError("\n".join(f"{where}: {line}" for line in mistakes))


@contextmanager
def _explained(where: str, model: str, revision: str) -> Iterator[None]:
    """Turn the hub's errors into a `UserError` that names the student and the fix."""
    import httpx
    from huggingface_hub import errors

    place = f"{where}, key 'model'"
    try:
        yield
    except errors.GatedRepoError:
        fix = "Accept the model's terms on its page, and set HF_TOKEN to a token of that account."
        raise UserError(
            problem(place, f"{model} (gated)", "a model that this account may download", fix)
        ) from None
    except errors.RevisionNotFoundError:
        fix = "Name a commit, tag or branch of the model; the default is main."
        raise UserError(
            problem(f"{where}, key 'revision'", revision, f"a revision of {model}", fix)
        ) from None
    except errors.RepositoryNotFoundError:
        fix = "Correct the name; for a private model set HF_TOKEN in the environment."
        raise UserError(problem(place, model, "a model of the hub", fix)) from None
    except (
        errors.LocalEntryNotFoundError,
        errors.OfflineModeIsEnabled,
        httpx.TransportError,
        OSError,
    ) as error:
        if isinstance(error, OSError) and error.errno == 28:
            raise UserError(f"{where}: the disk of the hub's cache is full ({error}). Free space.") from None
        reason = redact(" ".join(str(error).split()))[:200]
        fix = (
            "Run this where the hub can be reached (HF_HOME names the cache, HF_ENDPOINT another hub), "
            "or download the model elsewhere and use `source: path`."
        )
        raise UserError(
            problem(place, f"{model} is not in the cache and cannot be had ({reason})", "a network", fix)
        ) from None


def verify(where: str, folder: Path, digests: dict[str, str]) -> list[str]:
    """Compare the files of a model with their digests.

    The study's digests go first. The cache's names are taken for the hub's digests where another file of the
    same kind agrees with its own: a mirror may name files by anything, and then nothing can be said against a
    file. Where just the small files agree, the user has to say which it is.

    Args:
        where: the study's key, for messages.
        folder: the model's, `models--<owner>--<name>/snapshots/<commit>` in a cache.
        digests: SHA-256 by file name, as the study records them.

    Returns:
        The names of the files that there is nothing to compare with.

    Raises:
        UserError: a file differs from its digest; one that the cache itself has stored is deleted.
    """
    files = {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    for name in sorted(set(digests) - set(files)):
        raise UserError(problem(f"{where}, key 'digests'", name, "a file of the model", "Delete the line."))
    for name, expected in digests.items():
        if (digest := _sha256(files[name])) != expected:
            fix = "If the study's digest is right, the hub's file is another: name the commit that is meant."
            place = f"{where}, key 'digests': {files[name]}"
            raise UserError(problem(place, f"the digest {digest}", expected, fix))
    recorded = {name: _recorded_digest(folder, path) for name, path in files.items() if name not in digests}
    found = {name: _digest_like(files[name], noted) for name, noted in recorded.items() if noted}
    agreeing = {name for name in found if found[name] == recorded[name]}
    known_lengths = {len(recorded[name]) for name in agreeing}
    for name in sorted(found.keys() - agreeing):
        path = files[name]
        if len(recorded[name]) not in known_lengths and _SMALL in known_lengths:
            fix = (
                f"If that is the SHA-256 on the model's page, a mirror has named the file: write `digests: "
                f"{{{name}: {found[name]}}}` in the study. If not, delete the file, and run this again."
            )
            raise UserError(problem(f"{where}: {path}", f"the digest {found[name]}", recorded[name], fix))
        if len(recorded[name]) in known_lengths:
            path.resolve().unlink()  # the cache's own file, which the next download puts there again
            path.unlink()
            fix = "It was deleted: run this again to download it again."
            raise UserError(problem(f"{where}: {path}", f"the digest {found[name]}", recorded[name], fix))
    return [name for name in recorded if name not in agreeing]


def _recorded_digest(folder: Path, path: Path) -> str:
    """The digest that the cache names a file by; empty where the file is no link into the cache's `blobs`."""
    stored = path.resolve()
    in_cache = path.is_symlink() and stored.parent == (folder.parent.parent / "blobs").resolve()
    return stored.name if in_cache and _DIGEST.fullmatch(stored.name) else ""


def _digest_like(path: Path, digest: str) -> str:
    """The digest of a file, of the kind that `digest` is: SHA-256 of large files, git's of small ones."""
    return _sha256(path) if len(digest) == 64 else _git_blob(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _git_blob(path: Path) -> str:
    """The digest by which git, and the hub for small files, names a content."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
