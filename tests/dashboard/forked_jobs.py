"""The processes of uploads as forks of one that has loaded all that they need: each begins at once."""

import os
from collections.abc import Mapping
from multiprocessing.process import BaseProcess

import pytest

import pipeline.uploads.jobs
from pipeline.uploads.job import work
from tests.pipeline.forked import FORK

# They are waited for by nobody, as in the program.
_BEGUN: list[BaseProcess] = []


def fork_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have them so for a test. That Python itself starts them too is shown by `test_jobs.py`."""
    monkeypatch.setattr(pipeline.uploads.jobs, "spawn", _forked)


def _work(told: str, environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    work(told)


def _forked(told: str) -> int:
    process = FORK.Process(target=_work, args=(told, dict(os.environ)))
    process.start()
    _BEGUN.append(process)
    assert process.pid is not None
    return process.pid
