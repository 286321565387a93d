"""Claims about caches of the hub: what is verified, what is not, and that no good file is ever deleted."""

from __future__ import annotations

import hashlib
import shutil

import pytest
from hub_server import digest
from plain_folders import write_folder

from skillift.errors import UserError
from skillift.students.hub import cached_bytes, verify

LARGE = "model.safetensors"


def _md5(path):
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _sha1(path):
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()


def _sha256_of_the_path(path):
    return hashlib.sha256(path.name.encode()).hexdigest()


def cache(folder, named=digest):
    """A cache as the hub's client lays it out, whose files are named by `named`; returns the snapshot."""
    source = write_folder(folder / "source")
    blobs, snapshot = folder / "models--o--m/blobs", folder / "models--o--m/snapshots/0123"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for file in source.iterdir():
        shutil.copy(file, blobs / named(file))
        (snapshot / file.name).symlink_to(f"../../blobs/{named(file)}")
    return snapshot


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_that_are_named_by_their_digests_are_verified(tmp_path):
    assert verify("students.s", cache(tmp_path), {}) == []


def test_a_copy_without_links_is_not_verified_and_stays(tmp_path):
    copy = shutil.copytree(cache(tmp_path), tmp_path / "copied/models--o--m/snapshots/0123")  # as `cp -rL`
    assert not any(path.is_symlink() for path in copy.iterdir())
    for _ in range(2):
        assert sorted(verify("students.s", copy, {})) == names(copy) == names(tmp_path / "source")


@pytest.mark.parametrize("named", [_md5, _sha1, _sha256_of_the_path, lambda path: f"W-{path.name}"])
def test_a_mirror_that_names_files_otherwise_is_not_verified_and_its_files_stay(tmp_path, named):
    snapshot = cache(tmp_path, named)
    for _ in range(2):
        assert sorted(verify("students.s", snapshot, {})) == names(snapshot)
    assert all(path.is_file() for path in snapshot.iterdir())


def test_a_mirror_with_own_names_for_small_files_says_nothing_about_them(tmp_path):
    snapshot = cache(tmp_path, lambda path: digest(path) if len(digest(path)) == 64 else _sha1(path))
    small = [path.name for path in snapshot.iterdir() if len(digest(path)) == 40]
    assert sorted(verify("students.s", snapshot, {})) == sorted(small)
    assert names(snapshot) == names(tmp_path / "source")


def test_links_to_files_of_ones_own_are_never_deleted(tmp_path):
    snapshot = cache(tmp_path)
    own = tmp_path / "data" / ("0" * 64)  # named like a digest, and not the cache's
    own.parent.mkdir()
    own.write_bytes(b"weights")
    (snapshot / LARGE).unlink()
    (snapshot / LARGE).symlink_to(own)
    assert verify("students.s", snapshot, {}) == [LARGE]
    assert own.read_bytes() == b"weights"


@pytest.mark.parametrize("name", [LARGE, "config.json"])
def test_a_damaged_file_among_verified_ones_is_deleted_from_the_cache_alone(tmp_path, name):
    snapshot = cache(tmp_path)
    stored = (snapshot / name).resolve()
    stored.write_bytes(b"damaged")
    with pytest.raises(UserError, match=f"students.s: .*{name}.*It was deleted: run this again"):
        verify("students.s", snapshot, {})
    assert not stored.exists() and names(snapshot) == sorted(set(names(tmp_path / "source")) - {name})
    assert (tmp_path / "source" / name).is_file()


def test_a_large_file_that_nothing_vouches_for_stops_the_study_and_stays(tmp_path):
    large = ("tokenizer.json", LARGE)
    snapshot = cache(tmp_path, lambda path: _sha256_of_the_path(path) if path.name in large else digest(path))
    with pytest.raises(UserError, match=r"If that is the SHA-256 on the model's page") as caught:
        verify("students.s", snapshot, {})
    assert names(snapshot) == names(tmp_path / "source")
    declared = {name: hashlib.sha256((snapshot / name).read_bytes()).hexdigest() for name in large}
    assert any(value in str(caught.value) for value in declared.values())
    assert verify("students.s", snapshot, declared) == []


def test_a_digest_of_the_study_verifies_what_the_cache_cannot(tmp_path):
    snapshot = cache(tmp_path, _md5)
    declared = {LARGE: hashlib.sha256((snapshot / LARGE).read_bytes()).hexdigest()}
    assert LARGE not in verify("students.s", snapshot, declared)
    with pytest.raises(UserError, match=r"key 'digests'.*name the commit that is meant"):
        verify("students.s", snapshot, {LARGE: "0" * 64})
    assert (snapshot / LARGE).is_file()


def test_what_is_there_of_a_download_is_counted_with_parts_of_files(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert cached_bytes("owner/tiny") == 0
    blobs = tmp_path / "models--owner--tiny/blobs"
    blobs.mkdir(parents=True)
    (blobs / "a").write_bytes(b"12345")
    (blobs / "b.incomplete").write_bytes(b"123")
    assert cached_bytes("owner/tiny") == 8
