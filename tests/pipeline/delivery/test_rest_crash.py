"""A process killed anywhere on the way to a system that takes rows one by one: `resume` finishes it, nothing twice."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import ledger.remote.outbox
import ledger.remote.writes
import pipeline.delivery.deliver
from destinations.http.json_client import JsonApi
from tests.pipeline import app
from tests.pipeline.killing import Fuse, around, killed, points_of
from tests.pipeline.rest_desk import (
    AxcelerateDesk,
    MoonDesk,
    RestDesk,
    Row,
    axcelerate_desk,
    axcelerate_row,
    moon_desk,
    moon_row,
)
from tests.pipeline.smarteru_desk import outbox_of
from tests.servers.axcelerate import Style
from tests.servers.prepared import Prepared

KILLED = -9
# Made, changed, the same already, refused by the system, refused by a rule; two batches, rows of one learner in both.
MOON_ROWS = (
    moon_row(1, 302, "Completed", "92.5", feedback="good"),
    moon_row(2, 302, "Attended"),
    moon_row("EMP-0000", 302),
    moon_row(3, 301, "No show"),
    moon_row(4, 305, "Attended"),
    moon_row(1, 305, "Completed"),
    moon_row(5, 305, "Attended"),
)
AXCELERATE_ROWS = (
    axcelerate_row(1001, 9003, "20", starts="2023-02-07", ends="2023-03-01"),
    axcelerate_row(1002, "BSBWHS211", "51"),
    axcelerate_row(1002, 9002, "30"),
    axcelerate_row(1003, 9999, "20"),
    axcelerate_row(1004, 9002, "20"),
    axcelerate_row(1004, 9003, "40", ends="2023-06-01"),
)


def at_requests(fuse: Fuse) -> None:
    """Points: around every write, and around what is recorded of rows and of the run's end."""
    around(
        fuse,
        (JsonApi, "write"),
        (ledger.remote.writes, "begin"),
        (ledger.remote.outbox, "confirm"),
        (ledger.remote.outbox, "settle_batch"),
        (pipeline.delivery.deliver, "end"),
        (pipeline.delivery.deliver, "write_row_report"),
    )


def _prepare(desk: RestDesk) -> tuple[Row, ...]:
    """What the system holds before; the rows to be sent."""
    desk.settings(batch_size=3, at_once=2)
    if isinstance(desk, MoonDesk):
        state = desk.server.state
        state.enroll(state.employee("EMP-0002").id, 302, status="enrolled", feedback="before")
        state.enroll(state.employee("EMP-0003").id, 301, status="no_show")
        return MOON_ROWS
    assert isinstance(desk, AxcelerateDesk)
    desk.server.style = Style(code_key="CODE")
    return AXCELERATE_ROWS


def _holds(desk: RestDesk) -> Any:
    if isinstance(desk, MoonDesk):
        return sorted(
            (one.employee_id, one.session_id, one.status, one.attendance_confirmed, one.score, one.feedback)
            for one in desk.server.enrollments.values()
        )
    assert isinstance(desk, AxcelerateDesk)
    return [(one.contact_id, one.id, one.outcome, one.starts, one.ends) for one in desk.server.state.all()]


def _sides(desk: RestDesk) -> dict[str, Any]:
    """What the database says, and what the system holds, but for the moments and the names of runs."""
    deliveries, batches, held = ([line | {"run_id": None} for line in lines] for lines in outbox_of(desk.url))
    # Which of two enrollments that are made at once gets the lower number is chance.
    writes = [line | {"run_id": None, "target_id": line["target_id"] is not None} for line in desk.writes()]
    told = {"deliveries": deliveries, "batches": batches, "held": held, "writes": writes, "system": _holds(desk)}
    return {**app.contents(desk.url), **told}


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, prepared: Prepared, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Gives a database of a kind without rows, again and again."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(prepared.one(request.param, tmp_path))


@pytest.mark.parametrize("open_desk", [moon_desk, axcelerate_desk], ids=["moon", "axcelerate"])
def test_killed_around_every_write_and_what_is_recorded_of_it(
    open_desk: Callable[..., Any], databases: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as undisturbed, on both sides, with nothing that was confirmed written twice."""
    with open_desk(tmp_path, databases(), monkeypatch) as desk:
        sheet = desk.rows(*_prepare(desk))
        command = (sheet, "--to", desk.system, "--on-existing", "update")
        points = points_of(desk._words("import", command), at_requests)
        undisturbed = _sides(desk)
    assert {line["state"] for line in undisturbed["deliveries"]} >= {"loaded", "failed", "updated"}
    assert len([point for point in points if point == "before write"]) >= 4, points
    for at in _chosen(points)[:: 1 if "sqlite" in databases() else 3]:
        with open_desk(tmp_path, databases(), monkeypatch) as desk:
            _prepare(desk)
            assert killed(desk._words("import", command), at_requests, at) == KILLED
            answer = desk.do("resume", "last")
            if answer.exit == 2:  # it had ended
                assert points[at - 1].endswith("write_row_report"), (points[at - 1], answer)
                answer = desk.do("show", "last")
            assert answer.told["exit"] == 1, (points[at - 1], answer)
            found = _sides(desk)
            for table, lines in undisturbed.items():
                assert found[table] == lines, f"{table}, killed {points[at - 1]} ({at})"
            server = desk.server
            assert (server.double_writes if isinstance(desk, MoonDesk) else server.double_sends) == []


def _chosen(points: list[str]) -> list[int]:
    """Around what is recorded first, around some of the writes, and the end."""
    first = {point: at for at, point in reversed(list(enumerate(points, 1)))}
    last = {point: at for at, point in enumerate(points, 1)}
    recorded = [first[point] for point in ("after begin", "before confirm", "after confirm")]
    writes = [at for at, point in enumerate(points, 1) if point == "after write"]
    ends = [last[point] for point in ("after settle_batch", "after end", "after write_row_report")]
    return sorted({*recorded, writes[0], writes[len(writes) // 2], writes[-1], *ends})
