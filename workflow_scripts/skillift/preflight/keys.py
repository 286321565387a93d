"""Keys that the environment lacks for the models behind an API that a study names.

For a study that is refused anyway, so that its list is whole: whether a job needs a key is known when jobs
are planned (`skillift.preflight.access`).
"""

from __future__ import annotations

from skillift.errors import UserError
from skillift.preflight.models import chat_models
from skillift.study.study import Study


def mistakes(study: Study) -> list[str]:
    """One line for each model whose provider's key is missing, or whose provider nobody knows."""
    from skillift.chat.access import check_key

    found = []
    for model in chat_models(study):
        try:
            check_key(model)
        except UserError as error:
            found.append(str(error))
    return found
