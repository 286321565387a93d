"""From trained weights to a model folder that an engine serves.

Reads the base student's folder and the weights that `training` kept at a step: a LoRA adapter, which is
merged into the base in float32 and then cast, or a full model. What is served is always a whole model
(design rule 7): engines have been seen to ignore adapters.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from skillift.model_folders import end_tokens, load_model, load_tokenizer


def write_checkpoint(base_folder: Path, weights_folder: Path, out_folder: Path, precision: str) -> int:
    """Write the servable folder of one step: safetensors, config, generation config, tokenizer.

    Args:
        base_folder: the student before training.
        weights_folder: an adapter (`adapter_config.json`) or a full model, as the trainer kept it.
        out_folder: replaced if it is there; complete when it appears.
        precision: the torch dtype that the weights are cast to.

    Returns:
        The number of parameters.
    """
    import torch

    if (weights_folder / "adapter_config.json").is_file():
        from peft import PeftModel

        base = load_model(base_folder, "float32")
        model = PeftModel.from_pretrained(base, weights_folder).merge_and_unload(safe_merge=True)
    else:
        model = load_model(weights_folder, "float32")
        model.generation_config = load_model(base_folder, "float32").generation_config
    tokenizer = load_tokenizer(base_folder)
    model = model.to(getattr(torch, precision))
    ends = end_tokens(base_folder, tokenizer)
    model.generation_config.eos_token_id = ends[0] if len(ends) == 1 else ends
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    unfinished = out_folder.with_name(f".{out_folder.name}")
    for folder in (out_folder, unfinished):
        shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    unfinished.rename(out_folder)
    return model.num_parameters()
