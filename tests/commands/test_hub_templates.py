"""A model of the hub that is not in its cache: its tokenizer is looked at before the first job."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from chat_folders import GEMMA, write_base
from hub_server import hub
from study_files import REPOSITORY

SMOKE = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
SCRATCH = SMOKE[SMOKE.index("  s:\n") : SMOKE.index("  m:\n")]
LOOK = """
import sys
from skillift.preflight.access import missing
from skillift.study.study import load_study
for path in sys.argv[1:]:
    print(missing(load_study(path), [("download_student", {"student": "s"})]))
assert "torch" not in sys.modules
"""


@pytest.mark.slow
def test_whether_it_can_be_trained_in_its_template_is_known_before_its_weights_are_downloaded(tmp_path):
    (tmp_path / "bare.jinja").write_text(GEMMA.replace("<end_of_turn>\n'", "'"), encoding="utf-8")
    paths = []
    for name in ("null", "bare.jinja", "plain"):
        entry = f"  s: {{tier: 1, source: hub, model: owner/tiny, chat_template: {name}}}\n"
        paths.append(tmp_path / f"{name}.yaml")
        paths[-1].write_text(SMOKE.replace(SCRATCH, entry), encoding="utf-8")
    environment = os.environ | {"HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}
    with hub("owner/tiny", write_base(tmp_path / "base")) as (address, arrived):
        environment["HF_ENDPOINT"] = address
        command = [sys.executable, "-c", LOOK, *map(str, paths)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    own, bare, plain = done.stdout.splitlines()
    assert "students.s: " in own and "no chat template" in own and "`chat_template: plain`" in own
    assert "students.s: bare.jinja: chat template: found nothing after an answer" in bare
    assert plain == "[]"
    fetched = {path.rpartition("/")[2] for path in arrived if "/resolve/" in path}
    assert fetched == {"config.json", "tokenizer.json", "tokenizer_config.json"}
