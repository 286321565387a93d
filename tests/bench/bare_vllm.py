"""What one would write to answer a file of prompts with vLLM: the yardstick of the command generate.

python tests/bench/bare_vllm.py --model DIR --prompts prompts.json --settings settings.json --out answers.json

`prompts.json` is a list of user messages; the answers, each with its tokens, come out in its order.
The settings are those of the study and of config.yaml: precision, max_tokens, max_model_len, max_num_seqs,
kv_cache_gib, gpu_memory_utilization, seed.
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
    from vllm.platforms import current_platform

    llm = LLM(
        model=options.model,
        dtype=settings["precision"],
        max_model_len=settings.get("max_model_len"),
        max_num_seqs=settings["max_num_seqs"],
        gpu_memory_utilization=settings["gpu_memory_utilization"],
        seed=settings["seed"],
        # compiling takes longer than all answers of a student that a CPU serves
        enforce_eager=current_platform.is_cpu(),
    )
    answers = llm.chat(
        [[{"role": "user", "content": prompt}] for prompt in prompts],
        SamplingParams(temperature=0.0, max_tokens=settings["max_tokens"]),
        chat_template_kwargs={"enable_thinking": False},
        use_tqdm=False,
    )
    outputs = [answer.outputs[0] for answer in answers]
    found = [{"text": output.text, "tokens": list(output.token_ids)} for output in outputs]
    Path(options.out).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
