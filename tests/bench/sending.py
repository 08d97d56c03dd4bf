"""Sending what a run emitted: `python -m tests.bench.sending DATABASE RUN` prints two numbers.

The seconds that sending takes, and those of them that its requests take.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx

import pipeline.delivery.smarteru  # noqa: F401 - what a process imports once is no part of sending
from ledger import runs
from ledger.database import open_database
from pipeline.delivery.send import send_batches
from pipeline.run_context import RunContext
from rollbook.request import Request
from rollbook.settings import load_settings

_stream = httpx.Client.stream
within = 0.0


@contextmanager
def timed_stream(*args: Any, **options: Any) -> Iterator[httpx.Response]:
    """A request, from its beginning until its answer is read."""
    global within  # noqa: PLW0603  one process, one clock
    began = time.perf_counter()
    try:
        with _stream(*args, **options) as response:
            yield response
    finally:
        within += time.perf_counter() - began


def main() -> None:
    """Send every batch of the run."""
    database, run_id = sys.argv[1:]
    httpx.Client.stream = timed_stream  # type: ignore[method-assign]
    with open_database(database, create=False).connect() as connection:
        with connection.begin():
            run = runs.find(connection, run_id)
        former = Request.from_json(run.request)
        settings = former.settings.model_copy(update={"smarteru": load_settings(None).smarteru})
        work = RunContext(
            connection, run_id, replace(former, destination="smarteru", settings=settings), run.started_at
        )
        began = time.perf_counter()
        stopped_by = send_batches(work)
        seconds = time.perf_counter() - began
    if stopped_by:
        sys.exit(str(stopped_by))
    print(seconds, within)


if __name__ == "__main__":
    main()
