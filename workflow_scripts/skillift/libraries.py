"""How the model libraries (torch, transformers, trl, vllm) are set up before they are imported.

They read environment variables once, at import: no network, no telemetry, quiet logs. Every module
that imports one of them calls `prepare_libraries` first. It imports none of them itself.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "USE_TF": "0",
    "USE_FLAX": "0",
}


def prepare_libraries(threads: int | None = None) -> None:
    """Set the environment that the model libraries read at import, and torch's threads if given."""
    os.environ.update(ENVIRONMENT)
    # they warn about their own internals: nothing that a user can fix
    warnings.filterwarnings("ignore", category=FutureWarning)
    if threads is None:
        return
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import torch

    torch.set_num_threads(threads)


@contextmanager
def fast_imports() -> Iterator[None]:
    """Import large libraries with the garbage collector off, and keep what they made out of its sight.

    Importing vllm makes some millions of objects that live until the process ends. Looking through them again
    and again costs 4 of 12 CPU seconds at import and 3 more when the process ends.
    """
    enabled, modules = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > modules:  # otherwise only a closed engine's remains would be kept
            gc.freeze()
        if enabled:
            gc.enable()
        atexit.unregister(gc.freeze)
        atexit.register(gc.freeze)


def quiet_progress() -> None:
    """Switch off the progress bars of weight loading and data preparation, which last milliseconds."""
    import transformers

    transformers.utils.logging.disable_progress_bar()
