r"""`grpo`: the student's own answers that are right, against its others to the same task.

    advantage = (reward - mean over the task's answers) / (their standard deviation + 1e-4)
    loss = mean over answers of: mean over tokens of (-advantage * ratio + beta * divergence)

(group relative policy optimisation: Shao et al., arXiv 2402.03300, eq. 3.) A reward is 1 where the scorer of
the task takes the answer, else 0. Answers are for one step alone, so the ratio of the student to the one that
gave them is 1 and its clipping idle: it is there for its gradient. The divergence is that from the reference,
which is what the training starts from. All of this is trl's GRPOTrainer. What differs: prompts and answers
are the token ids that are served; each answer is drawn by a seed of its own, so that neither a kill nor how a
batch is cut changes what is trained; the mean is over the answers of the whole batch; there is no dropout.
"""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from skillift.contracts.training import OF_REWARDS
from skillift.engines.probes import probes_of
from skillift.episodes.answering import sample_seed
from skillift.errors import UserError, problem
from skillift.libraries import fast_imports
from skillift.scorers.registry import scorer
from skillift.settings.specs import TrainSpec
from skillift.students.chat_format import answer_text, opened_reasoning
from skillift.students.model_folders import end_tokens, load_tokenizer
from skillift.study.objectives import Objective
from skillift.training.fit import arguments, fit_rows, optimise, positions, prepare, trained_model
from skillift.training.training_options import TrainingOptions

if TYPE_CHECKING:
    import torch
    from datasets import Dataset
    from trl import GRPOTrainer

OBJECTIVE = Objective(on="tasks", needs=("generations", "max_tokens"), takes=("temperature", "beta"))
BLANK = {"ids": [0], "task": "", "opened": ""}  # fills a part up, and counts for nothing


def fit(
    spec: TrainSpec,
    model_folder: Path,
    corpus: pl.DataFrame,
    state: Path,
    steps: list[int],
    resume_from: str | None,
    options: TrainingOptions,
) -> None:
    """Train; see `skillift.training.fit.fit`. `corpus` says how answers are scored (`data.with_scoring`)."""
    prepare(options)
    trainer, demonstrations, checked = answer_trainer(spec, model_folder, corpus, state, options)
    optimise(trainer, checked, probes_of(demonstrations), state, steps, resume_from, options)


def answer_trainer(
    spec: TrainSpec, model_folder: Path, corpus: pl.DataFrame, state: Path, options: TrainingOptions
) -> tuple[GRPOTrainer, Dataset, pl.DataFrame]:
    """The trainer of a recipe before its first step; its corpus, tokenised; and the table TRAINED_TOKENS.

    Raises:
        UserError: a row of the corpus that could not be trained on, or a prompt whose answer the student has
            no positions for.
    """
    with fast_imports():
        from datasets import Dataset
        from trl import GRPOConfig

        from skillift.training.pairs import with_labels
        from skillift.training.training_data import check_trained_tokens

    tokenizer = load_tokenizer(model_folder)
    ends = end_tokens(model_folder, tokenizer)
    model, adapters = trained_model(spec, model_folder)
    rows, longest = with_labels(corpus, tokenizer, spec.thinking, ends, spec.today), positions(model)
    checked = check_trained_tokens(corpus, rows, tokenizer, spec.thinking, ends, longest, spec.today)
    prompts = [
        ids[: labels.count(-100)] for ids, labels in zip(rows["input_ids"], rows["labels"], strict=True)
    ]
    most = max(map(len, prompts)) + (spec.max_tokens or 0)
    if longest is not None and most > longest:
        expected = f"at most {longest}, the student's max_position_embeddings"
        found = f"{most} tokens of the longest prompt and an answer"
        raise UserError(problem("recipe: max_tokens", found, expected, "Lower it."))
    scored = corpus.select("task_id", "scorer", "scored_by").to_dicts()
    asked = [
        {"prompt": {"ids": ids, "task": row["task_id"], "opened": opened_reasoning(tokenizer.decode(ids))}}
        | row
        for ids, row in zip(prompts, scored, strict=True)
    ]
    settings = {
        "num_generations": spec.generations,
        "steps_per_generation": spec.generations,  # so that any number of tasks on a device is taken
        "max_completion_length": spec.max_tokens,
        "temperature": spec.temperature or 1.0,
        "beta": spec.beta or 0.0,
        "loss_type": "grpo",
        "scale_rewards": "group",
        "use_bias_correction_kl": False,
        "disable_dropout": True,
        "remove_unused_columns": False,
    }
    with warnings.catch_warnings():  # that another version's `rollout_func` may be called otherwise
        warnings.simplefilter("ignore")
        trainer = _trainer_class()(
            model=model,
            args=arguments(partial(_config, GRPOConfig), spec, corpus.height, state, options, **settings),
            train_dataset=Dataset.from_list(asked),
            processing_class=tokenizer,
            peft_config=adapters,
            batch_size=spec.batch_size,
            ends=ends,
        )
    trainer.args.steps_per_generation = 1  # answers are for the step that they are given in
    fit_rows(trainer, spec, state, options)
    return trainer, rows, checked


def _config(kind: Any, max_length: None, **settings: Any) -> Any:
    """The arguments of GRPOTrainer, which knows no longest row."""
    return kind(**settings)


def _trainer_class() -> type[GRPOTrainer]:
    with fast_imports():
        import torch
        from transformers import GenerationConfig, LogitsProcessorList, Trainer
        from trl import GRPOTrainer
        from trl.models import unwrap_model_for_generation

        from skillift.engines.seeded_sampling import SeededSampling
        from skillift.training.batches import WholeBatches

    class AnswerTrainer(WholeBatches, GRPOTrainer):
        """Group relative policy optimisation of whole batches of tasks."""

        def __init__(self, *args: Any, ends: list[int], **kwargs: Any) -> None:
            """Take what `WholeBatches` and GRPOTrainer take, and the tokens that end an answer."""
            self.ends = ends
            hooks: dict[str, Any] = {"reward_funcs": self.rewards}
            hooks["rollout_func"] = lambda prompts, _: self.answers(prompts)
            super().__init__(*args, **hooks, **kwargs)
            self._sums = torch.zeros(len(OF_REWARDS) + 2, dtype=torch.float64)

        def blank(self, row: dict) -> dict:
            """A task that is not asked."""
            return {**row, "prompt": BLANK}

        def collate(self, numbered: list[tuple[int, dict]]) -> Any:
            """Each task as often as it is answered; as many in each process, as trl gathers them."""
            rows = [row for _, row in numbered]
            if self.args.world_size > 1:
                rows += [self.blank(rows[0])] * (self.args.per_device_train_batch_size - len(rows))
            return [row for row in rows for _ in range(self.num_generations)]

        def tokens_of_rows(self) -> list[int]:
            """How many tokens the answers to each task take, at most."""
            return [
                self.num_generations * (len(prompt["ids"]) + self.max_completion_length)
                for prompt in self.train_dataset["prompt"]
            ]

        def part_of_row(self, place: int, tokens: int) -> dict:
            """The end of a prompt and made-up answers to it, of about so many tokens."""
            ids, count = self.train_dataset[place]["prompt"]["ids"], self.num_generations
            each = max(2, tokens // count)
            answer = min(self.max_completion_length, each - 1)
            device = self.accelerator.device
            prompt = torch.tensor([ids[-(each - answer) :]] * count, device=device)
            made_up = torch.tensor([(ids * (1 + answer // len(ids)))[:answer]] * count, device=device)
            found = {
                "prompt_ids": prompt,
                "completion_ids": made_up,
                "advantages": torch.ones(count, device=device),
            }
            found |= {"prompt_mask": torch.ones_like(prompt), "completion_mask": torch.ones_like(made_up)}
            return found | ({"ref_per_token_logps": torch.zeros_like(made_up).float()} if self.beta else {})

        def answers(self, prompts: list[dict]) -> dict:
            """Answer prompts, those of one task by a seed each; trl calls this with the prompts of a part."""
            asked = [place for place, prompt in enumerate(prompts) if prompt["task"]]
            found = {place: [self.ends[0]] for place in range(len(prompts))}
            step, count = self.state.global_step, self.num_generations
            seeds = [
                sample_seed(self.args.seed, f"{step}/{prompts[place]['task']}", place % count)
                for place in asked
            ]
            found |= dict(
                zip(asked, self._answers([prompts[place]["ids"] for place in asked], seeds), strict=True)
            )
            ids = [prompt["ids"] for prompt in prompts]
            return {
                "prompt_ids": ids,
                "completion_ids": [found[place] for place in range(len(ids))],
                "logprobs": None,
            }

        def _answers(self, prompts: list[list[int]], seeds: list[int]) -> list[list[int]]:
            if not prompts:
                return []
            padding, longest = self.processing_class.pad_token_id, max(map(len, prompts))
            ids = [[padding] * (longest - len(prompt)) + prompt for prompt in prompts]
            mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
            settings = GenerationConfig(
                max_new_tokens=self.max_completion_length,
                do_sample=False,  # the seeds' noise makes the likeliest token a sample
                eos_token_id=list(self.ends),
                pad_token_id=padding,
            )
            own = unwrap_model_for_generation(
                self.model_wrapped, self.accelerator, generation_kwargs=settings.to_diff_dict()
            )
            with own as model, torch.no_grad():
                output = model.generate(
                    input_ids=torch.tensor(ids, device=model.device),
                    attention_mask=torch.tensor(mask, device=model.device),
                    generation_config=settings,
                    logits_processor=LogitsProcessorList([SeededSampling(self.temperature, 1.0, seeds)]),
                )
            return [self._ended(tokens) for tokens in output[:, longest:].tolist()]

        def _ended(self, tokens: list[int]) -> list[int]:
            """An answer without what follows its end token."""
            return tokens[
                : next((place + 1 for place, token in enumerate(tokens) if token in self.ends), None)
            ]

        def rewards(
            self, prompts: list[dict], completion_ids: list[list[int]], **columns: Any
        ) -> list[float]:
            """1 for an answer that its task's scorer takes, else 0. trl calls this with those of a part."""
            found = []
            rows = zip(prompts, completion_ids, columns["scorer"], columns["scored_by"], strict=True)
            for prompt, ids, by, values in rows:
                text = prompt["opened"] + answer_text(
                    self.processing_class, [token for token in ids if token not in self.ends]
                )
                found.append(float(scorer(by).score(text, *values)) if prompt["task"] else 0.0)
            given = torch.tensor(found, dtype=torch.float64)
            cut = sum(ids[-1] not in self.ends for ids in completion_ids)
            spread = given.view(-1, self.num_generations).std(dim=1).sum() * self.num_generations
            asked = sum(bool(prompt["task"]) for prompt in prompts)
            self._sums[:4] += torch.tensor([asked, given.sum(), spread, cut], dtype=torch.float64)
            return found

        def _prepare_inputs(self, rows: list[dict]) -> dict:
            """Have the tasks of a part answered and scored; blanks are under no loss."""
            before = self.state.num_input_tokens_seen
            found = self._generate_and_score_completions(rows)
            real = torch.tensor([bool(row["prompt"]["task"]) for row in rows], device=self.accelerator.device)
            found["completion_mask"] = found["completion_mask"] * real[:, None]
            tokens = sum((found[f"{part}_mask"] * real[:, None]).sum() for part in ("prompt", "completion"))
            self.state.num_input_tokens_seen = before + int(self.accelerator.gather(tokens).sum())
            return found

        def _track_num_input_tokens(self, inputs: Any) -> None:
            """They are counted once answers are there."""

        def _get_num_items_in_batch(self, batch_samples: list, device: torch.device) -> torch.Tensor:
            """Answers in the whole batch, over all processes."""
            asked = sum(bool(row["prompt"]["task"]) for part in batch_samples for row in part)
            return self.accelerator.gather(torch.tensor([asked], device=device)).sum()

        def compute_loss(
            self, model: Any, inputs: dict, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> torch.Tensor:
            """A part's share of the mean over the batch's answers (a scalar tensor), times the processes."""
            known = len(self._metrics["train"]["kl"])
            loss = super().compute_loss(model, inputs)  # the mean over the part, over its number of parts
            answers = len(inputs["completion_ids"])
            if num_items_in_batch is None:
                return loss
            for divergence in self._metrics["train"]["kl"][known:]:  # over all processes
                tokens = inputs["completion_mask"].sum().cpu()
                self._sums[4:] += torch.stack([divergence * tokens, tokens])
            scale = answers * self.current_gradient_accumulation_steps * self.accelerator.num_processes
            return loss * scale / num_items_in_batch

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            """Log a step's loss with the means over its answers; of the divergence over their tokens."""
            if "loss" in logs:
                sums = self._sums.to(self.accelerator.device)
                if self.args.world_size > 1:
                    sums = self.accelerator.gather(sums[None]).sum(dim=0)
                given, *values, divergence, tokens = sums.tolist()
                logs |= {
                    name: value / max(1.0, given) for name, value in zip(OF_REWARDS, values, strict=False)
                }
                logs |= {"kl": divergence / max(1.0, tokens)} if self.beta else {}
                self._sums.zero_()
                self._metrics["train"].clear()
            Trainer.log(self, logs, start_time)

    return AnswerTrainer
