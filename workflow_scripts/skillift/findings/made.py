"""When, by which version and from which commit a page is made, for its citation."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.findings.findings_page import Made
from skillift.publication.html_parts import read_part
from skillift.running.surroundings import commit_of


def made_now(citation: Path, table: bytes = b"") -> Made:
    """What a page that is made now says of that; SOURCE_DATE_EPOCH names another day.

    Args:
        citation: CITATION.cff, which has the version.
        table: the bytes of `findings.csv`.

    Raises:
        UserError: the file has no version.
    """
    return Made(_today(), _version(citation), _commit(), table)


def _today() -> str:
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    day = datetime.fromtimestamp(int(seconds), UTC) if seconds else datetime.now(UTC)
    return day.date().isoformat()


def _version(citation: Path) -> str:
    import yaml

    try:
        return str(yaml.safe_load(read_part(citation))["version"])
    except (yaml.YAMLError, KeyError, TypeError):
        fix = "Take the file from the repository."
        raise UserError(problem(str(citation), "no version", "the key `version`", fix)) from None


def _commit() -> str:
    found = commit_of(Path(__file__).resolve().parent)
    if found is None:
        return ""
    return f"{str(found['commit'])[:12]}{' with changes' if found['dirty'] else ''}"
