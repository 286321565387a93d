"""Make the virtual environment from a pinned set, once: `python3 envs/make_venv.py`.

It does nothing when `.venv` already holds the pins (a stamp inside says so), updates it when they have
changed, and goes on where an interrupted set-up stopped. Whatever is missing on the machine (a supported
Python, disk space, a network) ends it with one message. It needs the standard library alone, and runs far
enough on an old Python to say that it is too old.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import GIB, SetupError, check_platform, check_space, explain, find_python, python_version

ENVS = Path(__file__).resolve().parent
STAMP = "skillift-pins.json"
LOG = "skillift-setup.log"
NEEDED_GIB = 4.5  # the installed set takes 3.7 GiB
NEEDED_TMP_GIB = 1.5  # pip collects the wheels in the temporary folder
# a quarter of all code is tests and architectures of models: Python compiles what is imported of them then
LEFT_UNCOMPILED = r"/(tests|testing|transformers/models|model_executor/models)/"

# Run by the new environment's Python: names of packages whose installation was cut off. pip takes such a
# package for installed as soon as its METADATA stands; it writes the final RECORD last.
FIND_HALF_INSTALLED = """
import importlib.metadata as m
for d in m.distributions():
    files = d.files or []
    if not any(f.name == "INSTALLER" for f in files) or not all(f.locate().exists() for f in files):
        print(d._path)
"""


def digest(paths: list[Path]) -> str:
    """SHA-256 over the bytes of files, in order."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def names_in(path: Path) -> set[str]:
    """The package names of a pin list."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.split("==")[0].strip() for line in lines if "==" in line and not line.startswith("#")}


class Environment:
    """A virtual environment and its stamp."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.python = self.folder / "bin" / "python"
        self.stamp = self.folder / STAMP
        self.log = self.folder / LOG

    def holds(self, pins: str) -> bool:
        """Whether the environment was completed, at this place, with pins of this digest."""
        try:
            stamp = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return stamp == {"pins": pins, "folder": str(self.folder)} and self.python.exists()

    def complete(self, pins: str) -> None:
        """Write the stamp, at once."""
        temporary = self.stamp.with_suffix(".part")
        temporary.write_text(json.dumps({"pins": pins, "folder": str(self.folder)}), encoding="utf-8")
        temporary.replace(self.stamp)

    def runs_here(self) -> bool:
        """Whether pip works and scripts point here (they name the interpreter by its full path)."""
        script = self.python.with_name("pip")
        if not script.exists() or str(self.folder) not in script.read_text(encoding="utf-8"):
            return False
        pip = [str(self.python), "-m", "pip", "--version"]
        return subprocess.run(pip, capture_output=True, check=False).returncode == 0

    def size_gib(self) -> float:
        """What the environment takes on disk."""
        return sum(path.lstat().st_size for path in self.folder.rglob("*")) / GIB

    def create(self, python: str) -> None:
        """Make the empty environment, or keep one that has the same Python and a working pip.

        Raises:
            SetupError: the venv module is missing or fails.
        """
        if python_version(str(self.python)) == python_version(python) and self.runs_here():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        done = subprocess.run(
            [python, "-m", "venv", str(self.folder)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            text = done.stdout + done.stderr
            raise SetupError(f"{self.folder}: cannot be made: {explain(text)}")

    def drop_half_installed(self) -> None:
        """Make pip see the packages whose installation was cut off as missing."""
        done = subprocess.run(
            [str(self.python), "-c", FIND_HALF_INSTALLED], capture_output=True, text=True, check=False
        )
        for path in map(Path, done.stdout.splitlines()):
            if self.folder in path.parents and path.name.endswith(".dist-info") and path.name[:4] != "pip-":
                shutil.rmtree(path, ignore_errors=True)

    def pip(self, *arguments: str, total: int = 0) -> None:
        """Run pip, its output in the log, a count of collected packages on stderr.

        Raises:
            SetupError: pip failed; says why.
        """
        command = [str(self.python), "-m", "pip", *arguments, "--no-input", "--disable-pip-version-check"]
        live = sys.stderr.isatty()
        collected, text = 0, []
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n")
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
            )
            for line in process.stdout or ():
                log.write(line)
                text.append(line)
                if line.startswith(("Collecting ", "Processing ", "Requirement already")):
                    collected += 1
                    if live:
                        print(f"\r  packages: {collected} of {total} collected", end="", file=sys.stderr)
                elif line.startswith("Installing collected packages"):
                    end = "" if live else "\n"
                    print(f"\r  packages: {collected} collected, installing ...", end=end, file=sys.stderr)
        if process.wait():
            print(file=sys.stderr)
            raise SetupError(f"installing packages: {explain(''.join(text))} (whole log: {self.log})")
        if live:
            print(file=sys.stderr)

    def compile(self) -> None:
        """Compile the packages on all cores; pip would do it on one, and each file for itself.

        By a process for each core, each with its own packages: the pool that `compileall -j` makes can wait
        for ever on a busy machine before Python 3.11.5 (CPython issue 105829).
        """
        sizes = {}
        for path in self.folder.glob("lib/python*/site-packages/*"):
            files = [path] if path.suffix == ".py" else path.rglob("*.py")
            sizes[path] = sum(file.stat().st_size for file in files)
        shares: list[list[str]] = [[] for _ in range(os.cpu_count() or 1)]
        totals = [0] * len(shares)
        for path in sorted(filter(sizes.get, sizes), key=lambda path: -sizes[path]):
            least = totals.index(min(totals))
            shares[least].append(str(path))
            totals[least] += sizes[path]
        command = [str(self.python), "-m", "compileall", "-qq", "-x", LEFT_UNCOMPILED]
        started = [
            subprocess.Popen([*command, *share], stdout=subprocess.DEVNULL) for share in shares if share
        ]
        for process in started:
            process.wait()  # what cannot be compiled (templates of code) is never imported

    def drop_unpinned(self, pinned: set[str]) -> None:
        """Uninstall what an earlier set left behind."""
        command = [str(self.python), "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        names = {re.sub(r"[-_.]+", "-", entry["name"]).lower() for entry in json.loads(done.stdout)}
        left = sorted(names - pinned - {"pip"})
        if left:
            self.pip("uninstall", "--yes", *left)

    def imports_torch(self) -> bool:
        """Whether torch can be imported."""
        done = subprocess.run([str(self.python), "-c", "import torch"], capture_output=True, check=False)
        return done.returncode == 0


def install(environment: Environment, pins: Path, torch_pins: Path | None) -> None:
    """Install the pins, and the CUDA libraries if the registry served a build of torch that loads them.

    Raises:
        SetupError: pip failed, or torch cannot be imported in the end.
    """
    environment.drop_half_installed()
    pinned = names_in(pins)
    environment.pip("install", "--no-compile", "--no-deps", "-r", str(pins), total=len(pinned))
    environment.compile()
    if "torch" in pinned and not environment.imports_torch():
        if torch_pins is not None:
            pinned |= names_in(torch_pins)
            check_space({environment.folder: NEEDED_GIB, Path(tempfile.gettempdir()): NEEDED_TMP_GIB})
            print(
                "  The registry offers no CPU build of torch and served its CUDA build, which runs without a "
                "GPU but loads the CUDA libraries: installing those too (about 3 GiB more).",
                file=sys.stderr,
            )
            options = ("--no-compile", "--no-deps", "-r", str(torch_pins))
            environment.pip("install", *options, total=len(names_in(torch_pins)))
        if not environment.imports_torch():
            raise SetupError(
                f"torch: found one that cannot be imported (`{environment.python} -c 'import torch'` shows "
                "why), expected a working build. Remove .venv and run the same command again."
            )
    environment.drop_unpinned(pinned)


def make(options: argparse.Namespace) -> None:
    """Bring the environment to the pins.

    Raises:
        SetupError: something is missing on this machine.
    """
    environment = Environment(options.venv)
    torch_pins = ENVS / "torch-cuda.txt" if options.pins.name == "cpu.txt" else None
    pins = digest([path for path in (options.pins, torch_pins) if path])
    if environment.holds(pins):
        return
    check_platform(platform.system(), platform.machine())
    python = find_python(options.python)
    updating = environment.stamp.exists()
    environment.folder.mkdir(parents=True, exist_ok=True)
    if not updating:  # an interrupted set-up has taken its part already
        missing = max(0.0, options.needed_gib - environment.size_gib())
        check_space({environment.folder: missing, Path(tempfile.gettempdir()): NEEDED_TMP_GIB})
    environment.stamp.unlink(missing_ok=True)
    verb = "Updating" if updating else "Making"
    print(
        f"{verb} {environment.folder} with {python} (a new one takes about 3 minutes, "
        f"{options.needed_gib:.1g} GiB)",
        file=sys.stderr,
    )
    environment.create(python)
    install(environment, options.pins, torch_pins)
    environment.complete(pins)


def main(argv: list[str] | None = None) -> int:
    """Make the environment; 1 if this machine lacks something."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--venv", type=Path, default=ENVS.parent / ".venv", help="folder of the environment")
    parser.add_argument("--pins", type=Path, default=ENVS / "cpu.txt", help="pin list to install")
    parser.add_argument("--python", help="interpreter to use (default: the first supported one)")
    parser.add_argument("--needed-gib", type=float, default=NEEDED_GIB, help="free disk space to ask for")
    try:
        make(parser.parse_args(argv))
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"error: {error.filename}: {error.strerror}. Correct that and run the same command again.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
