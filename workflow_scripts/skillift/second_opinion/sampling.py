"""Calling the sampler, which runs in an environment of its own (`envs/second-opinion.txt`)."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from skillift.errors import UserError, problem

# 95 % of the draws' own error is then below a twentieth of the posterior's SD
SETTINGS = {"warmup": 600, "draws": 600, "target_accept": 0.95}
_COMMAND = Path(__file__).resolve().parents[2] / "second_opinion" / "sample_posterior.py"
_SET = "a Python with the set envs/second-opinion.txt"
_FIX = "`make second-opinion` installs it and runs this."


def check_set(python: Path) -> None:
    """Make sure that the sampler can be run, before anything is prepared for it.

    Raises:
        UserError: there is no such program, or it has no numpyro.
    """
    if not python.exists():
        raise UserError(problem(f"--python {python}", "no such program", _SET, _FIX))
    done = subprocess.run([python, "-c", "import numpyro"], capture_output=True, text=True, check=False)
    if done.returncode:
        found = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise UserError(problem(f"--python {python}", found, _SET, _FIX))


def posteriors(paths: dict[str, dict], python: Path, seed: int, confidence: float) -> dict[str, dict]:
    """What `model.sample` returns for the data of each path.

    Args:
        paths: of `arms.data_by_path`.
        python: with the set of the sampler.
        seed: of the draws.
        confidence: of the intervals, as a fraction.

    Raises:
        UserError: the sampler ended with an error.
    """
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder, "data.json"), Path(folder, "posterior.json")
        settings = {**SETTINGS, "seed": seed, "confidence": confidence}
        data.write_text(json.dumps({"settings": settings, "paths": paths}), encoding="utf-8")
        command = [str(part) for part in (python, _COMMAND, "--data", data, "--out", out)]
        # its lines of progress go where this command's own go
        if code := subprocess.run(command, check=False).returncode:
            expected = "0 (its own message stands above)"
            raise UserError(problem(f"{_COMMAND.name}, exit status", code, expected))
        return json.loads(out.read_text(encoding="utf-8"))
