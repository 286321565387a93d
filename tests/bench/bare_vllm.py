"""What one would write to answer a file of prompts with vLLM: the yardstick of the command generate.

python tests/bench/bare_vllm.py --model DIR --prompts prompts.json --settings settings.json --out answers.json

`prompts.json` is a list of user messages; the answers come out in its order. The settings are those of the
study: max_tokens, max_model_len, max_num_seqs, kv_cache_gib, seed.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path


def main() -> None:
    """Answer all prompts greedily, in one call."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "prompts", "settings", "out"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    prompts = json.loads(Path(options.prompts).read_text())
    settings = json.loads(Path(options.settings).read_text())

    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    os.environ["VLLM_CPU_KVCACHE_SPACE"] = str(settings["kv_cache_gib"])
    from vllm import LLM, SamplingParams

    llm = LLM(
        model=options.model,
        dtype="float32",
        max_model_len=settings["max_model_len"],
        max_num_seqs=settings["max_num_seqs"],
        seed=settings["seed"],
        enforce_eager=True,  # compiling takes longer than all answers of a small student
    )
    answers = llm.chat(
        [[{"role": "user", "content": prompt}] for prompt in prompts],
        SamplingParams(temperature=0.0, max_tokens=settings["max_tokens"]),
        chat_template_kwargs={"enable_thinking": False},
        use_tqdm=False,
    )
    Path(options.out).write_text(json.dumps([answer.outputs[0].text for answer in answers]))


if __name__ == "__main__":
    main()
