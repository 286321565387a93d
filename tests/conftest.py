"""What every test shares: the library on the path, and an environment without network or telemetry.

The variables are set when this file is imported, before any test module imports torch, vllm or litellm,
which read them once.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

REPOSITORY = Path(__file__).resolve().parents[1]
SCRIPTS = REPOSITORY / "workflow_scripts"
GUARD = REPOSITORY / "tests" / "model_guard"
LONG = ("integration", "models", "nightly", "slow")  # marks of what the quick loop leaves out

ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # litellm fetches its price map at import otherwise
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # an engine in this process starts in 3 s, in its own in 20 s
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",  # as in jobs of one thread
}

os.environ.update(ENVIRONMENT)
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))
# commands that tests start as processes import the library, and `snakemake` is the one beside this Python
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(SCRIPTS), os.environ.get("PYTHONPATH")]))
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="leave out tests that load models or run the workflow; any other test that does fails",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("quick"):
        sys.path.insert(0, str(GUARD))
        import model_guard

        model_guard.install(pytest.fail.Exception)
        os.environ["PYTHONPATH"] = os.pathsep.join([str(GUARD), os.environ["PYTHONPATH"]])


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """In the quick loop, do not even import modules that are left out as a whole."""
    if config.getoption("quick") and collection_path.suffix == ".py":
        whole = rf"^pytestmark = .*pytest\.mark\.({'|'.join(LONG)})\b"
        return bool(re.search(whole, collection_path.read_text(encoding="utf-8"), re.MULTILINE)) or None
    return None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep what collecting makes out of the garbage collector's sight: it lives until the end.

    These are some million objects of tests and libraries. It would look through them again and again.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000)
        gc.enable()


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Start long tests first; keep on one worker those that load models, or share a fixture of a module."""
    if config.getoption("quick"):
        left_out = [item for item in items if _takes_long(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _takes_long(item)]
    items.sort(key=_place)
    groups = {item.path: "/".join(item.path.parts[-2:]) for item in items if _shares_a_fixture(item)}
    # one worker imports torch and vLLM: that takes longer than most of what they are asked
    groups |= {item.path: "models" for item in items if item.get_closest_marker("models")}
    for item in items:
        if item.path in groups and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(groups[item.path]))


def _place(item: pytest.Item) -> tuple[bool, ...]:
    """What waits for a cluster first, as others compute beside it; short tests last, to fill the workers."""
    first = ("waits", "models", "integration", "slow")
    return tuple(item.get_closest_marker(name) is None for name in first)


def _takes_long(item: pytest.Item) -> bool:
    marked = any(map(item.get_closest_marker, LONG))
    return marked or "finished_smoke" in item.fixturenames


def _shares_a_fixture(item: pytest.Item) -> bool:
    """Whether a test takes what its module makes once; what a session makes, every worker has or shares."""
    fixtures = item._fixtureinfo.name2fixturedefs.values()
    return any(fixture.scope in ("module", "class") for found in fixtures for fixture in found)


@pytest.fixture(scope="session", autouse=True)
def shared_by_workers(tmp_path_factory) -> None:
    """Where the workers of a test run leave what is made once for all of them (`made_once.py`)."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ["SHARED_BY_WORKERS"] = str(tmp_path_factory.getbasetemp().parent)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository's root folder."""
    return REPOSITORY


@pytest.fixture(scope="session")
def scripts() -> Path:
    """The folder of the commands and the library."""
    return SCRIPTS


@pytest.fixture(scope="session")
def finished_smoke(tmp_path_factory) -> Iterator[Path]:
    """A copy of the project in which the smoke study was run once, for real; copy it before editing.

    Once for all workers of a test run: the first to come makes it, the others wait for it. At the end, the
    results must be as they were.
    """
    from projects import copy_project, snakemake

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = shared / "finished-smoke"
    with FileLock(f"{folder}.lock"):
        if not (folder / "results/smoke/report.html").exists():
            shutil.rmtree(folder, ignore_errors=True)
            copy_project(folder)
            (folder / "results/smoke").mkdir(parents=True)
            finished = snakemake(folder, "--report", "results/smoke/report.html", "--report-after-run")
            assert finished.returncode == 0, finished.stdout
    before = _times_of_files(folder / "results")
    yield folder
    assert _times_of_files(folder / "results") == before, "a test has changed the study that all tests share"


def _times_of_files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
