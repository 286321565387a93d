"""Which layers are adapted: by group, by name, and everywhere; what is trained is what is merged."""

from __future__ import annotations

import pytest
from hybrid_models import write_hybrid_student
from tiny_models import write_student
from trainings import RECIPE, demonstrations, train

from skillift.errors import UserError
from skillift.students.model_folders import load_model
from skillift.training.trained_parts import adapted_layers

pytestmark = pytest.mark.models

ATTENTION = {"q_proj", "k_proj", "v_proj", "o_proj"}
MLP = {"gate_proj", "up_proj", "down_proj"}
GATED_DELTA = {"in_proj_qkv", "in_proj_z", "in_proj_a", "in_proj_b", "out_proj"}


@pytest.fixture(scope="module", params=["qwen3", "qwen3.5"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def student(kind, tmp_path_factory):
    write = write_student if kind == "qwen3" else write_hybrid_student
    return write(tmp_path_factory.mktemp(kind) / "model")


def changed(student, folder, targets) -> set[str]:
    """The layers whose merged weights are others than before training."""
    lora = {"rank": 4, "alpha": 8} | ({"target_modules": targets} if targets else {})
    recipe = {**RECIPE, "trainable": {"lora": lora}, "epochs": 1}
    train(recipe, student, demonstrations(), folder / "checkpoints", folder / "state")
    from safetensors.torch import load_file

    before = load_file(student / "model.safetensors")
    after = load_file(folder / "checkpoints/step-3/model.safetensors")
    assert before.keys() == after.keys()
    return {name.removesuffix(".weight") for name in before if not before[name].equal(after[name])}


def layers_of(kind: str, names: set[str]) -> set[str]:
    """Their full names in the two blocks; of Qwen3.5's the first has gated delta, the second attention."""
    found = set()
    for block in (0, 1):
        hybrid = kind == "qwen3.5" and block == 0
        parents = {"self_attn": ATTENTION, "mlp": MLP} | ({"linear_attn": GATED_DELTA} if hybrid else {})
        if hybrid:
            del parents["self_attn"]
        for parent, known in parents.items():
            found |= {f"model.layers.{block}.{parent}.{name}" for name in known & names}
    return found


@pytest.mark.parametrize("targets", [None, "all-linear"])
def test_all_linear_layers_are_trained_and_merged(kind, student, tmp_path, targets):
    assert changed(student, tmp_path, targets) == layers_of(kind, ATTENTION | MLP | GATED_DELTA)


@pytest.mark.parametrize(
    ("targets", "names"),
    [
        (["attention"], ATTENTION),
        (["mlp"], MLP),
        (["attention", "mlp"], ATTENTION | MLP),
        (["q_proj", "mlp"], {"q_proj"} | MLP),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_a_group_or_a_name_stands_for_its_layers(kind, student, targets, names):
    assert set(adapted_layers(load_model(student, "float32"), targets)) == layers_of(kind, names)


def test_the_gated_delta_group_is_trained_and_merged(tmp_path):
    student = write_hybrid_student(tmp_path / "model")
    expected = {f"model.layers.0.linear_attn.{name}" for name in GATED_DELTA}
    assert changed(student, tmp_path, ["gated_delta"]) == expected
    assert adapted_layers(load_model(student, "float32"), ["out_proj"]) == [
        "model.layers.0.linear_attn.out_proj"
    ]


def test_a_target_that_the_student_does_not_have_is_told_with_what_there_is(tmp_path):
    model = load_model(write_student(tmp_path / "model"), "float32")
    known = r"\(down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj\) or a group \(attention, mlp\)"
    for place, targets in enumerate([["gated_delta"], ["mlp", "query_key_value"]]):
        with pytest.raises(UserError, match=rf"target_modules\[{place}\]: found '{targets[place]}'.*{known}"):
            adapted_layers(model, targets)


def test_the_output_head_is_no_target(tmp_path):
    model = load_model(write_student(tmp_path / "model"), "float32")
    with pytest.raises(UserError, match="found 'lm_head'"):
        adapted_layers(model, ["lm_head"])
