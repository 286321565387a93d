"""Settings of emulated runs: recipes that train nothing and borrow the training of a smaller student."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_serializer

from skillift.settings.base import Settings, chosen_by
from skillift.settings.training import Recipe
from skillift.settings.values import Amount, Id


class TunedStudent(Settings):
    """A training of another student."""

    student: Id
    """The student that was trained; a key of `students`."""
    recipe: Id
    """The recipe of its training, which is of the same seed as the emulated run."""


class EmulatedRecipe(Settings):
    """Emulated fine-tuning: nothing is trained, and another student's training is borrowed."""

    objective: Literal["emulated"]
    """What is optimised, a module of `skillift/training/objectives/`. `sft` is the likelihood of the
    demonstration, given the prompt; `dpo` that of the right answer of a preference pair against the wrong
    one, beside a reference (direct preference optimisation); `grpo` that of the student's own answers that
    are right, against its others to the same task (group relative policy optimisation). `emulated` trains
    nothing and takes none of the keys of the others: to the student's next-token scores comes `weight` times
    the difference of another student's after and before its training (`from`)."""
    from_: TunedStudent = Field(alias="from")
    """For `emulated`: whose training is borrowed. It has the same tokenizer, and all are answered by
    `inference.engine: transformers`."""
    weight: Amount = 1.0
    """For `emulated`: weight of that difference."""

    @model_serializer(mode="wrap")
    def _without_what_is_left_out(self, handler: Callable) -> dict[str, Any]:
        return {"from" if name == "from_" else name: value for name, value in handler(self).items()}


RecipeEntry = Annotated[
    Annotated[Recipe, Tag("Recipe")] | Annotated[EmulatedRecipe, Tag("EmulatedRecipe")],
    Discriminator(chosen_by("objective", Recipe, EmulatedRecipe)),
]
