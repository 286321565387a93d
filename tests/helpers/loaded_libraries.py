"""Importing this loads what trains and serves students, in the process that `forked.py` forks from."""

from skillift.libraries import fast_imports, prepare_libraries

with fast_imports():
    prepare_libraries(1)
    import datasets  # noqa: F401
    import peft  # noqa: F401
    from transformers import AutoModelForCausalLM, GenerationConfig, LogitsProcessorList, Trainer  # noqa: F401
    from trl import SFTConfig, SFTTrainer  # noqa: F401
