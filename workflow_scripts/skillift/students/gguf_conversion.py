"""From a GGUF file to a model folder: its weights dequantised once, and all that it says of its tokenizer.

The weights are stored in float32: that is what dequantising gives, exactly. Training and serving cast them to
the study's precision, as they do with every student.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.libraries import fast_imports, prepare_libraries, quiet_progress
from skillift.processes.progress import phase
from skillift.students.chat_settings import OWN, ChatSettings
from skillift.students.folder_checks import check_model_folder
from skillift.students.gguf_header import NAMED_TOKENS, GgufHeader, read_header
from skillift.students.gguf_rope import llama3_scaling
from skillift.students.gguf_tokenizer import gguf_tokenizer
from skillift.tables import sha256_file

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_LINKED = "model.gguf"
_ELSE = "Take the model's safetensors, or another file."


def convert_gguf(
    file: Path | str, out_folder: Path | str, engine: str | None = None, chat: ChatSettings = OWN
) -> dict:
    """Write the model of a GGUF file as a model folder; the file is not changed.

    Args:
        file: the GGUF file.
        out_folder: is made if need be.
        engine: the study's; see `folder_checks.folder_mistakes`.
        chat: what the study says of the chat format; the file needs no template where the study names one.

    Returns:
        What the file was: see `gguf_source`.

    Raises:
        UserError: everything that is wrong with the file, or the installed transformers does not read it, or
            the disk is full.
    """
    file, out = Path(file), Path(out_folder)
    check_model_folder(file, engine, chat)
    header = read_header(file)
    with phase(f"dequantising {file.name}"), _alone(file) as folder, _readable(file):
        model = _dequantised(folder, header)
        tokenizer = gguf_tokenizer(folder / _LINKED, header)
    try:
        out.mkdir(parents=True, exist_ok=True)
        model.save_pretrained(out)
        tokenizer.save_pretrained(out)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror or error}). Free space there.") from error
    return gguf_source(header)


def gguf_source(header: GgufHeader) -> dict:
    """What a GGUF file is, for a manifest.

    Returns:
        `file`, `sha256`; `name`, `architecture` and `licence` as it says itself, where it does; `file_type`
        (gguf.LlamaFileType) and `tensors`, the number of tensors by type.
    """
    from gguf.constants import GGMLQuantizationType, LlamaFileType

    kinds = Counter(tensor.kind for tensor in header.tensors)
    number = header.metadata.get("general.file_type")
    file_type = ""
    if isinstance(number, int):
        with suppress(ValueError):
            file_type = LlamaFileType(number).name
    said = {
        "name": header.text("general.name"),
        "architecture": header.architecture,
        "licence": header.text("general.license"),
        "file_type": file_type,
    }
    return {
        "file": header.path.name,
        "sha256": sha256_file(header.path),
        **{key: value for key, value in said.items() if value},
        "tensors": {GGMLQuantizationType(kind).name: kinds[kind] for kind in sorted(kinds)},
    }


def _dequantised(folder: Path, header: GgufHeader) -> PreTrainedModel:
    prepare_libraries()
    with fast_imports():
        import torch
        from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

    config = AutoConfig.from_pretrained(folder, gguf_file=_LINKED)
    size = header.of_architecture("attention.key_length")
    if hasattr(config, "head_dim") and isinstance(size, int) and header.architecture != "gemma4":
        config.head_dim = size  # of Qwen3's files transformers reads all but this
    if scaling := llama3_scaling(header):
        config.rope_parameters = scaling
    quiet_progress()
    model, loading = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=_LINKED, config=config, dtype=torch.float32, output_loading_info=True
    )
    if missing := sorted(loading["missing_keys"]):
        expected = "weights for every layer"
        raise UserError(problem(f"{header.path}", f"no weights for {missing[:3]}", expected))
    # without these transformers takes the model for a quantised one, which it does not write
    model.hf_quantizer = None
    model.is_quantized = False
    del model.config.quantization_config
    model.config.name_or_path = header.text("general.name")
    ends = header.end_tokens()
    ids = {name: header.metadata.get(f"tokenizer.ggml.{key}") for name, key in NAMED_TOKENS.items()}
    model.generation_config = GenerationConfig(
        bos_token_id=ids["bos_token"], eos_token_id=ends, pad_token_id=ids["pad_token"]
    )
    return model


@contextmanager
def _alone(file: Path) -> Iterator[Path]:
    """A folder with that file alone: transformers would prefer other tokenizers beside it."""
    with tempfile.TemporaryDirectory(prefix="skillift-") as folder:
        Path(folder, _LINKED).symlink_to(file.resolve())
        yield Path(folder)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Turn a failure to read the file into a `UserError`; the libraries raise a dozen kinds of their own."""
    try:
        yield
    except (MemoryError, ImportError, UserError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        found = f"a file that transformers does not read ({type(error).__name__}: {reason})"
        raise UserError(problem(f"{file}", found, "a GGUF file that it dequantises", _ELSE)) from None
