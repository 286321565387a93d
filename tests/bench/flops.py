"""Model FLOPs utilisation: what a training step needs at least over what the device could do.

Recomputed activations do not count (Chowdhery et al. 2022, arXiv 2204.02311, appendix B): for each token 2
FLOPs for each weight of a linear layer forward, as many for the gradients of activations, and as many for
those of weights where they are trained; the output head at the trained positions alone; attention and gated
delta besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

# dense bfloat16 with float32 sums, FLOP/s, from NVIDIA's data sheets
PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12, "RTX 4090": 165e12}


def model_flops(model: Path, lengths: Sequence[int], trained: Sequence[int], trainable) -> float:
    """FLOPs of one pass over rows of so many tokens, of which so many are trained; see this file's head."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from skillift.training.trained_parts import linear_layers

    config = AutoConfig.from_pretrained(model)
    with torch.device("meta"):
        empty = AutoModelForCausalLM.from_config(config)
    modules = dict(empty.named_modules())
    weights = sum(modules[name].weight.numel() for name in linear_layers(empty))
    head = config.vocab_size * config.hidden_size
    kinds = getattr(config, "layer_types", None) or ["full_attention"] * config.num_hidden_layers
    attended = 2 * config.num_attention_heads * config.head_dim * kinds.count("full_attention")
    delta = 0
    if "linear_attention" in kinds:  # read, update and read again a matrix for each value head
        state = config.linear_key_head_dim * config.linear_value_head_dim * config.linear_num_value_heads
        delta = 6 * state * kinds.count("linear_attention")
    forward = sum((2 * weights + delta) * n + attended * n * n for n in lengths) + 2 * head * sum(trained)
    if trainable == "full":
        return 3 * forward
    rank = trainable["lora"]["rank"]
    adapters = sum(rank * sum(modules[name].weight.shape) for name in linear_layers(empty))
    return 2 * forward + 6 * adapters * sum(lengths)


def peak_flops() -> float | None:
    """What the device could do in a second; None where it is not known."""
    import torch

    name = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    return next((value for part, value in PEAK.items() if part in name), None)


def device() -> str:
    """What is measured on, in words."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
