"""Which engine a study names, opened on a model folder.

An engine is a module `<kind>_engine` of this package with the constant `ENGINE`, a class of the interface
`skillift.engines.interface.Engine`. It is loaded by name, so a rule's code digest names it as a further root.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from skillift.engines.interface import Composition, Engine, RunOptions, Serving
from skillift.errors import UserError, problem
from skillift.libraries import prepare_libraries
from skillift.named_modules import names_in

ENGINES = names_in("engines", "_engine")
COMPOSING = "transformers"  # the engine that emulated runs are answered by


@contextmanager
def open_engine(
    kind: str,
    model_folder: Path | str,
    serving: Serving,
    options: RunOptions,
    adapter: Path | str | None = None,
    composition: Composition | None = None,
) -> Iterator[Engine]:
    """Open the engine `kind` on a model folder for the duration of a `with` block.

    Args:
        kind: one of `ENGINES`.
        model_folder: a servable folder: safetensors, config, tokenizer.
        serving: how the study wants it served.
        options: how it is run.
        adapter: a LoRA adapter's folder, to be applied to the model without merging.
        composition: what the model's scores are composed with, if anything; by transformers, in one process.

    Raises:
        UserError: an unknown engine, an unreadable folder, a model with fewer positions than max_model_len,
            too few devices, or an engine that cannot start on this machine.
    """
    prepare_libraries()
    if kind not in ENGINES:
        raise UserError(problem("inference: engine", kind, f"one of {', '.join(ENGINES)}"))
    if composition is not None:
        if kind != COMPOSING:
            raise UserError(problem("inference: engine", kind, f"{COMPOSING}, for emulated runs"))
        # by name, as runs that are not emulated do not depend on it
        composed = import_module("skillift.engines.composed").ComposedEngine
        engine: Engine = composed(model_folder, serving, options, composition)
    elif options.data_parallel > 1:
        from skillift.engines.parallel_engines import ParallelEngines

        engine = ParallelEngines(open_engine, kind, model_folder, serving, options, adapter)
    else:
        module = import_module(f"skillift.engines.{kind}_engine")
        engine = module.ENGINE(model_folder, serving, options, adapter)
    try:
        yield engine
    finally:
        engine.close()
