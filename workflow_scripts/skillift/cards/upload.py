"""Uploads to the Hugging Face hub: files and their card in one commit, to a private repository."""

from __future__ import annotations

from pathlib import Path

from skillift.errors import UserError
from skillift.redaction import redact


def push(kind: str, repository: str, card: Path, files: list[Path]) -> str:
    """Upload files and a card in one commit, to a private repository that is made if need be.

    Args:
        kind: `model` or `dataset`.
        repository: `<owner>/<name>`.
        card: becomes README.md.
        files: keep their names.

    Returns:
        The commit.

    Raises:
        UserError: the hub cannot be reached, or refuses the token or the repository.
    """
    import httpx
    from huggingface_hub import CommitOperationAdd, HfApi, errors

    api = HfApi()
    operations = [CommitOperationAdd("README.md", card)]
    operations += [CommitOperationAdd(path.name, path) for path in files]
    try:
        api.create_repo(repository, repo_type=kind, private=True, exist_ok=True)
        done = api.create_commit(repository, operations, commit_message="Upload by skillift", repo_type=kind)
    except (OSError, httpx.HTTPError, errors.LocalTokenNotFoundError) as error:
        reason = redact(" ".join(str(error).split()))[:200]
        raise UserError(
            f"{repository}: the hub took no upload ({reason}). Expected are a network, HF_TOKEN with the "
            "right to write, and in config.yaml as hub.owner an account that the token belongs to."
        ) from None
    return done.oid
