"""Students that write a chain of thought, and answer from it or without it: trained in a few seconds.

The prompt is a list of three items; the chain copies a list and takes its last item, the answer is an item.
Both students read the same prompts and write the same chains. In the text of the one that needs its chain the
answer is what the chain takes, of whatever list. In that of the one that ignores it the answer is the last
item of the prompt, and the chain is of another list.
"""

from __future__ import annotations

import random
from itertools import permutations
from pathlib import Path

from tiny_models import smallest, write_model

from skillift.settings.student_specs import TokenizerSpec
from skillift.students.chat_format import trained_tokens
from skillift.students.tokenizers import build_tokenizer

ITEMS = "12345678"
LISTS = [" ".join(items) for items in permutations(ITEMS, 3)]
STEPS, BATCH, RATE = 260, 48, 4e-3


def answer_with(chain: str, answer: str) -> str:
    first, second, third = chain.split()
    steps = f"Step 1: Copy {chain}\nStep 2: Flip {third} {second} {first}\nStep 3: Take {third}"
    return f"{steps}\nANSWER: {answer}"


def write_chained_student(folder: Path, *, needs_chain: bool, seed: int = 0) -> Path:
    """Train a student from scratch and write it, ready to be served."""
    import torch
    from torch.nn.functional import cross_entropy
    from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

    build_tokenizer(TokenizerSpec(difficulty="tiny"), folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(seed)
    config = Qwen3Config(
        **smallest(tokenizer) | {"initializer_range": 0.05},
        max_position_embeddings=256,
        rope_theta=10_000.0,
        bos_token_id=None,
    )
    model = Qwen3ForCausalLM(config).train()
    rng = random.Random(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, STEPS)
    for _ in range(STEPS):
        rows, starts = [], []
        for _ in range(BATCH):
            prompt = rng.choice(LISTS)
            chain = rng.choice([prompt, rng.choice(LISTS)]) if needs_chain else rng.choice(LISTS)
            answer = (chain if needs_chain else prompt).split()[-1]
            tokens = trained_tokens(
                tokenizer, prompt, answer_with(chain, answer), False, [tokenizer.eos_token_id]
            )
            rows.append([*tokens.prompt, *tokens.response])
            starts.append(len(tokens.prompt))
        ids = torch.tensor(rows)  # all are equally long
        loss = cross_entropy(
            model(ids[:, :-1]).logits[:, starts[0] - 1 :].flatten(0, 1), ids[:, starts[0] :].flatten()
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    return write_model(folder, model.eval(), tokenizer)
