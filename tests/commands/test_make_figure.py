"""The command that draws one figure."""

from __future__ import annotations

import json

import pytest
from analysis_tables import smoke_study

from publication import make_figure, make_viewer
from skillift.contracts.analysis import CERTIFICATION_RATES, EFFECTS
from skillift.contracts.training import TRAINING_LOG
from skillift.costs.stages import STAGE_COSTS
from skillift.errors import UserError
from skillift.tables import write_table


def test_it_draws_a_figure_from_the_table_on_disk(tmp_path):
    spec, tables = smoke_study()
    write_table(tables["effects"], tmp_path / "effects.parquet", EFFECTS)
    write_table(tables["certification"], tmp_path / "certification.parquet", CERTIFICATION_RATES)
    out = tmp_path / "figures" / "lift.svg"
    make_figure.main(
        [
            "lift",
            "--spec",
            json.dumps(spec),
            "--effects",
            str(tmp_path / "effects.parquet"),
            "--certification",
            str(tmp_path / "certification.parquet"),
            "--out",
            str(out),
        ]
    )
    assert out.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.slow
def test_with_the_viewers_scripts_it_writes_the_interactive_page_too(tmp_path, capsys):
    spec, tables = smoke_study()
    write_table(tables["costs"], tmp_path / "costs.parquet", STAGE_COSTS)
    make_viewer.main(["--out", str(tmp_path / "viewer.js")])
    options = ["costs", "--spec", json.dumps(spec), "--costs", str(tmp_path / "costs.parquet")]
    options += ["--out", str(tmp_path / "costs.svg"), "--html", str(tmp_path / "costs.html")]
    make_figure.main([*options, "--viewer", str(tmp_path / "viewer.js")])
    page = (tmp_path / "costs.html").read_text(encoding="utf-8")
    assert (tmp_path / "viewer.js").read_text(encoding="utf-8") in page
    assert 'vegaEmbed("#figure"' in page
    assert len(page) < 1_100_000
    with pytest.raises(SystemExit):
        make_figure.main(options)
    assert "--html and --viewer go together" in capsys.readouterr().err


def test_loss_curves_take_the_log_of_each_run(tmp_path):
    spec, tables = smoke_study()
    write_table(tables["log"].drop("student", "run"), tmp_path / "s/sft-s0.parquet", TRAINING_LOG)
    out = tmp_path / "loss.svg"
    log = f"{tmp_path}/{{student}}/{{run}}.parquet"
    make_figure.main(["loss_curves", "--spec", json.dumps(spec), "--log", log, "--out", str(out)])
    assert "1 run of 138 steps" in out.read_text(encoding="utf-8")


def test_a_missing_option_is_named(tmp_path):
    spec, _ = smoke_study()
    with pytest.raises(UserError, match="--path-shift"):
        make_figure.main(["path_audit", "--spec", json.dumps(spec), "--out", str(tmp_path / "x.svg")])


def test_logs_whose_path_does_not_tell_runs_apart_are_refused(tmp_path, capsys):
    spec = json.dumps(smoke_study()[0])
    with pytest.raises(SystemExit):
        make_figure.main(
            ["loss_curves", "--spec", spec, "--log", "log.parquet", "--out", str(tmp_path / "x.svg")]
        )
    assert "expected a path with {student} and {run} in it" in capsys.readouterr().err
