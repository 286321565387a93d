"""Settings of models behind a chat API: judges, teachers, paraphrasers, and when their jobs give up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from skillift.settings.base import LeftOut, OrNull, Settings, chosen_by
from skillift.settings.values import (
    Address,
    Amount,
    ApiModel,
    PartialShare,
    Positive,
    PositiveNumber,
    PositiveShare,
    Seed,
    Share,
    Temperature,
    Template,
)

ResponseFormat = Literal["json_schema", "json_object", "none"]


PARAPHRASER = "inference.interventions.paraphrase"  # place of that entry in a study file


class Price(Settings):
    """What tokens cost."""

    input_per_million: Amount
    """Prompt tokens (USD per million tokens)."""
    output_per_million: Amount
    """Completion tokens (USD per million tokens)."""


class _ChatModel(Settings):
    model: ApiModel
    """Name of the model as litellm knows it, `<provider>/<model>`. Judges may be `offline/conclusion` and
    `offline/tail`, which need no key."""
    api_base: LeftOut[Address] = None
    """Address of the provider, where it is not the usual one, such as `http://localhost:8000/v1`."""
    temperature: OrNull[Temperature] = None
    """Sampling temperature; 0 is greedy. The provider's own where left out or null."""
    top_p: OrNull[PositiveShare] = None
    """Smallest probability mass that is sampled from (fraction). The provider's own where left out or
    null."""


class Paid(Settings):
    """Keys of a model behind an API that may cost money."""

    extra_body: LeftOut[dict[str, Any]] = None
    """Further fields of the request, passed to the provider as they are."""
    price: LeftOut[Price] = None
    """What the tokens cost; goes before litellm's price map, and is needed for a model that it lacks."""


class AskedModel(Paid, _ChatModel):
    """A model behind a chat API, as it is asked."""

    max_tokens: LeftOut[Positive] = None
    """Most tokens in a reply. The provider's own where left out."""
    response_format: LeftOut[ResponseFormat] = None
    """How the form of a reply is asked for."""


class Judge(Paid, _ChatModel):
    """A model that gives verdicts."""

    temperature: Temperature | None = 0.0
    """Sampling temperature; 0 is greedy. Null sends none, for models that take none."""
    response_format: LeftOut[ResponseFormat] = None
    """How the form of a reply is asked for: by `json_schema`, as any JSON object (`json_object`), or by the
    prompt alone (`none`). Where left out, by a schema where the model's provider is known to take one."""
    max_tokens: Positive = 512
    """Most tokens in a judge's reply, a thinking model's thoughts included."""
    template: Template = "judge.jinja"
    """Prompt template, a file of `workflow_scripts/assets/prompts/`."""


class Paraphraser(Paid, _ChatModel):
    """A model that paraphrases students' chains of thought."""

    temperature: Temperature | None = 0.0
    """Sampling temperature; 0 is greedy. Null sends none, for models that take none."""
    response_format: LeftOut[ResponseFormat] = None
    """How the form of a reply is asked for: by `json_schema`, as any JSON object (`json_object`), or by the
    prompt alone (`none`). Where left out, by a schema where the model's provider is known to take one."""
    max_tokens: Positive = 1024
    """Most tokens in a paraphrase's reply, a thinking model's thoughts included."""
    template: Template = "paraphrase.jinja"
    """Prompt template, a file of `workflow_scripts/assets/prompts/`."""
    longest: PositiveNumber = 2.0
    """Most characters of a paraphrase, as a multiple of those of the chain. A longer one fails the check."""


class _Teacher(Settings):
    attempts: Positive = 1
    """How often a train task is asked for at most, until a demonstration of it passes; with `until: both` as
    often again for the other kind."""
    until: LeftOut[Literal["passed", "both"]] = None
    """Until when a train task is asked for: `passed`, until a demonstration of it passes; `both`, until one
    has passed and another has failed, for corpora with `wrong_share`. `passed` where left out."""

    @property
    def asks_at_most(self) -> int:
        """How often a train task is asked for at most."""
        return self.attempts * (2 if self.until == "both" else 1)


class WorkedSolutionTeacher(_Teacher):
    """The worked solutions that come with the tasks, as demonstrations."""

    kind: Literal["worked_solution"]
    """`worked_solution`: the worked solutions that come with the tasks; `api`: a model behind a chat API."""
    corrupted_share: PartialShare = 0.0
    """For `worked_solution`: share of demonstrations whose answer is made wrong, so that the judge has
    something to reject (fraction)."""
    seed: Seed = 0
    """For `worked_solution`: seed of the teacher's choices."""


class AskedTeacher(Paid, _ChatModel, _Teacher):
    """A model behind a chat API that writes demonstrations, without what it is asked in."""

    kind: Literal["api"]
    """`worked_solution`: the worked solutions that come with the tasks; `api`: a model behind a chat API."""
    max_tokens: Positive = 1024
    """Most tokens in a demonstration; one that is cut off is kept and never passes."""


class ApiTeacher(AskedTeacher):
    """A model behind a chat API that writes demonstrations."""

    template: Template = "teacher.jinja"
    """For `api`: prompt template, a file of `workflow_scripts/assets/prompts/`."""


Teacher = Annotated[
    Annotated[WorkedSolutionTeacher, Tag("WorkedSolutionTeacher")] | Annotated[ApiTeacher, Tag("ApiTeacher")],
    Discriminator(chosen_by("kind", WorkedSolutionTeacher, ApiTeacher)),
]


class Judging(Settings):
    """When a job ends because of what it is answered, and how much may be left unscored."""

    max_failed_share: Share = 0.01
    """Largest share of a job's questions to a judge, teacher or reference model that may fail (fraction of
    its rows). Above it no table is written and the job fails; the same command asks again what failed.
    Changes no finished table."""
    max_unparsed_in_a_row: Positive = 10
    """Replies of a judge in a row that cannot be read as a verdict, after which the job ends. Changes no
    finished table."""
    max_unscored_share: Share = 0.05
    """Largest share of a scoring path's episodes that may be unscored (fraction). Above it, the findings
    carry a warning."""
