"""Students from the Hugging Face hub: downloaded once at a pinned revision, and verified.

Files go through the hub's own cache (`HF_HOME`), so that studies share a download and an interrupted one goes
on where it stopped. The cache names each file by the digest that the hub recorded for it, and every file is
compared with that digest after the download: offline too. A key for gated models is read from `HF_TOKEN`.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.redaction import redact

# What a served model needs; weights in other formats and a repository's pictures stay behind.
_WANTED = ["*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "*.tiktoken"]
_UNWANTED = ["*/*"]
_BLOCK = 2**20


def download(
    where: str, model: str, revision: str, digests: dict[str, str] | None = None
) -> tuple[Path, str]:
    """The folder of a model in the hub's cache, downloaded if need be, and the commit that it is of.

    Args:
        where: the study's key, such as `students.s`, for messages.
        model: `<owner>/<name>`.
        revision: a commit, or a branch or tag that stands for one.
        digests: SHA-256 by file name, as the study records them; all files are compared with the hub's.

    Raises:
        UserError: the model or revision does not exist, is gated, cannot be reached, or a file differs from
            its recorded digest.
    """
    from huggingface_hub import snapshot_download

    with _explained(where, model, revision):
        folder = Path(
            snapshot_download(
                model, revision=revision, allow_patterns=_WANTED, ignore_patterns=_UNWANTED, max_workers=4
            )
        )
    _verify(where, folder, digests or {})
    return folder, folder.name


def check_reachable(where: str, model: str, revision: str) -> None:
    """See that a model is in the cache, or can be had from the hub.

    Raises:
        UserError: as `download`, without downloading.
    """
    from huggingface_hub import model_info, snapshot_download, try_to_load_from_cache
    from huggingface_hub.errors import LocalEntryNotFoundError

    if isinstance(try_to_load_from_cache(model, "config.json", revision=revision), str):
        try:
            snapshot_download(
                model,
                revision=revision,
                allow_patterns=_WANTED,
                ignore_patterns=_UNWANTED,
                local_files_only=True,
            )
            return
        except LocalEntryNotFoundError:
            pass
    with _explained(where, model, revision):
        model_info(model, revision=revision, timeout=20)


@contextmanager
def _explained(where: str, model: str, revision: str):
    """Turn the hub's errors into a `UserError` that names the student and the mend."""
    import httpx
    from huggingface_hub import errors

    place = f"{where}, key 'model'"
    try:
        yield
    except errors.GatedRepoError:
        mend = "Accept the model's terms on its page, and set HF_TOKEN to a token of that account."
        raise UserError(
            problem(place, f"{model} (gated)", "a model that this account may download", mend)
        ) from None
    except errors.RevisionNotFoundError:
        mend = "Name a commit, tag or branch of the model; the default is main."
        raise UserError(
            problem(f"{where}, key 'revision'", revision, f"a revision of {model}", mend)
        ) from None
    except errors.RepositoryNotFoundError:
        mend = "Mend the name; for a private model set HF_TOKEN in the environment."
        raise UserError(problem(place, model, "a model of the hub", mend)) from None
    except (
        errors.LocalEntryNotFoundError,
        errors.OfflineModeIsEnabled,
        httpx.TransportError,
        OSError,
    ) as error:
        if isinstance(error, OSError) and error.errno == 28:
            raise UserError(f"{where}: the disk of the hub's cache is full ({error}). Free space.") from None
        reason = redact(" ".join(str(error).split()))[:200]
        mend = (
            "Run this where the hub can be reached (HF_HOME names the cache, HF_ENDPOINT another hub), "
            "or download the model elsewhere and use `source: path`."
        )
        raise UserError(
            problem(place, f"{model} is not in the cache and cannot be had ({reason})", "a network", mend)
        ) from None


def _verify(where: str, folder: Path, digests: dict[str, str]) -> None:
    names = {path.name for path in folder.iterdir()}
    for name in sorted(set(digests) - names):
        raise UserError(problem(f"{where}, key 'digests'", name, "a file of the model", "Delete the line."))
    for path in sorted(folder.iterdir()):
        stored = path.resolve()
        _compare(where, path, stored.name, "It was deleted: run this again to download it anew.", delete=True)
        if path.name in digests:
            mend = "If the study's digest is right, the hub's file is another: name the commit that is meant."
            _compare(f"{where}, key 'digests'", path, digests[path.name], mend)


def _compare(where: str, path: Path, recorded: str, mend: str, delete: bool = False) -> None:
    found = _sha256(path) if len(recorded) == 64 else _git_blob(path)
    if found != recorded:
        if delete:
            path.resolve().unlink()
            path.unlink()
        raise UserError(problem(f"{where}: {path}", f"the digest {found}", recorded, mend))


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
