"""How `engine` in config.yaml reaches the command that runs an engine: as options, none of them tracked."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skillift.engines.interface import RunOptions

_TYPES = {
    "max_num_seqs": int,
    "kv_cache_gib": float,
    "gpu_memory_utilization": float,
    "tensor_parallel": int,
    "data_parallel": int,
    "prefix_caching": bool,
}
_HELP = {
    "max_num_seqs": "sequences answered at once",
    "kv_cache_gib": "vLLM's cache on a CPU (GiB)",
    "gpu_memory_utilization": "share of a GPU for vLLM",
    "tensor_parallel": "devices that share one engine's weights",
    "data_parallel": "engines that share the prompts",
    "prefix_caching": "whether vLLM keeps what prompts have in common",
}


def engine_options(settings: Mapping[str, object]) -> list[str]:
    """The options for `engine` of config.yaml; keys that say nothing to an engine are left out."""
    options = []
    for name in _TYPES:
        if name in settings:
            value = settings[name]
            options += [_option(name), str(value).lower() if isinstance(value, bool) else str(value)]
    return options


def add_engine_options(arguments: argparse.ArgumentParser) -> None:
    """Declare them, and `--threads`; what is left out keeps the default of `RunOptions`."""
    arguments.add_argument("--threads", type=int, help="CPU threads")
    for name, kind in _TYPES.items():
        arguments.add_argument(_option(name), type=_truth if kind is bool else kind, help=_HELP[name])


def run_options(options: argparse.Namespace) -> RunOptions:
    """What a parser with `add_engine_options` has read."""
    from skillift.engines.interface import RunOptions

    given = {name: getattr(options, name) for name in ("threads", *_TYPES)}
    return RunOptions(**{name: value for name, value in given.items() if value is not None})


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected true or false")
    return text == "true"
