"""The models behind an API that a study names, and whether their prices are known."""

from __future__ import annotations

from skillift.chat.models import ChatModel
from skillift.errors import UserError
from skillift.settings.chat_models import PARAPHRASER, ApiTeacher, Judge, Paraphraser
from skillift.settings.models import ApiReference
from skillift.study.study import Study


def chat_models(study: Study) -> list[ChatModel]:
    """Judges, teacher, paraphraser and reference models that are asked over an API, by their places.

    Raises:
        UserError: an entry names no model.
    """
    entries: dict[str, Judge | ApiTeacher | Paraphraser | ApiReference] = {
        f"judges.{name}": entry for name, entry in study.declared.judges.items()
    }
    if isinstance(study.declared.teacher, ApiTeacher):
        entries["teacher"] = study.declared.teacher
    # a section with mistakes is not there
    if hasattr(study.declared, "inference") and (paraphraser := study.paraphraser):
        entries[PARAPHRASER] = paraphraser
    for name, entry in study.declared.references.items():
        if isinstance(entry, ApiReference):
            entries[f"references.{name}"] = entry
    models = [ChatModel.from_entry(entry, where) for where, entry in sorted(entries.items())]
    return [model for model in models if not model.offline]


def unknown_prices(study: Study, api: dict) -> list[str]:
    """One line for each model without a price, where config.yaml sets a budget.

    Args:
        study: the study.
        api: `api` in config.yaml.
    """
    if api.get("budget_usd") is None and not api.get("budgets_usd"):
        return []
    from skillift.chat.budget import price_of  # litellm takes seconds to import

    found = []
    try:
        models = chat_models(study)
    except UserError as error:
        return [str(error)]
    for model in models:
        try:
            price_of(model)
        except UserError as error:
            found.append(str(error))
    return found
