"""The command summarise, on a study that is not finished and on a name that is none."""

from __future__ import annotations

import pytest
from projects import copy_project

from skillift.commands import run
from study.summarise import main


def test_a_study_that_is_not_finished_is_named(tmp_path, capsys):
    project = copy_project(tmp_path / "project")
    with pytest.raises(SystemExit) as ended:
        run(lambda: main(["--study", "studies/smoke.yaml", "--directory", str(project)]))
    assert ended.value.code == 1
    assert "analysis/claims.parquet: no such table; run the workflow" in capsys.readouterr().err
