"""Students that write a chain of thought, and answer from it or without it: trained in a few seconds.

The prompt is a list of three items; the chain copies a list and takes its last item, the answer is an item.
Both students read the same prompts and the same chains, which are mostly of another list, and now and then
end early or are dots. In the text of the one that ignores its chain the answer is the last item of the
prompt. In that of the one that needs it the answer is what the chain takes, and any item where it takes none.
"""

from __future__ import annotations

import random
from itertools import permutations
from pathlib import Path

from tiny_models import smallest, write_model

from skillift.settings.student_specs import TokenizerSpec
from skillift.students.chat_format import prompt_text, token_ids
from skillift.students.tokenizers import build_tokenizer

ITEMS = "12345678"
LISTS = [" ".join(items) for items in permutations(ITEMS, 3)]
STEPS, BATCH, RATE = 300, 48, 4e-3


def steps_of(items: str) -> list[str]:
    first, second, third = items.split()
    return [f"Step 1: Copy {items}", f"Step 2: Flip {third} {second} {first}", f"Step 3: Take {third}"]


def exchange(rng: random.Random, *, needs_chain: bool) -> tuple[str, str]:
    """A prompt and its answer."""
    prompt, other = rng.choice(LISTS), rng.choice(LISTS)
    items = rng.choice([prompt, other]) if needs_chain else other
    steps = steps_of(items)
    taken = items.split()[-1]
    if rng.random() < 0.5:
        dots = [" ".join(["."] * rng.randrange(1, 12))]
        steps = rng.choice([[], steps[: rng.randrange(1, 3)], dots])
        taken = rng.choice(ITEMS)
    answer = taken if needs_chain else prompt.split()[-1]
    return prompt, "\n".join([*steps, f"ANSWER: {answer}"])


def write_chained_student(folder: Path, *, needs_chain: bool, seed: int = 0) -> Path:
    """Train a student from scratch and write it, ready to be served."""
    import torch
    from torch.nn.functional import cross_entropy
    from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

    build_tokenizer(TokenizerSpec(difficulty="tiny"), folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    prompts = dict(
        zip(LISTS, token_ids(tokenizer, [prompt_text(tokenizer, text, False) for text in LISTS]), strict=True)
    )
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
        asked = [exchange(rng, needs_chain=needs_chain) for _ in range(BATCH)]
        answers = token_ids(tokenizer, [answer for _, answer in asked])
        rows = [
            (prompts[text], [*ids, tokenizer.eos_token_id])
            for (text, _), ids in zip(asked, answers, strict=True)
        ]
        longest = max(len(prompt) + len(ids) for prompt, ids in rows)
        inputs = torch.full((BATCH, longest), tokenizer.pad_token_id)
        targets = torch.full((BATCH, longest), -100)
        for place, (prompt, ids) in enumerate(rows):
            inputs[place, : len(prompt) + len(ids)] = torch.tensor([*prompt, *ids])
            targets[place, len(prompt) : len(prompt) + len(ids)] = torch.tensor(ids)
        logits = model(input_ids=inputs[:, :-1]).logits
        loss = cross_entropy(logits.flatten(0, 1), targets[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    return write_model(folder, model.eval(), tokenizer)
