"""`rollbook migrate`: many files in one run, read and judged by processes here or by a Dask cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.commands import open_told
from pipeline.lifecycle import Way, import_found, run_files
from pipeline.options import console_of, request_of, settings_of
from pipeline.parallel.executors import reach
from pipeline.runner import Orchestrate
from rollbook.invocation import Invocation
from sources.paths import find_files


def migrate(
    invocation: Invocation, *, orchestrate: Orchestrate, workers: int | None, dask: str | None, **given: Any
) -> int:
    """As `rollbook import` does: a known request is answered from the ledger, one that was broken off is finished."""
    workers = workers or 0 if dask is None else None
    request = request_of("migrate", settings_of(invocation), {**given, "workers": workers, "dask": dask})
    found = run_files(find_files(given["files"], out=request.out_folder), request)
    if dask is not None:
        reach(dask)
    teller = console_of(invocation)
    paths = [Path(file.path) for file in found]
    with open_told(request.settings, paths, teller).connect() as connection:
        way = Way(teller, orchestrate, workers=workers, dask=dask)
        return teller.tell(connection, import_found(connection, request, found, way))
