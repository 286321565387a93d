"""What one would write to fine-tune a student with trl and peft: the yardstick of the command train.

python tests/bench/bare_trl.py --model DIR --corpus corpus.parquet --recipe recipe.json --out DIR

trl's own trainer and loss, with the recipe's settings; on a GPU trl's gradient checkpointing and the
recipe's precision. Both cost time on a CPU, where they are off as they are in skillift. The recipe's
`device_batch_size` is the number of rows at once; the rest is gradient accumulation. The merged model is
saved once. A recipe with `objective: dpo` takes its pairs (`rejected`) by trl's DPOTrainer.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path


def main() -> None:
    """Train, merge, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "corpus", "recipe", "out"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    recipe = json.loads(Path(options.recipe).read_text())
    lora = recipe["trainable"]["lora"]

    import polars as pl
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

    gpu = torch.cuda.is_available()
    rows = recipe.get("device_batch_size", recipe["batch_size"])
    corpus = pl.read_parquet(options.corpus)
    messages = corpus["messages"].to_list()
    steps = math.ceil(len(messages) / recipe["batch_size"]) * recipe["epochs"]
    trainer_class, config, settings = SFTTrainer, SFTConfig, {"completion_only_loss": True}
    data = [{"prompt": row[:1], "completion": row[1:]} for row in messages]
    if recipe["objective"] == "dpo":
        trainer_class, config = DPOTrainer, DPOConfig
        settings = {"beta": recipe["beta"], "loss_type": ["sigmoid", "sft"]}
        settings["loss_weights"] = [1.0, recipe["sft_weight"]]
        data = [
            {"prompt": row[:1], "chosen": row[1:], "rejected": [{"role": "assistant", "content": wrong}]}
            for row, wrong in zip(messages, corpus["rejected"], strict=True)
        ]
    trainer = trainer_class(
        model=AutoModelForCausalLM.from_pretrained(
            options.model, dtype=recipe["precision"] if gpu else "float32"
        ),
        processing_class=AutoTokenizer.from_pretrained(options.model),
        train_dataset=Dataset.from_list(data),
        args=config(
            output_dir=f"{options.out}/trainer",
            seed=recipe["seed"],
            learning_rate=recipe["learning_rate"],
            num_train_epochs=recipe["epochs"],
            per_device_train_batch_size=rows,
            gradient_accumulation_steps=math.ceil(recipe["batch_size"] / rows),
            lr_scheduler_type=recipe["schedule"],
            warmup_steps=math.ceil(recipe["warmup_ratio"] * steps),
            weight_decay=recipe["weight_decay"],
            **settings,
            max_length=None,
            bf16=gpu and recipe["precision"] == "bfloat16",
            gradient_checkpointing=gpu,
            use_cpu=not gpu,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        peft_config=LoraConfig(
            task_type="CAUSAL_LM",
            r=lora["rank"],
            lora_alpha=lora["alpha"],
            lora_dropout=lora["dropout"],
            target_modules="all-linear",
        ),
    )
    trainer.train()
    trainer.model.merge_and_unload().save_pretrained(options.out)


if __name__ == "__main__":
    main()
