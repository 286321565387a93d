"""Settings of steps as text stay as they are, byte for byte: a result is rebuilt where they change."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict

import pytest
from study_files import REPOSITORY
from study_specs import all_specs

from skillift.study.study import load_study

# where one differs on purpose, as after an edit of the study: python tests/unit/study/test_spec_digests.py
RECORDED = {
    "embedded": {
        "analysis": "f69ae123",
        "browser": "6df65cfe",
        "corpus": "f5a21440",
        "demonstrations": "719693b9",
        "episodes": "aec5fc8d",
        "figures": "a0601f47",
        "judge": "d4d7b74f",
        "predictions": "dd38da4a",
        "pretrain": "17cddb65",
        "rates": "b7e1a49e",
        "scores": "0c16bff7",
        "tasks": "a71ac70c",
        "tokenizer": "2fdf6c71",
        "train": "650f8536",
    },
    "smoke": {
        "analysis": "d0598846",
        "browser": "9e626f3e",
        "corpus": "b0610f47",
        "demonstrations": "719693b9",
        "episodes": "3f0ebe31",
        "figures": "8304c989",
        "judge": "d4d7b74f",
        "predictions": "96da708e",
        "pretrain": "570592ba",
        "rates": "b7e1a49e",
        "scores": "f2794792",
        "tasks": "f1f83d28",
        "tokenizer": "2fdf6c71",
        "train": "6fd58755",
    },
    "paper": {
        "analysis": "1918d5b4",
        "browser": "e9bb015b",
        "corpus": "ae4c503d",
        "demonstrations": "ba397412",
        "episodes": "bb0a359f",
        "figures": "1c9c4e3a",
        "judge": "3683e72c",
        "predictions": "c91c8731",
        "rates": "cf0c9516",
        "scores": "6fb96049",
        "tasks": "8baabcac",
        "tokenizer": "525b5925",
        "train": "5ebc4d22",
    },
}


def digests(name: str) -> dict[str, str]:
    """Of each kind of step, the digest of the specs of all steps of that kind."""
    kinds = defaultdict(list)
    for step, text in sorted(all_specs(load_study(REPOSITORY / f"studies/{name}.yaml")).items()):
        kinds[step.split(" ")[0]].append(f"{step} {text}")
    return {kind: hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8] for kind, texts in kinds.items()}


@pytest.mark.parametrize("name", RECORDED)
def test_finished_results_of_a_study_stay_valid(name):
    assert digests(name) == RECORDED[name]


if __name__ == "__main__":
    print(json.dumps({name: digests(name) for name in RECORDED}, indent=4))
