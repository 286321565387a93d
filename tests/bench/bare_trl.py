"""What one would write to fine-tune a student with trl and peft: the yardstick of the command train.

python tests/bench/bare_trl.py --model DIR --corpus corpus.parquet --recipe recipe.json --out DIR

trl's own trainer and loss, with the recipe's settings; gradient checkpointing and bf16, which cost time on
a CPU, are off as they are in skillift. The merged model is saved once.
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
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    messages = pl.read_parquet(options.corpus)["messages"].to_list()
    steps = math.ceil(len(messages) / recipe["batch_size"]) * recipe["epochs"]
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(options.model, dtype="float32"),
        processing_class=AutoTokenizer.from_pretrained(options.model),
        train_dataset=Dataset.from_list([{"prompt": row[:1], "completion": row[1:]} for row in messages]),
        args=SFTConfig(
            output_dir=f"{options.out}/trainer",
            seed=recipe["seed"],
            learning_rate=recipe["learning_rate"],
            num_train_epochs=recipe["epochs"],
            per_device_train_batch_size=recipe["batch_size"],
            lr_scheduler_type=recipe["schedule"],
            warmup_steps=math.ceil(recipe["warmup_ratio"] * steps),
            weight_decay=recipe["weight_decay"],
            completion_only_loss=True,
            max_length=None,
            bf16=False,
            gradient_checkpointing=False,
            use_cpu=True,
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
