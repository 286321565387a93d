"""Snakemake's records are read as it reads them itself, and ahead of whoever needs them."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from snakemake.persistence import MetadataRecord
from snakemake.persistence.file import FilePersistence

from snakemake_inside.record_files import reading_ahead

OUTPUT = "results/smoke/episodes/s/base.parquet"
RECORD = MetadataRecord(
    rule="generate",
    input=["results/smoke/tasks.parquet"],
    params=['\'{"sampling": "greedy"}\''],
    record_format_version=6,
    conda_env="Y29uZGE=",
    endtime=2.5,
    incomplete=False,
    input_checksums={"results/smoke/tasks.parquet": "sha256:0"},
)


@pytest.fixture
def records(tmp_path) -> FilePersistence:
    return FilePersistence(nolock=True, path=tmp_path / ".snakemake")


def place(records: FilePersistence) -> Path:
    return Path(records._record_path(records._metadata_path, OUTPUT))


def read(records: FilePersistence) -> MetadataRecord | None:
    with reading_ahead(records._metadata_path) as recorded:
        return recorded.record(str(place(records)))


def test_a_record_is_what_snakemake_reads(records):
    records._write_record(OUTPUT, RECORD)
    assert read(records).model_dump() == records._read_record(OUTPUT).model_dump() == RECORD.model_dump()


def test_records_of_long_names_stand_in_folders(records):
    long = f"results/{'long' * 100}.parquet"
    records._write_record(long, RECORD)
    with reading_ahead(records._metadata_path) as recorded:
        assert recorded.record(records._record_path(records._metadata_path, long)) is not None


def test_there_is_no_record_where_none_or_a_half_of_one_was_written(records):
    assert read(records) is None
    records._write_record(OUTPUT, RECORD)
    place(records).write_bytes(place(records).read_bytes()[:-5])
    assert read(records) is None


def test_there_is_none_where_no_study_ever_ran(tmp_path):
    with reading_ahead(tmp_path / "missing") as recorded:
        assert recorded.record(str(tmp_path / "missing/record")) is None


def test_a_reader_ends_with_the_plan(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # reading it would never end
    others = set(psutil.Process().children())
    with reading_ahead(tmp_path):
        (reader,) = set(psutil.Process().children()) - others
        assert reader.is_running()
    assert not psutil.pid_exists(reader.pid)


def test_a_reader_that_fails_is_told_of(records, capfd):
    records._write_record(OUTPUT, RECORD)
    place(records).write_text("[]")
    with pytest.raises(RuntimeError, match="records cannot be read"):
        read(records)
    assert "Traceback" in capfd.readouterr().err
