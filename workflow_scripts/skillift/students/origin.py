"""Where a student comes from, in one sentence, by its manifest: for cards and findings."""

from __future__ import annotations

import re
from collections.abc import Mapping


def origin(manifest: Mapping) -> str:
    """What a student is and where it comes from, such as `owner/name at the commit ...`, without a full stop.

    Args:
        manifest: the student's.
    """
    source = manifest["source"]
    count = f"{manifest['parameter_count']:,} parameters"
    if source["kind"] == "scratch":
        return f"pre-trained from scratch by the workflow, {count}"
    if source["kind"] == "hub":
        said = f"{source['model']} at the commit `{source['commit']}`"
    elif source["kind"] == "package":
        said = f"{_named(source)}, {count}, from {_packages(source)}"
    elif "gguf" in source:
        said = f"{_named(source)}, a file, {count}"
    else:
        said = f"a model folder, {count}"
    return said + (f"; {_quantisation(source['gguf'])}" if "gguf" in source else "")


def licence_difference(source: Mapping) -> str:
    """How the licence that a study names differs from what the packages say; empty where it does not."""
    said = dict.fromkeys(part["licence"] for part in source.get("parts", ()) if "licence" in part)
    others = [licence for licence in said if _plain(licence) != _plain(source["licence"])]
    if not others:
        return ""
    return f"the study names the licence {source['licence']}, the packages' metadata {', '.join(others)}"


def _named(source: Mapping) -> str:
    return source["gguf"].get("name") or source["gguf"]["file"]


def _packages(source: Mapping) -> str:
    """The packages, and who published them: nobody has checked that it is the model's maker."""
    parts = source["parts"]
    named = ", ".join(f"{part['package']} {part['version']}" for part in parts)
    authors = ", ".join(dict.fromkeys(part["author"] for part in parts if "author" in part))
    by = f"by {authors}, as it says itself" if authors else "by somebody whom it does not name"
    licence = licence_difference(source) or f"licence: {source['licence']}"
    packages = f"the Python package{'s' * (len(parts) > 1)} {named}"
    return f"{packages}: a third party's upload ({by}), not known to be the model's maker's; {licence}"


def _quantisation(gguf: Mapping) -> str:
    kinds = ", ".join(f"{count} of {kind}" for kind, count in gguf["tensors"].items())
    kind = gguf.get("file_type", "").removeprefix("MOSTLY_")
    return (
        f"dequantised to float32 from a GGUF file{f' ({kind})' * bool(kind)}, tensors: {kinds}, SHA-256 "
        f"`{gguf['sha256']}`"
    )


def _plain(licence: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", licence.lower())
