"""The set-up on machines that lack something, and its stamp. Small environments from local wheels stand for
the full one, and an unreachable registry on this machine for a missing network.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.slow  # makes environments


@pytest.fixture(scope="module")
def setup_modules(repository: Path) -> dict[str, ModuleType]:
    sys.path.insert(0, str(repository / "envs"))
    try:
        return {name: importlib.import_module(name) for name in ("machine", "make_venv")}
    finally:
        sys.path.remove(str(repository / "envs"))


@pytest.fixture(scope="module")
def machine(setup_modules) -> ModuleType:
    return setup_modules["machine"]


@pytest.fixture(scope="module")
def make_venv(setup_modules) -> ModuleType:
    return setup_modules["make_venv"]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> Path:
    """A folder of tiny wheels: `teapot` twice, `kettle`, and a `torch` that cannot be imported."""
    folder = tmp_path_factory.mktemp("wheels")
    for name, version, code in [
        ("teapot", "1.0", ""),
        ("teapot", "2.0", ""),
        ("kettle", "1.0", ""),
        ("torch", "2.0", "import libcuda_part"),
    ]:
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}.py", f"{code}\nversion = {version!r}\n")
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture(scope="module")
def empty_venv(make_venv, tmp_path_factory) -> Path:
    """An environment with nothing but pip, as an interruption before the first package leaves it."""
    folder = tmp_path_factory.mktemp("empty") / ".venv"
    make_venv.Environment(folder).create(sys.executable)
    return folder


@pytest.fixture
def begun(tmp_path, empty_venv) -> Path:
    """A copy of the empty environment, put right for its place; making one takes seconds."""
    venv = tmp_path / ".venv"
    shutil.copytree(empty_venv, venv, symlinks=True)
    script = venv / "bin" / "pip"
    script.write_text(script.read_text().replace(str(empty_venv), str(venv)))
    return venv


@pytest.fixture
def set_up(tmp_path, repository, wheels):
    """Run make_venv.py for a list of pins in a folder of its own, with the local wheels as its registry."""

    def run(*pins: str, options: tuple[str, ...] = (), **environment: str) -> subprocess.CompletedProcess:
        listed = tmp_path / "pins.txt"
        listed.write_text("".join(f"{pin}\n" for pin in pins))
        settings = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        command = [sys.executable, str(repository / "envs" / "make_venv.py"), "--python", sys.executable]
        command += ["--venv", str(tmp_path / ".venv"), "--pins", str(listed), "--needed-gib", "0", *options]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=kept | settings | environment
        )

    return run


def version_of(venv: Path, package: str) -> str | None:
    """The package's version as the environment imports it, or None where it cannot."""
    command = [venv / "bin" / "python", "-c", f"import {package}; print({package}.version)"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None


def stamped(venv: Path) -> bool:
    return (venv / "skillift-pins.json").exists()


def test_an_environment_is_made_once_and_follows_its_pins(begun, set_up):
    venv = begun
    first = set_up("teapot==1.0", "kettle==1.0")
    assert first.returncode == 0, first.stderr
    assert any(venv.glob("lib/*/site-packages/__pycache__/teapot.*.pyc")), "not compiled"
    assert (version_of(venv, "teapot"), version_of(venv, "kettle")) == ("1.0", "1.0")

    # nothing is to be done: not even a registry is needed
    again = set_up("teapot==1.0", "kettle==1.0", PIP_FIND_LINKS="/nowhere")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

    changed = set_up("teapot==2.0")
    assert changed.returncode == 0, changed.stderr
    assert "Updating" in changed.stderr
    assert (version_of(venv, "teapot"), version_of(venv, "kettle")) == ("2.0", None)


def test_without_a_network_the_message_says_so_and_nothing_counts_as_made(begun, set_up):
    registry = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_FIND_LINKS": ""}
    done = set_up("teapot==1.0", **registry, PIP_RETRIES="1")
    assert done.returncode == 1
    assert "the package registry cannot be reached" in done.stderr
    assert "run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert not stamped(begun)

    resumed = set_up("teapot==1.0")
    assert resumed.returncode == 0, resumed.stderr
    assert version_of(begun, "teapot") == "1.0"


def test_an_update_that_fails_leaves_no_environment_that_counts_as_made(begun, set_up):
    assert set_up("teapot==1.0").returncode == 0
    failed = set_up("teapot==3.0")
    assert failed.returncode == 1
    assert "does not offer teapot==3.0" in failed.stderr
    assert not stamped(begun)
    # the first pins are asked for again: it must not be taken for complete
    assert set_up("teapot==1.0").stderr != ""
    assert stamped(begun)


def test_a_full_disk_is_said_before_anything_is_installed(tmp_path, set_up):
    done = set_up("teapot==1.0", options=("--needed-gib", "1000000"))
    assert done.returncode == 1
    assert "expected 10000" in done.stderr
    assert "Free some space" in done.stderr
    assert not (tmp_path / ".venv" / "bin").exists()


def test_an_interrupted_installation_is_fixed(begun, set_up):
    venv = begun
    assert set_up("teapot==1.0", "kettle==1.0").returncode == 0
    (site,) = venv.glob("lib/python*/site-packages")
    # what a kill in the middle of a package leaves: metadata, but not all files
    (site / "teapot.py").unlink()
    (venv / "skillift-pins.json").unlink()
    resumed = set_up("teapot==1.0", "kettle==1.0")
    assert resumed.returncode == 0, resumed.stderr
    assert version_of(venv, "teapot") == "1.0"


def test_a_half_made_environment_without_pip_is_made_again(begun, make_venv):
    environment = make_venv.Environment(begun)
    assert environment.runs_here()
    (site,) = begun.glob("lib/python*/site-packages")
    shutil.rmtree(site / "pip")
    assert not environment.runs_here()


def test_a_moved_environment_is_made_again(begun, make_venv):
    moved = begun.rename(begun.with_name("moved"))
    assert not make_venv.Environment(moved).runs_here()
    environment = make_venv.Environment(begun)
    environment.folder.mkdir()
    environment.complete("digest")
    assert not environment.holds("digest")  # its Python is gone
    shutil.copytree(moved, begun, symlinks=True, dirs_exist_ok=True)
    assert environment.holds("digest")
    shutil.copy(environment.stamp, moved)
    assert not make_venv.Environment(moved).holds("digest")


def test_a_torch_that_cannot_be_imported_is_no_finished_set_up(begun, set_up):
    done = set_up("torch==2.0")
    assert done.returncode == 1
    assert "torch: found one that cannot be imported" in done.stderr
    assert not stamped(begun)


def test_the_libraries_of_a_cuda_torch_are_installed_only_where_torch_needs_them(make_venv, tmp_path):
    calls = []

    class Recorded(make_venv.Environment):
        def __init__(self, imports: list[bool]) -> None:
            super().__init__(tmp_path)
            self.imports = imports

        def pip(self, *arguments: str, total: int = 0) -> None:
            calls.append(Path(arguments[-1]).name)

        def compile(self) -> None:
            pass

        def imports_torch(self) -> bool:
            return self.imports.pop(0)

        def drop_unpinned(self, pinned: set[str]) -> None:
            calls.append("nvidia-cuda-runtime" in pinned)

        def drop_half_installed(self) -> None:
            pass

    cpu, extra = make_venv.ENVS / "cpu.txt", make_venv.ENVS / "torch-cuda.txt"
    make_venv.install(Recorded([True]), cpu, extra)
    assert calls == ["cpu.txt", False]
    calls.clear()
    make_venv.NEEDED_GIB, needed = 0.0, make_venv.NEEDED_GIB
    make_venv.install(Recorded([False, True, True]), cpu, extra)
    make_venv.NEEDED_GIB = needed
    assert calls == ["cpu.txt", "torch-cuda.txt", True]


def fake_python(folder: Path, version: str, modules: bool = True) -> str:
    """An executable that answers as a Python of that version does."""
    path = folder / "python3"
    path.write_text(f'#!/bin/sh\ncase "$2" in *ensurepip*) exit {int(not modules)};; esac\necho {version}\n')
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("version", ["3 9", "3 10", "3 14", "2 7"])
def test_a_python_that_the_pins_do_not_support_is_named_with_the_fix(machine, tmp_path, version):
    with pytest.raises(machine.SetupError, match=version.replace(" ", r"\.")) as raised:
        machine.find_python(fake_python(tmp_path, version))
    assert "expected 3.11, 3.12 or 3.13" in str(raised.value)
    assert "PYTHON=" in str(raised.value)


def test_a_missing_python_is_named(machine):
    with pytest.raises(machine.SetupError, match="no /nowhere/python3"):
        machine.find_python("/nowhere/python3")


def test_a_python_without_venv_is_named_with_its_package(machine, tmp_path):
    with pytest.raises(machine.SetupError, match=r"apt-get install python3\.12-venv"):
        machine.find_python(fake_python(tmp_path, "3 12", modules=False))


def test_this_python_is_supported(machine):
    assert machine.find_python(sys.executable) == sys.executable


def test_the_supported_pythons_are_those_that_the_pins_are_resolved_for(machine, repository):
    source = (repository / "envs" / "pin.py").read_text()
    versions = [f"{major}.{minor}" for major, minor in machine.PYTHONS]
    assert f"PYTHONS = {json.dumps(versions)}" in source


@pytest.mark.parametrize("where", [("Darwin", "arm64"), ("Linux", "aarch64"), ("Windows", "AMD64")])
def test_a_machine_without_builds_is_told(machine, where):
    with pytest.raises(machine.SetupError, match=f"found {where[0]} on {where[1]}"):
        machine.check_platform(*where)


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        (
            "Temporary failure in name resolution\nERROR: No matching distribution found for x==1",
            "be reached",
        ),
        ("ERROR: No matching distribution found for torch==2.13.0", "does not offer torch==2.13.0"),
        ("ERROR: [Errno 13] Permission denied: '/opt/x'", "no permission to write /opt/x"),
        ("ERROR: something new", "ERROR: something new"),
    ],
)
def test_what_pip_prints_is_explained(machine, printed, said):
    assert said in machine.explain(printed)


def test_make_takes_the_python_of_its_own_folder_whatever_that_is_called(tmp_path, repository):
    folder = tmp_path / "a $1 [x] 'b'"
    for name in ("envs", ".venv/bin"):
        (folder / name).mkdir(parents=True)
    shutil.copy2(repository / "Makefile", folder)
    (folder / "envs/make_venv.py").write_text("")
    (folder / ".venv/bin/python").write_text('#!/bin/sh\necho "own python: $@"\n')
    (folder / ".venv/bin/python").chmod(0o755)
    done = subprocess.run(["make", "-C", folder, "verify"], capture_output=True, text=True, check=True)
    assert "own python: workflow_scripts/study/verify.py" in done.stdout
