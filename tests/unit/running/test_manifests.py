"""Manifests say what made a result, and later edits of either are seen."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from skillift.errors import UserError
from skillift.running import manifests, surroundings
from skillift.running.manifests import kept, made_by, manifest_path, read_manifest, write_manifest
from skillift.running.verification import BESIDE_RESULTS, check_results

RESULTS = Path("results/study")


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A study of two jobs: one made a model folder with its manifest, the other a table from that folder."""
    monkeypatch.chdir(tmp_path)
    model = RESULTS / "students/s/model"
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"weights")
    digests = {name: kept(model / name).sha256 for name in ("config.json", "model.safetensors")}
    (RESULTS / "students/s/manifest.json").write_text(json.dumps({"digests": digests}))
    Path("tasks.csv").write_text("task_id\n")
    (RESULTS / "a.parquet").write_bytes(b"first")
    (RESULTS / "b.parquet").write_bytes(b"second")
    job("pretrain", [], [str(model), f"{RESULTS}/students/s/manifest.json"])
    job("analyse", [str(model), "tasks.csv"], [f"{RESULTS}/a.parquet", f"{RESULTS}/b.parquet"])
    return tmp_path


def job(rule, inputs, outputs):
    """Write the manifest of a job that has just ended."""
    params = {"spec": '{"seed":0}', "code": "0" * 16}
    manifest = made_by(RESULTS, rule, {"student": "s"}, params, "python x", inputs, outputs, {"threads": 1})
    return write_manifest(manifest, RESULTS)


@pytest.mark.parametrize("name", ["plan", *BESIDE_RESULTS])
def test_what_other_commands_write_beside_results_is_known_there_and_nowhere_else(made, name):
    """`make plan` writes its folder there."""
    before = check_results(RESULTS)
    for folder in (RESULTS, RESULTS / "students"):
        place = folder / name if "." in name else folder / name / "designs.csv"
        place.parent.mkdir(exist_ok=True)
        place.write_text("")
        foreign = [line for line in check_results(RESULTS).problems if line not in before.problems]
        assert len(foreign) == (folder != RESULTS), foreign


def test_untouched_results_match_their_manifests(made):
    check = check_results(RESULTS)
    assert (check.n_manifests, check.n_files, check.problems) == (2, 4, [])


def test_a_manifest_is_read_as_it_was_written(made):
    read = read_manifest(manifest_path(RESULTS, f"{RESULTS}/a.parquet"))
    assert read.rule == "analyse" and read.params["spec"] == repr('{"seed":0}')
    assert set(read.inputs) == {f"{RESULTS}/students/s/model", "tasks.csv"}
    assert list(read.outputs) == [f"{RESULTS}/a.parquet", f"{RESULTS}/b.parquet"]
    assert read.outputs[f"{RESULTS}/a.parquet"] == kept(RESULTS / "a.parquet")


def test_a_folder_without_manifests_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="results/study/manifests: found 'no manifests'"):
        check_results(RESULTS)


def flip_a_byte():
    (RESULTS / "a.parquet").write_bytes(b"fjrst")


def swap_two_files():
    (RESULTS / "a.parquet").rename("aside")
    (RESULTS / "b.parquet").rename(RESULTS / "a.parquet")
    Path("aside").rename(RESULTS / "b.parquet")


def delete_one():
    (RESULTS / "b.parquet").unlink()


def edit_a_manifest():
    path = manifest_path(RESULTS, f"{RESULTS}/a.parquet")
    path.write_text(path.read_text().replace("analyse", "score"))


def change_an_input():
    Path("tasks.csv").write_text("task_id\nt1\n")


def change_a_file_of_a_folder():
    (RESULTS / "students/s/model/model.safetensors").write_bytes(b"weightz")


def add_a_file():
    (RESULTS / "c.parquet").write_bytes(b"third")


def lose_a_manifest():
    manifest_path(RESULTS, f"{RESULTS}/a.parquet").unlink()


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (flip_a_byte, [f"{RESULTS}/a.parquet: found 'sha256 "]),
        (swap_two_files, [f"{RESULTS}/a.parquet: found 'sha256 ", f"{RESULTS}/b.parquet: found 'sha256 "]),
        (delete_one, [f"{RESULTS}/b.parquet: found 'no such file'"]),
        (
            edit_a_manifest,
            [
                f"{RESULTS}/manifests/a.parquet.json: found 'a manifest that was edited'",
                f"{RESULTS}/a.parquet: found 'a file without a manifest'",
                f"{RESULTS}/b.parquet: found 'a file without a manifest'",
            ],
        ),
        (change_an_input, [f"{RESULTS}/a.parquet: found 'tasks.csv (sha256 "]),
        (
            change_a_file_of_a_folder,
            [
                f"{RESULTS}/students/s/model/model.safetensors: found 'sha256 ",
                f"{RESULTS}/a.parquet: found '{RESULTS}/students/s/model (sha256 ",
            ],
        ),
        (add_a_file, [f"{RESULTS}/c.parquet: found 'a file without a manifest'"]),
        (
            lose_a_manifest,
            [
                f"{RESULTS}/a.parquet: found 'a file without a manifest'",
                f"{RESULTS}/b.parquet: found 'a file without a manifest'",
            ],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_file_that_does_not_match_has_its_line(made, damage, expected):
    damage()
    problems = check_results(RESULTS).problems
    assert len(problems) == len(expected)
    for line, beginning in zip(problems, expected, strict=True):
        assert line.startswith(beginning) and "expected" in line


def test_a_model_is_not_read_again_while_it_is_as_its_job_left_it(made, monkeypatch):
    model = f"{RESULTS}/students/s/model"
    read = []
    digest = manifests.file_digest
    monkeypatch.setattr(manifests, "file_digest", lambda *given: read.append(1) or digest(*given))
    job("analyse", [model], [f"{RESULTS}/a.parquet"])
    assert len(read) == 1  # the output alone
    Path(model, "config.json").write_text("{ }")
    path = job("analyse", [model], [f"{RESULTS}/a.parquet"])
    assert read_manifest(path).inputs[model] == kept(model).sha256


def test_digests_that_a_job_wrote_beside_its_model_are_taken_over(made, monkeypatch):
    read = []
    digest = manifests.file_digest
    monkeypatch.setattr(manifests, "file_digest", lambda *given: read.append(1) or digest(*given))
    path = job("pretrain", [], [f"{RESULTS}/students/s/model", f"{RESULTS}/students/s/manifest.json"])
    assert len(read) == 1  # the model's manifest alone
    assert read_manifest(path).outputs[f"{RESULTS}/students/s/model"].files.keys() == {
        "config.json",
        "model.safetensors",
    }


def test_of_two_manifests_of_a_file_the_later_counts(made):
    """As when a rule got another first output: its earlier manifest stays behind."""
    (RESULTS / "b.parquet").write_bytes(b"made again")
    params = {"spec": '{"seed":1}', "code": "0" * 16}
    later = made_by(RESULTS, "analyse", {}, params, "", [], [f"{RESULTS}/b.parquet"], {"ended": "2100-01-01"})
    write_manifest(later, RESULTS)
    assert check_results(RESULTS).problems == []


def test_what_snakemake_adds_to_a_folder_is_not_its_content(made):
    (RESULTS / "students/s/model/.snakemake_timestamp").touch()
    assert check_results(RESULTS).problems == []


def test_a_full_disk_leaves_no_half_of_a_manifest(made, monkeypatch):
    path = manifest_path(RESULTS, f"{RESULTS}/a.parquet")
    before = path.read_text()

    def full(self, *given, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UserError, match=r"a\.parquet\.json: found 'No space left on device'"):
        job("analyse", [], [f"{RESULTS}/a.parquet"])
    assert path.read_text() == before
    assert list(path.parent.glob(".*")) == []


def test_a_missing_output_is_named(made):
    with pytest.raises(UserError, match=r"x\.parquet: found 'No such file or directory'"):
        job("analyse", [], [f"{RESULTS}/x.parquet"])


def test_the_commit_says_whether_files_differ_from_it(tmp_path):
    import subprocess

    def git(*words):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    assert shutil.which("git")
    assert surroundings.commit_of.__wrapped__(tmp_path) is None
    git("init", "-q")
    (tmp_path / "file").write_text("a")
    git("add", "file")
    git("-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "first")
    clean = surroundings.commit_of.__wrapped__(tmp_path)
    assert len(clean["commit"]) == 40 and clean["dirty"] is False
    (tmp_path / "file").write_text("b")
    assert surroundings.commit_of.__wrapped__(tmp_path) == {**clean, "dirty": True}


def test_the_surroundings_name_packages_and_device():
    import polars

    found = surroundings.packages()
    assert found["versions"]["polars"] == polars.__version__ and len(found["sha256"]) == 16
    assert surroundings.device()["cores"] == os.cpu_count()
