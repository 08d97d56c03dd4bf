"""How far a run is that is at work, wherever it works: from the ledger, and from the parts that it has judged."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from ledger.activity import RESUME
from ledger.runs import Run
from ledger.tables import rollbook_activity, rollbook_batches, rollbook_deliveries, rollbook_files, rollbook_parts
from rollbook.clock import now
from rollbook.rows.outcomes import PENDING

_JUDGED = ".rows.parquet"


@dataclass(frozen=True)
class Progress:
    """How far a run is. step: read (and judge), load, or deliver.

    share: 0 to 1, of its step. rows: judged or delivered, of the `of` that are known so far. files: opened, of
    `all_files`. per_second: rows since it began, or went on; None where nothing can be said.
    """

    step: str
    share: float
    rows: int
    of: int
    files: int
    all_files: int
    per_second: float | None = None


def progress_of(connection: Connection, run: Run) -> Progress:
    """How far a run is that is at work."""
    delivered = _delivered(connection, run)
    if delivered is not None:
        return delivered
    planned = _planned(connection, run.run_id)
    files = rollbook_files.c
    states = list(connection.scalars(select(files.state).where(files.run_id == run.run_id)))
    waiting = states.count("found")
    judged = _judged(run, planned)
    rows = sum(planned[part] for part in judged)
    of = sum(planned.values())
    shares = (len(states) - waiting - 1 + (rows / of if of else 0.0)) / len(states) if states and waiting else 0.0
    share = shares if waiting else (rows / of if of else 0.0)
    step = "load" if states and not waiting and len(judged) == len(planned) else "read"
    begun = _begun(connection, run)
    lately = sum(planned[part] for part, at in judged.items() if at >= begun)
    return Progress(
        step,
        min(max(share, 0.0), 1.0),
        rows,
        of,
        len(states) - waiting,
        len(states),
        _rate(lately, begun) if judged and step == "read" else None,
    )


def _planned(connection: Connection, run_id: str) -> dict[int, int]:
    """part_id -> rows of the sheet that it covers."""
    parts = rollbook_parts.c
    query = select(parts.part_id, parts.last_row - parts.first_row + 1).where(parts.run_id == run_id)
    return dict(connection.execute(query).tuples().all())


def _judged(run: Run, planned: Mapping[int, int]) -> dict[int, datetime]:
    """part_id -> when it was judged, as far as the parts are on a disk of this machine."""
    request = json.loads(run.request)
    shared = ((request.get("settings") or {}).get("stage") or {}).get("folder")
    if shared and "://" in shared:
        return {}
    folder = Path(shared, run.run_id) if shared else Path(request.get("out") or "", run.run_id, "work", "parts")
    found: dict[int, datetime] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                number = entry.name.removesuffix(_JUDGED)
                if entry.name.endswith(_JUDGED) and number.isdigit() and int(number) in planned:
                    found[int(number)] = datetime.fromtimestamp(entry.stat().st_mtime, UTC).replace(tzinfo=None)
    except OSError:  # it has ended, or works elsewhere
        return {}
    return found


def _begun(connection: Connection, run: Run) -> datetime:
    """When it began to work, or went on."""
    known = rollbook_activity.c
    resumed = select(func.max(known.acted_at)).where(known.run_id == run.run_id, known.kind == RESUME)
    return connection.scalar(resumed) or run.started_at


def _rate(rows: int, begun: datetime) -> float | None:
    seconds = (now() - begun).total_seconds()
    return rows / seconds if seconds > 0 else None


def _delivered(connection: Connection, run: Run) -> Progress | None:
    """How far a delivery is; None where none is recorded."""
    batches, sent = rollbook_batches.c, rollbook_deliveries.c
    begun = connection.scalar(select(func.count()).where(batches.run_id == run.run_id))
    if not begun:
        return None
    query = select(sent.state, func.count()).where(sent.run_id == run.run_id).group_by(sent.state)
    by_state = dict(connection.execute(query).tuples().all())
    of, left = sum(by_state.values()), by_state.get(PENDING, 0)
    return Progress("deliver", (of - left) / of if of else 1.0, of - left, of, 0, 0)
