"""How tiny students answer in tests: the study's section `inference`, whole."""

from __future__ import annotations

INFERENCE = {
    "engine": "transformers",
    "precision": "float32",
    "thinking": False,
    "suites": ["holdout"],
    "samples": 1,
    "temperature": 0.0,
    "top_p": 1.0,
    "max_tokens": 6,
    "max_model_len": None,
    "adapters": "merged",
    "batch_invariant": False,
    "seed": 0,
}
