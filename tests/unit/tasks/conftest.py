"""Fixtures that the tests of own tasks share."""

from __future__ import annotations

import pytest
from own_task_files import write_own

from skillift.errors import UserError
from skillift.tasks.user_tasks import read_own


@pytest.fixture
def read(tmp_path):
    """Reads tasks (records, or lines as they are) and skills."""

    def run(*records: dict | str, **skills: str):
        return read_own(*write_own(tmp_path, *records, **skills))

    return run


@pytest.fixture
def problems_of(read):
    """The lines that reading them raises."""

    def run(*records: dict | str, **skills: str) -> list[str]:
        with pytest.raises(UserError) as caught:
            read(*records, **skills)
        return str(caught.value).splitlines()

    return run
