"""From a GGUF file to a model folder: its weights dequantised once, and all that it says of its tokenizer.

The weights are stored in float32: that is what dequantising gives, exactly. Training and serving cast them to
the study's precision, as they do with every student.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.libraries import fast_imports, prepare_libraries, quiet_progress
from skillift.students.chat_rendering import exchange
from skillift.students.chat_settings import OWN, ChatSettings
from skillift.students.folder_checks import check_model_folder
from skillift.students.gguf_header import NAMED_TOKENS, GgufHeader, read_header
from skillift.tables import sha256_file

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_BOS = "{{ bos_token }}"
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
    with _alone(file) as folder, _readable(file):
        model = _dequantised(folder, header)
        tokenizer = _tokenizer(folder, header)
    _check_vocabulary(tokenizer, header)
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
    try:
        file_type = LlamaFileType(header.metadata.get("general.file_type")).name
    except ValueError:
        file_type = ""
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


def with_bos(template: str, header: GgufHeader) -> str:
    """A file's chat template, made to begin with the token `bos` where every text of its model does.

    What stands before a message is the template's alone (`chat_format.token_ids`): a tokenizer that adds the
    token by itself does not add it to a rendered prompt. Gemma without it repeats one word for ever.
    """
    named = header.named_tokens()
    if not (header.adds("bos") and "bos_token" in named):
        return template
    prompt, _ = exchange(template, named)
    return template if prompt.startswith(named["bos_token"]) else _BOS + template


def _dequantised(folder: Path, header: GgufHeader) -> PreTrainedModel:
    prepare_libraries()
    with fast_imports():
        import torch
        from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

    config = AutoConfig.from_pretrained(folder, gguf_file=_LINKED)
    size = header.of_architecture("attention.key_length")
    if hasattr(config, "head_dim") and isinstance(size, int) and header.architecture != "gemma4":
        config.head_dim = size  # of Qwen3's files transformers reads all but this
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


def _tokenizer(folder: Path, header: GgufHeader) -> PreTrainedTokenizerBase:
    with fast_imports():
        from tokenizers import Tokenizer
        from transformers import PreTrainedTokenizerFast
        from transformers.integrations.gguf import convert_gguf_tokenizer, get_gguf_tokenizer

    core, _ = convert_gguf_tokenizer(*get_gguf_tokenizer(str(folder / _LINKED))[:2])
    parts = json.loads(core.to_str())
    # what the model's class adds to the file's vocabulary, such as <|endoftext|>, has no weights
    parts["added_tokens"] = [token for token in parts["added_tokens"] if token["id"] < len(header.tokens())]
    named = header.named_tokens()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(parts)),
        **{name: named.get(name) for name in NAMED_TOKENS},
        add_bos_token=header.adds("bos") and "bos_token" in named,
        add_eos_token=header.adds("eos") and "eos_token" in named,
    )
    template = header.text("tokenizer.chat_template")
    if template:
        tokenizer.chat_template = with_bos(template, header)
    return tokenizer


def _check_vocabulary(tokenizer: PreTrainedTokenizerBase, header: GgufHeader) -> None:
    """See that the tokens which begin, end and mark texts have the ids that the file says, and none other."""
    tokens = header.tokens()
    if len(tokenizer) > len(tokens):
        found, expected = f"{len(tokenizer)} tokens in transformers", f"the file's {len(tokens)}"
        raise UserError(
            problem(f"{header.path}: tokenizer", found, expected, "Take the model's safetensors.")
        )
    marks = [*header.named_tokens().values(), *(tokens[place] for place in header.end_tokens())]
    for token in marks:
        found, expected = tokenizer.convert_tokens_to_ids(token), tokens.index(token)
        if found != expected:
            where = f"{header.path}: tokenizer, the token {token}"
            raise UserError(problem(where, f"the id {found} in transformers", f"the id {expected}", _ELSE))


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
