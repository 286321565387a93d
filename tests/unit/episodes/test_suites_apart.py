"""Suites are asked apart: what a suite is answered does not depend on which others are asked beside it."""

from __future__ import annotations

from skillift.engines.interface import Completion, Sampling
from skillift.episodes.answering import _suite_by_suite


class Batches:
    """An engine whose answers depend on all that is in a call, as the last bits of bfloat16 do."""

    def generate(self, prompts, sampling, seeds):
        batch = sum(map(sum, prompts))
        return [
            Completion(f"{batch}: {prompt} {seed}", "stop", len(prompt), 1, (1,))
            for prompt, seed in zip(prompts, seeds, strict=True)
        ]


def answers(suites: list[str]) -> list[str]:
    prompts = {"dev": [[1], [2]], "holdout": [[3, 4], [5]], "transfer": [[6]]}
    asked = [(suite, prompt) for suite in suites for prompt in prompts[suite]]
    seeds = [100 + prompt[0] for _, prompt in asked]
    texts = [prompt for _, prompt in asked]
    found = _suite_by_suite(Batches(), [suite for suite, _ in asked], texts, Sampling(8), seeds)
    return [completion.text for completion in found]


def test_answers_to_a_suite_are_the_same_whichever_other_suites_are_asked():
    alone = answers(["holdout"])
    assert alone == ["12: [3, 4] 103", "12: [5] 105"]
    assert answers(["dev", "holdout", "transfer"])[2:4] == alone


def test_answers_stay_in_the_order_of_their_prompts():
    assert answers(["dev", "transfer"]) == ["3: [1] 101", "3: [2] 102", "6: [6] 106"]
