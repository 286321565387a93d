"""Claims about the commands `certify_judge.py` and `rate_judges.py`."""

from __future__ import annotations

import json

import pytest

from certification import certify_judge, rate_judges
from skillift.contracts.analysis import CERTIFICATION_RATES
from skillift.contracts.pipeline import CERTIFICATION
from skillift.errors import UserError
from skillift.tables import read_table


@pytest.fixture
def certified(tmp_path, repository):
    prompts = repository / "workflow_scripts/assets/prompts"

    def certify(judge, out, **options):
        paths = {
            "cases": prompts / "certification.yaml",
            "template": prompts / "judge.jinja",
            "cache": tmp_path / "state" / "answers.sqlite",
            "out": tmp_path / out,
            **options,
        }
        spec = {"name": judge, "judge": {"model": f"offline/{judge}", "max_tokens": 256}}
        given = [part for name, value in paths.items() for part in (f"--{name}", str(value))]
        certify_judge.main(["--spec", json.dumps(spec), *given])
        return paths["out"]

    return certify


def test_a_judge_is_certified_twice_with_the_same_bytes(certified):
    first, second = certified("tail", "a.parquet"), certified("tail", "b.parquet")
    verdicts = read_table(first, CERTIFICATION)
    assert set(verdicts["judge"]) == {"tail"} and set(verdicts["status"]) == {"scored"}
    assert first.read_bytes() == second.read_bytes()


def test_the_rates_of_all_judges_stand_in_one_table(certified, tmp_path):
    files = [str(certified(judge, f"{judge}.parquet")) for judge in ("tail", "conclusion")]
    out = tmp_path / "rates.parquet"
    spec = '{"confidence": 0.9, "judges": ["tail", "conclusion"]}'
    pattern = f"{tmp_path}/{{judge}}.parquet"
    rate_judges.main(["--spec", spec, "--certification", pattern, "--out", str(out)])
    rates = read_table(out, CERTIFICATION_RATES)
    cases = read_table(files[0], CERTIFICATION)
    assert rates["judge"].unique(maintain_order=True).to_list() == ["conclusion", "tail"]
    assert rates.filter(judge="tail", kind="all", part="all")["n_cases"].sum() == cases.height


def test_a_missing_suite_is_named(certified, tmp_path):
    with pytest.raises(UserError, match=r"none\.yaml"):
        certified("tail", "a.parquet", cases=tmp_path / "none.yaml")
