"""The second engine: transformers' own generation, in batches of prompts of about equal length.

Slower than vLLM, but it runs every architecture that transformers has, on a CPU and on a GPU, and it is
what vLLM's answers are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.engines.interface import Completion, RunOptions, Sampling, Serving, in_order, mean_of
from skillift.engines.probes import Probe, log_probabilities
from skillift.errors import UserError, problem
from skillift.libraries import fast_imports, prepare_libraries
from skillift.processes.progress import Progress, phase
from skillift.students.chat_format import answer_text
from skillift.students.model_folders import (
    apply_adapter,
    check_positions,
    end_tokens,
    load_model,
    load_tokenizer,
)

if TYPE_CHECKING:
    from transformers import LogitsProcessor


class TransformersEngine:
    """A model run by `transformers`; see `engines.Engine`."""

    def __init__(
        self,
        model_folder: Path | str,
        serving: Serving,
        options: RunOptions,
        adapter: Path | str | None = None,
    ) -> None:
        """Load the model, and the adapter on top of it.

        Raises:
            UserError: the folder is unreadable, or `tensor_parallel` is more than 1.
        """
        if options.tensor_parallel > 1:
            expected = "1 with `engine: transformers`, which has no tensor parallelism"
            found = options.tensor_parallel
            raise UserError(problem("config.yaml: engine.tensor_parallel", found, expected))
        with phase("importing transformers"), fast_imports():
            import torch

            prepare_libraries(options.threads)
        self.tokenizer = load_tokenizer(model_folder)
        self.ends = end_tokens(model_folder, self.tokenizer)
        check_positions(model_folder, serving.max_model_len)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        with phase("loading the model"):
            model = load_model(model_folder, serving.precision)
            if adapter is not None:
                model = apply_adapter(model, adapter)
            self.model = model.to(self.device).eval()
        # neighbours in a batch change a sum's order, and so its rounding
        self.batch_size = 1 if serving.batch_invariant else options.max_num_seqs

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, seeds: Sequence[int] | None = None
    ) -> list[Completion]:
        """Answer `prompts` in their order; see `engines.Engine.generate`."""
        order = sorted(range(len(prompts)), key=lambda place: (len(prompts[place]), list(prompts[place])))
        answers: dict[int, Completion] = {}
        with Progress("answering", len(prompts), "prompt") as progress:
            progress.amounts["token"] = 0
            for start in range(0, len(order), self.batch_size):
                places = order[start : start + self.batch_size]
                batch_seeds = [seeds[place] for place in places] if seeds is not None else None
                batch = [prompts[place] for place in places]
                found, scores = self._answer(batch, sampling, batch_seeds, progress)
                for place, tokens, own in zip(places, found, scores, strict=True):
                    answers[place] = self._completion(len(prompts[place]), tokens, own, sampling.stop)
                progress.amounts["token"] += sum(answers[place].completion_tokens for place in places)
                progress.advance(len(places))
        return in_order(answers)

    def _answer(
        self,
        prompts: list[Sequence[int]],
        sampling: Sampling,
        seeds: Sequence[int] | None,
        progress: Progress,
    ) -> tuple[list[list[int]], list[list[float]]]:
        """The tokens generated for one batch, and their log-probabilities where these are asked for.

        Prompts are padded on the left; what follows an end token is padding.
        """
        import torch
        from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

        from skillift.engines.seeded_sampling import SeededSampling
        from skillift.engines.stop_texts import StopTexts
        from skillift.engines.token_scores import TokenScores

        length = max(map(len, prompts))
        padding = self.tokenizer.pad_token_id
        ids = [[padding] * (length - len(prompt)) + list(prompt) for prompt in prompts]
        mask = [[0] * (length - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        settings = GenerationConfig(
            max_new_tokens=sampling.max_tokens, do_sample=False, eos_token_id=self.ends, pad_token_id=padding
        )
        # whatever `settings` leaves open would be filled in from the model folder
        self.model.generation_config = settings
        processors = LogitsProcessorList()

        def count(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            progress.begun = len(prompts) * (ids.shape[1] - length) / sampling.max_tokens
            return scores

        processors.extend([*self.processors(mask), count])
        scored = TokenScores() if sampling.log_probabilities else None
        if scored:
            processors.append(scored)  # before temperature and top_p
        if sampling.temperature > 0:
            processors.append(SeededSampling(sampling.temperature, sampling.top_p, seeds))
        ended = StoppingCriteriaList()
        if sampling.stop:
            ended.append(StopTexts(self.tokenizer, sampling.stop, length))
        with torch.inference_mode():
            output = self.model.generate(
                input_ids=torch.tensor(ids, device=self.device),
                attention_mask=torch.tensor(mask, device=self.device),
                generation_config=settings,
                logits_processor=processors,
                stopping_criteria=ended,
            )
        found = output[:, length:].tolist()
        return found, scored.of(output) if scored else [[] for _ in found]

    def processors(self, mask: list[list[int]]) -> list[LogitsProcessor]:
        """What changes the scores of a batch before a token is chosen; `mask` has 0 where it is padded."""
        return []

    def _completion(
        self, prompt_tokens: int, tokens: list[int], scores: list[float], stop: Sequence[str]
    ) -> Completion:
        from skillift.engines.stop_texts import stopped_answer

        end = next((place for place, token in enumerate(tokens) if token in self.ends), None)
        text, used = answer_text(self.tokenizer, tokens[:end]), len(tokens) if end is None else end + 1
        if stopped := stopped_answer(self.tokenizer, tokens[:end], stop):
            text, used = stopped
        return Completion(
            text=text,
            finish_reason="length" if end is None and stopped is None else "stop",
            prompt_tokens=prompt_tokens,
            completion_tokens=used,
            tokens=tuple(tokens[:used]),
            mean_log_probability=mean_of(scores[: min(used, len(tokens[:end]))]),
        )

    def log_probabilities(self, probes: Sequence[Probe]) -> list[list[float]]:
        """Of every response token of each probe, in nats."""
        return log_probabilities(self.model, probes)

    def close(self) -> None:
        """Free the model."""
        import torch

        del self.model
        if self.device == "cuda":
            torch.cuda.empty_cache()


ENGINE = TransformersEngine
