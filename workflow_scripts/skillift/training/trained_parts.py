"""Which parts of a student are trained: all weights, the last blocks, or adapters on named layers.

Adapters stand on linear layers. A recipe names them by `all-linear`, by a group (`attention`, `mlp`,
`gated_delta`: the linear layers inside those parts of a block), or by their own names; names are looked up
in the student itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.settings.training import Lora

if TYPE_CHECKING:
    from peft import LoraConfig
    from transformers import PreTrainedModel

ALL_LINEAR = "all-linear"

# What transformers calls those parts of a block, in Qwen3, Llama, Mistral, Gemma, Phi; and in Qwen3.5, whose
# gated-delta layers have in_proj_qkv, in_proj_z, in_proj_a, in_proj_b and out_proj.
GROUPS = {
    "attention": ("self_attn", "attention", "attn"),
    "mlp": ("mlp", "feed_forward"),
    "gated_delta": ("linear_attn",),
}


def train_last_layers(model: PreTrainedModel, number: int) -> None:
    """Freeze all weights but those of the last `number` blocks; embeddings, last norm and head are frozen.

    Raises:
        UserError: the model has fewer blocks.
    """
    layers = model.get_decoder().layers
    if number > len(layers):
        raise UserError(
            problem("recipe: trainable.last_n_layers", number, f"at most {len(layers)}, the student's blocks")
        )
    model.requires_grad_(False)
    for layer in layers[-number:]:
        layer.requires_grad_(True)


def lora_config(settings: Lora, model: PreTrainedModel) -> LoraConfig:
    """The adapters of a recipe's `trainable.lora` on that student.

    Raises:
        UserError: a target matches no linear layer of the student.
    """
    from peft import LoraConfig

    return LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=adapted_layers(model, settings.target_modules or ALL_LINEAR),
    )


def adapted_layers(model: PreTrainedModel, targets: str | list[str]) -> str | list[str]:
    """The full names of the layers that `targets` name; peft's own word for all of them but the output head.

    Raises:
        UserError: a target matches no linear layer of the student; names what there is.
    """
    if targets in (ALL_LINEAR, [ALL_LINEAR]):
        return ALL_LINEAR
    layers, found = list(linear_layers(model)), set()
    for place, target in enumerate([targets] if isinstance(targets, str) else targets):
        matching = [name for name in layers if _matches(name, target)]
        if not matching:
            raise UserError(
                problem(
                    f"recipe: trainable.lora.target_modules[{place}]",
                    target,
                    f"a linear layer of the student ({', '.join(_kinds(layers))}) or a group "
                    f"({', '.join(_groups(layers))})",
                    f"Name one of these, or `{ALL_LINEAR}`.",
                )
            )
        found.update(matching)
    return sorted(found)


def linear_layers(model: PreTrainedModel) -> Iterator[str]:
    """The names of a model's linear layers, in its order, the output head left out."""
    import torch

    head = model.get_output_embeddings()
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and module is not head:
            yield name


def _matches(name: str, target: str) -> bool:
    parents = name.split(".")[:-1]
    if target in GROUPS:
        return any(part in parents for part in GROUPS[target])
    return name == target or name.endswith(f".{target}")


def _kinds(layers: list[str]) -> list[str]:
    return sorted({name.rsplit(".", 1)[-1] for name in layers})


def _groups(layers: list[str]) -> list[str]:
    return [group for group in GROUPS if any(_matches(name, group) for name in layers)]
