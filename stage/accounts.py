"""What became of every row of a run, as one compressed file that is kept: some seven bytes a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from rollbook.rows.outcomes import LOADED, PENDING, UPDATED
from stage.database import table_of
from stage.parts import PLACE, StagedPart

if TYPE_CHECKING:
    from stage.database import Stage

# The columns of the file, in row order. reason: of ignored rows alone. duplicate_of: the place of the row that it is a
# copy of, `part:row:col`. learner: its e-mail, else its employee ID, else its name. session: its code.
ACCOUNTS = (*PLACE, "outcome", "reason", "duplicate_of", "learner", "session")


def put_ignored(stage: Stage, parts: Iterable[StagedPart]) -> None:
    """Give the stage the rows that its parts ignored."""
    ranges = (
        (part.part_id, reason, first, last)
        for part in parts
        for reason, some in part.ignored.items()
        for first, last in some
    )
    kinds = {"part_id": pa.int64(), "reason": pa.string(), "first_row": pa.int64(), "last_row": pa.int64()}
    stage.put("ignored_ranges", table_of(ranges, **kinds))


@contextmanager
def accounts_file(stage: Stage, path: Path, *, arrive: bool) -> Iterator[Future[Path]]:
    """Write the accounts of all decided rows to `path` while something else is done; the future gives the path.

    arrive: whether what was accepted is loaded.
    """
    accepted, updated = (LOADED, UPDATED) if arrive else (PENDING, PENDING)
    stage.run("accounts", accepted=accepted, updated=updated)
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(stage.write, f"FROM accounts ORDER BY {', '.join(PLACE)}", path)
