"""Engines: what turns prompts into answers, behind one interface.

`vllm` (the default) and `transformers` take the same model folder, the same token ids and the same
sampling settings, and stop at the same tokens; in float32 and greedy they give the same texts. An engine
is opened for one checkpoint and closed before the next: several in one process, one after another.
"""
