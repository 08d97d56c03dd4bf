"""The failures of a stage's rows: what judging found, and what deciding refused as the rules word it."""

from collections.abc import Iterator

import pyarrow as pa

from stage.database import Stage
from stage.parts import FAILURES, PLACE

# Judging numbers a row's failures from 0, deciding from here.
FIRST_DECIDED = 1000


def failures(stage: Stage, destination: str) -> Iterator[pa.Table]:
    """All failures, in the columns of parts.FAILURES; destination: as `--to` names it."""
    yield from stage.batches("judged_failures")
    yield from _decided_failures(stage, destination)


def _decided_failures(stage: Stage, destination: str) -> Iterator[pa.Table]:
    """The failures of the rows that deciding refused."""
    from validators.rules import render, system_of

    for batch in stage.batches(f"FROM refusals ORDER BY {', '.join(PLACE)}"):
        texts = dict.fromkeys(("source_column", "header", "field", "value", "code", "detail"), "str")
        lines = batch.to_pandas().astype(texts)
        lines = render(
            lines.assign(row=lines["row_no"], col=lines["col_no"], column=lines["source_column"]),
            system_of(destination),
        )
        lines = lines.assign(failure_no=FIRST_DECIDED)[FAILURES.names]
        yield pa.Table.from_pandas(lines, FAILURES, preserve_index=False)
