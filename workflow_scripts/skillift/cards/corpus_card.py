"""The card of a corpus, in the form of the Hugging Face hub: how its rows were chosen, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from skillift.cards.card_text import TAGS, rendered, settings_rows

if TYPE_CHECKING:
    from skillift.settings.publication_specs import DatasetCardSpec

WORKED = "the worked solutions that come with the tasks"  # a teacher, in words
_ROWS_OF_SIZE = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))


def dataset_card(
    template: str, spec: DatasetCardSpec, corpus: pl.DataFrame, sha256: str, tables: Mapping
) -> str:
    """The card of one corpus in the hub's form: where its rows come from, and how many were rejected.

    Args:
        template: text of the Jinja template.
        spec: what the card says.
        corpus: contract CORPUS.
        sha256: of its file.
        tables: demonstrations and tasks, contracts DEMONSTRATIONS and TASKS.

    Raises:
        UserError: the template is not usable.
    """
    from huggingface_hub import DatasetCardData

    written = tables["demonstrations"]
    skills = corpus.join(tables["tasks"], on="task_id")["skill_id"].value_counts()["count"]
    size = next((name for limit, name in _ROWS_OF_SIZE if corpus.height < limit), "100K<n<1M")
    data = DatasetCardData(
        pretty_name=f"{spec.study}: {spec.corpus}",
        task_categories=["text-generation"],
        size_categories=[size],
        annotations_creators=["machine-generated"],
        language_creators=["machine-generated"],
        tags=TAGS,
    )
    values = {
        "front_matter": data.to_yaml(),
        "settings": settings_rows(spec.settings.model_dump()),
        "condition": spec.settings.condition,
        "demonstrations": written.height,
        "tasks": written["task_id"].n_unique(),
        "passed": written["passed"].fill_null(False).sum(),
        "failed": (~written["passed"]).sum(),
        "unscored": written["passed"].null_count(),
        "sha256": sha256,
        "rows": corpus.height,
        "skills": len(skills),
        "fewest": skills.min(),
        "most": skills.max(),
        **_wrong_answers(spec, corpus, written),
    }
    return rendered(template, {**spec.model_dump(), **values})


def _wrong_answers(spec: DatasetCardSpec, corpus: pl.DataFrame, written: pl.DataFrame) -> dict[str, object]:
    """How many rows are answers that the judge failed or gave no verdict on, and where these come from."""
    taken = corpus.join(written.select("task_id", "attempt", "passed"), on=["task_id", "attempt"], how="left")
    settings = spec.settings
    return {
        "like": settings.like,
        "wrong_share": settings.wrong_share,
        "rejected": settings.rejected,
        "verified": settings.verified,
        "wrong_rows": (~taken["passed"]).sum(),
        "unscored_rows": taken["passed"].null_count(),
        "makes_wrong": spec.teacher == WORKED,
    }
