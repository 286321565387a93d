"""The command that writes the episode browser."""

from __future__ import annotations

import json

import pytest
from browser_study import BROWSER, SCRIPTS, make_browsed

from browser import browse_episodes
from skillift.contracts.pipeline import EPISODES, SCORES, SKILLS, TASKS, VERDICTS
from skillift.errors import UserError
from skillift.tables import write_table
from skillift.tasks.prompts import TEMPLATE_PATH


@pytest.fixture
def study():
    return make_browsed(n_tasks=2, students=("s",), references=())


@pytest.fixture
def arguments(study, tmp_path):
    for name, schema in (("tasks", TASKS), ("skills", SKILLS), ("scores", SCORES)):
        write_table(getattr(study, name), tmp_path / f"{name}.parquet", schema)
    spec = {**study.spec, "judges": sorted({judge for judge, *_ in study.verdicts})}
    options = ["--spec", json.dumps(spec), "--task-template", str(TEMPLATE_PATH)]
    for name in ("tasks", "skills", "scores"):
        options += [f"--{name}", f"{tmp_path}/{name}.parquet"]
    for kind, schema in (("episodes", EPISODES), ("verdicts", VERDICTS)):
        for *labels, frame in getattr(study, kind):
            write_table(frame, tmp_path / kind / f"{'-'.join(labels)}.parquet", schema)
    options += ["--episodes", f"{tmp_path}/episodes/{{student}}-{{run}}.parquet"]
    options += ["--verdicts", f"{tmp_path}/verdicts/{{judge}}-{{student}}-{{run}}.parquet"]
    options += ["--page", str(BROWSER / "page.html"), "--style", str(BROWSER / "page.css")]
    return [*options, "--scripts", *(str(BROWSER / f"{name}.js") for name in SCRIPTS)]


def test_the_page_is_that_of_the_tables(arguments, study, tmp_path):
    for out in ("a.html", "b.html"):
        browse_episodes.main([*arguments, "--out", str(tmp_path / out)])
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == study.page()
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_missing_table_is_named_and_nothing_is_written(arguments, tmp_path):
    (tmp_path / "scores.parquet").unlink()
    with pytest.raises(UserError, match=r"scores\.parquet"):
        browse_episodes.main([*arguments, "--out", str(tmp_path / "a.html")])
    assert not (tmp_path / "a.html").exists()


def test_a_path_that_does_not_tell_runs_apart_is_refused(arguments, tmp_path, capsys):
    with pytest.raises(SystemExit):
        browse_episodes.main([*arguments, "--episodes", "x.parquet", "--out", str(tmp_path / "a.html")])
    assert "expected a path with {student} and {run} in it" in capsys.readouterr().err
