"""From trained weights to a model folder that an engine serves.

Reads the base student's folder and the weights that `training` kept at a step: a LoRA adapter, which is
merged into the base in float32 and then cast, or a full model. What is served is a whole model, as engines
have been seen to ignore adapters (design rule 7); the adapter stays beside it for studies that serve it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from skillift.students.model_folders import ADAPTER, end_tokens, load_model, load_tokenizer
from skillift.tables import write_json


def write_checkpoint(base_folder: Path, weights_folder: Path, out_folder: Path, precision: str) -> int:
    """Write the servable folder of one step: safetensors, config, generation config, tokenizer.

    What LoRA has trained stands once more in the subfolder `adapter/`, not merged.

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
    if (weights_folder / "adapter_config.json").is_file():
        _keep_adapter(weights_folder, unfinished / ADAPTER)
    unfinished.rename(out_folder)
    return model.num_parameters()


def _keep_adapter(weights_folder: Path, folder: Path) -> None:
    """Copy an adapter, the same bytes each time: without its base model's path, names in order."""
    folder.mkdir()
    settings = json.loads((weights_folder / "adapter_config.json").read_text(encoding="utf-8"))
    settings["base_model_name_or_path"] = None
    if isinstance(settings["target_modules"], list):  # else a pattern
        settings["target_modules"].sort()
    write_json(settings, folder / "adapter_config.json")
    shutil.copyfile(weights_folder / "adapter_model.safetensors", folder / "adapter_model.safetensors")
