"""Opening a student's model folder: its tokenizer, its weights, the tokens that end an answer.

Reads the files that `transformers` and `vllm` read (config, safetensors, tokenizer, chat template) and
turns whatever goes wrong with them into a `UserError` that names the folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.libraries import fast_imports, prepare_libraries, quiet_progress
from skillift.students.folder_checks import check_model_folder

# spaces, line breaks, digits, and characters beyond ASCII: what tokenizers treat in different ways
_ANY_TEXT = "Step 1: 19 + 23 = 42,\n\n  l'été (漢字)\n\tANSWER: 42.0"
ADAPTER = "adapter"  # the subfolder of a checkpoint that holds its LoRA adapter

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase


def load_tokenizer(folder: Path | str) -> PreTrainedTokenizerBase:
    """The tokenizer of a model folder; it has a chat template, an end token and a padding token.

    It splits texts as tokenizer.json says. Some folders name a class in tokenizer_config.json that, from
    transformers 5 on, sets the file's own rules aside: with `LlamaTokenizerFast` and a tokenizer of bytes, as
    in DeepSeek's distilled Llama models, every space and line break would be lost.

    Raises:
        UserError: the folder is missing or unreadable, or its tokenizer has no chat template or end token.
    """
    prepare_libraries()
    check_model_folder(folder)
    with fast_imports():
        from transformers import AutoTokenizer, PreTrainedTokenizerFast

    with _readable(folder, "a tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        if not _splits_as_its_file(tokenizer, Path(folder) / "tokenizer.json"):
            tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    if not tokenizer.chat_template:
        raise UserError(
            problem(f"{folder}", None, "a chat template", "Add chat_template.jinja to the folder.")
        )
    if tokenizer.eos_token_id is None:
        raise UserError(problem(f"{folder}", None, "an end token", "Set eos_token in tokenizer_config.json."))
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _splits_as_its_file(tokenizer: PreTrainedTokenizerBase, file: Path) -> bool:
    """Whether a tokenizer does to a text what its tokenizer.json says, where it has one."""
    if not file.is_file():
        return True
    from tokenizers import Tokenizer

    own = Tokenizer.from_file(str(file))
    expected = own.encode(_ANY_TEXT, add_special_tokens=False).ids
    found = tokenizer(_ANY_TEXT, add_special_tokens=False)["input_ids"]
    return found == expected and tokenizer.decode(found, clean_up_tokenization_spaces=False) == own.decode(
        expected, skip_special_tokens=False
    )


def load_model(folder: Path | str, precision: str) -> PreTrainedModel:
    """The causal language model of a folder, its weights in `precision` (a torch dtype's name), on the CPU.

    Raises:
        UserError: the folder is missing, has no readable configuration or weights, or weights are left over
            or lacking.
    """
    prepare_libraries()
    with fast_imports():
        import torch
        from transformers import AutoModelForCausalLM

    quiet_progress()
    with _readable(folder, "a causal language model"):
        model, loading = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, precision), local_files_only=True, output_loading_info=True
        )
    if loading["missing_keys"]:
        missing = sorted(loading["missing_keys"])
        raise UserError(
            problem(
                f"{folder}",
                f"no weights for {missing[:3]}",
                "weights for every layer",
                "Copy the folder again.",
            )
        )
    return model


def apply_adapter(model: PreTrainedModel, folder: Path | str) -> PreTrainedModel:
    """The model with a LoRA adapter's weights beside its own, not merged into them.

    Raises:
        UserError: the folder is not readable as an adapter of this model.
    """
    with fast_imports():
        from peft import PeftModel

    with _readable(folder, "a LoRA adapter of the student", "adapter_config.json, adapter_model.safetensors"):
        # the model itself, whose projections peft has replaced in place
        return PeftModel.from_pretrained(model, str(folder)).get_base_model()


def adapter_rank(folder: Path | str) -> int:
    """How many dimensions the low-rank matrices of a LoRA adapter have, from its settings.

    Raises:
        UserError: the folder is not readable as an adapter.
    """
    with _readable(folder, "a LoRA adapter", "adapter_config.json, adapter_model.safetensors"):
        return int(json.loads(Path(folder, "adapter_config.json").read_text(encoding="utf-8"))["r"])


def check_positions(folder: Path | str, max_model_len: int) -> PretrainedConfig:
    """The model's configuration, if it has positions for `max_model_len` tokens.

    Raises:
        UserError: the configuration is unreadable, or the model has fewer positions.
    """
    config = _configuration(folder)
    positions = _positions(config)
    if positions is not None and positions < max_model_len:
        expected = f"at most {positions}, the max_position_embeddings of {folder}"
        raise UserError(problem("inference: max_model_len", max_model_len, expected))
    return config


def max_positions(folder: Path | str) -> int | None:
    """The tokens that a model has positions for; None where its configuration does not say.

    Raises:
        UserError: the configuration is unreadable.
    """
    return _positions(_configuration(folder))


def _configuration(folder: Path | str) -> PretrainedConfig:
    from transformers import AutoConfig

    with _readable(folder, "a causal language model"):
        return AutoConfig.from_pretrained(folder, local_files_only=True)


def _positions(config: PretrainedConfig) -> int | None:
    return getattr(config.get_text_config(), "max_position_embeddings", None)


def end_tokens(folder: Path | str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The tokens that end an answer: the tokenizer's end token and those of `generation_config.json`."""
    from transformers import GenerationConfig

    ends = {tokenizer.eos_token_id}
    if (Path(folder) / "generation_config.json").is_file():
        with _readable(folder, "a generation configuration"):
            declared = GenerationConfig.from_pretrained(folder, local_files_only=True).eos_token_id
        ends.update([declared] if isinstance(declared, int) else declared or [])
    return sorted(ends)


@contextmanager
def _readable(
    folder: Path | str, what: str, files: str = "config.json, *.safetensors, tokenizer files"
) -> Iterator[None]:
    """Turn a failure to read `folder` into a `UserError`; the libraries raise a dozen kinds of their own."""
    try:
        yield
    except (MemoryError, ImportError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(
            f"{folder}: not readable as {what} ({type(error).__name__}: {reason}). "
            f"A folder written by save_pretrained is expected: {files}."
        ) from None
