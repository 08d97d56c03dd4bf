"""Whatever a system does that takes rows one by one: each row ends as it is held there, nothing is written twice."""

import itertools
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from ledger import runs
from ledger.database import parse_url
from pipeline.delivery.deliver import end
from pipeline.delivery.rest import send_rows
from pipeline.run_context import RunContext
from rollbook.request import Request
from rollbook.settings import load_settings
from tests.pipeline.rest_desk import (
    AxcelerateDesk,
    MoonDesk,
    RestDesk,
    axcelerate_desk,
    axcelerate_row,
    moon_desk,
    moon_row,
)
from tests.pipeline.smarteru_desk import outbox_of
from tests.servers import axcelerate, moon

MOON_ROWS = (
    moon_row(1, 302, "Completed", "92.5"),
    moon_row(2, 302, "Attended", feedback="gut"),
    moon_row("00417", 302, "No show"),
    moon_row(1, 305, "Attended"),
    moon_row(2, 305, "Attended"),
    moon_row(3, 305, "Completed", "70"),
    moon_row("EMP-0000", 302),
)
AXCELERATE_ROWS = (
    axcelerate_row(1001, 9003, "20", starts="2023-02-07"),
    axcelerate_row(1001, "BSBWHS211", "51"),
    axcelerate_row(1002, 9002, "30"),
    axcelerate_row(1002, 9003, "20", ends="2023-06-01"),
    axcelerate_row(1002, 9004, "20", 502),
    axcelerate_row(1000, 9001, "20"),
)
KINDS = (
    "drop_before",
    "drop_after",
    "429",
    "500_before",
    "500_after",
    "html",
    "html_after",
    "truncated",
    "cut",
    "garbage",
    "404",
)
_NUMBERS = itertools.count(1)
_ROUNDS = 12
_ENDED = {"loaded", "updated", "unchanged", "failed", "rejected"}


@dataclass(frozen=True)
class World:
    """What a system is like. there: positions of rows whose enrollment it holds already, with something else in it.

    misbehaves: what happens to the first reads, and to the first writes.
    """

    there: frozenset[int] = frozenset()
    style: Any = None
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    policy: str = "reject"
    batch: int = 3
    tries: int = 2
    wrong: bool = field(default=False)


def _worlds(rows: int, styles: st.SearchStrategy[Any]) -> st.SearchStrategy[World]:
    faults = st.lists(st.sampled_from(KINDS), max_size=3).map(tuple)
    return st.builds(
        World,
        there=st.frozensets(st.integers(0, rows - 1), max_size=3),
        style=styles,
        reads=faults,
        writes=faults,
        policy=st.sampled_from(["reject", "update"]),
        batch=st.sampled_from([2, 3, 7]),
        tries=st.sampled_from([2, 3]),
    )


MOON_STYLES = st.builds(
    moon.Style,
    duplicate_status=st.sampled_from([422, 409]),
    duplicate_field=st.sampled_from(["employee_id", "training_session_id", None]),
    full_field=st.sampled_from(["training_session_id", None]),
    put=st.sampled_from(["partial", "whole", "clearing"]),
    surplus=st.sampled_from(["refused", "ignored"]),
    messages=st.sampled_from(["telling", "vague"]),
    search=st.sampled_from(["anything", "number", "exact"]),
    order=st.sampled_from(["oldest", "newest"]),
    session_enrollments=st.sampled_from(["enrollments", "participants", None]),
    per_page_most=st.sampled_from([100, 2]),
)
AXCELERATE_STYLES = st.builds(
    axcelerate.Style,
    error_status=st.sampled_from(["own", "200"]),
    error_keys=st.sampled_from(["lower", "upper"]),
    unknown=st.sampled_from([412, 404]),
    empty=st.sampled_from(["array", "204"]),
    blank=st.sampled_from(["", None]),
    ids=st.sampled_from(["number", "string"]),
    names=st.sampled_from(["exact", "any_case"]),
    limit_most=st.sampled_from([None, 1]),
    code_key=st.sampled_from([None, "CODE"]),
)


@dataclass(frozen=True)
class Template:
    """A run whose rows stand in the outbox, by the size of its batches and by its policy; nothing was sent."""

    desk: RestDesk
    waiting: dict[tuple[int, str], tuple[Path, str]]


def _waiting(desk: RestDesk, rows: tuple[tuple[str, ...], ...], folder: Path) -> Template:
    waiting = {}
    for size, policy in itertools.product((2, 3, 7), ("reject", "update")):
        path = folder / f"{size}-{policy}.db"
        there = replace(desk, url=f"sqlite:///{path}")
        there.settings(batch_size=size, tries=1)
        desk.server.misbehave("401", method="GET")  # type: ignore[attr-defined]
        answer = there.send(*rows, options=("--on-existing", policy))
        assert (answer.exit, answer.told["rows"]["pending"]) == (3, len(rows)), answer
        waiting[size, policy] = (path, answer.told["run"])
    return Template(desk, waiting)


@pytest.fixture(scope="module")
def at_moon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """Rows for Moon ERP."""
    folder = tmp_path_factory.mktemp("moon")
    with pytest.MonkeyPatch.context() as patched, moon_desk(folder, "", patched) as desk:
        yield _waiting(desk, MOON_ROWS, folder)


@pytest.fixture(scope="module")
def at_axcelerate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """Rows for aXcelerate."""
    folder = tmp_path_factory.mktemp("axcelerate")
    with pytest.MonkeyPatch.context() as patched, axcelerate_desk(folder, "", patched) as desk:
        yield _waiting(desk, AXCELERATE_ROWS, folder)


def _send(desk: RestDesk, run: str) -> None:
    """Send by the steps of `resume` alone, until the run has ended."""
    engine = create_engine(parse_url(desk.url), poolclass=NullPool)
    today = load_settings(desk.folder / "rollbook.toml")
    for _ in range(_ROUNDS):
        with engine.connect() as connection:
            with connection.begin():
                found = runs.find(connection, run)
            request = replace(Request.from_json(found.request), settings=today)
            work = RunContext(connection, run, request, found.started_at)
            if end(work, send_rows(work)).stopped_by is None:
                return
    raise AssertionError("it never ends")


def _copy(template: Template, world: World) -> tuple[str, str]:
    path, run = template.waiting[world.batch, world.policy]
    copy = path.with_name(f"copy-{next(_NUMBERS)}.db")
    with closing(sqlite3.connect(path)) as here, closing(sqlite3.connect(copy)) as there:
        here.backup(there)
    return f"sqlite:///{copy}", run


def _misbehave(desk: RestDesk, world: World) -> None:
    server: Any = desk.server  # type: ignore[attr-defined]
    server.misbehave(*world.reads, method="GET")
    methods = itertools.cycle(["POST", "PUT"] if desk.system == "moon" else ["PUT"])
    for kind, method in zip(world.writes, methods, strict=False):
        server.misbehave(kind, method=method)
    desk.settings(batch_size=world.batch, tries=world.tries, answer_mib=1, at_once=3)


def _wait_for_the_late(server: Any) -> None:
    for _ in range(400):
        if not server._in_flight:
            return
        time.sleep(0.005)
    raise AssertionError("a request never ended")


def _outcomes(desk: RestDesk, run: str) -> dict[int, tuple[str, str | None]]:
    """Row of the sheet, from 0 -> (outcome, code)."""
    lines = [line for line in outbox_of(desk.url)[0] if line["run_id"] == run]
    return {line["row_no"] - 2: (line["state"], line["code"]) for line in lines}


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(world=_worlds(len(MOON_ROWS), MOON_STYLES))
@example(world=World(writes=("drop_after", "drop_after", "500_after"), style=moon.Style(), tries=2))
@example(
    world=World(there=frozenset({0, 1}), policy="update", writes=("html_after",), style=moon.Style(put="clearing"))
)
def test_each_row_ends_as_moon_holds_it(at_moon: Template, world: World) -> None:
    url, run = _copy(at_moon, world)
    with (
        pytest.MonkeyPatch.context() as patched,
        moon_desk(at_moon.desk.folder, url, patched, style=world.style, oversize=1_200_000) as desk,
    ):
        before = {}
        for at in world.there & set(range(6)):
            employee = desk.server.state.employee(MOON_ROWS[at][0])
            session = int(MOON_ROWS[at][2])
            before[at] = desk.server.state.enroll(employee.id, session, status="cancelled", feedback="before")
        _misbehave(desk, world)
        _send(desk, run)
        _wait_for_the_late(desk.server)
        found = _outcomes(desk, run)
        assert set(found) == set(range(len(MOON_ROWS)))
        assert {state for state, _ in found.values()} <= _ENDED
        for at, (state, code) in found.items():
            _check_moon(desk, world, at, state, code)
        assert desk.server.double_writes == []


def _check_moon(desk: MoonDesk, world: World, at: int, state: str, code: str | None) -> None:
    number, _, session, word, grade, feedback, *_ = MOON_ROWS[at]
    if number == "EMP-0000":
        # A 404 to the list of employees ends no row by itself; whoever is not found is told so.
        assert state == "failed"
        return
    employee = desk.server.state.employee(number)
    held = desk.server.state.of_pair(employee.id, int(session))
    assert len(held) <= 1, "enrolled twice"
    status = {"Completed": "completed", "Attended": "attended", "No show": "no_show"}[word]
    if state in ("loaded", "updated", "unchanged"):
        (one,) = held
        assert (one.status, one.attendance_confirmed) == (status, status != "no_show")
        assert one.score == (Decimal(grade) if grade else None) or not grade
        assert not feedback or one.feedback == feedback
        assert state == ("updated" if at in world.there else "loaded")
    elif state == "rejected":
        assert (code, at in world.there, world.policy) == ("enrollment.exists", True, "reject")
        assert held[0].status == "cancelled"
    elif code == "moon.session_full":
        assert session == "305"
        assert not held or held[0].status == "cancelled"
        assert desk.server.state.seats_taken(305) == 2


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(world=_worlds(len(AXCELERATE_ROWS), AXCELERATE_STYLES))
@example(world=World(writes=("drop_after", "500_after", "truncated"), style=axcelerate.Style(), tries=2))
def test_each_row_ends_as_axcelerate_holds_it(at_axcelerate: Template, world: World) -> None:
    url, run = _copy(at_axcelerate, world)
    with (
        pytest.MonkeyPatch.context() as patched,
        axcelerate_desk(at_axcelerate.desk.folder, url, patched, style=world.style, oversize=1_200_000) as desk,
    ):
        for at in world.there & set(range(5)):
            held = _unit(desk, at)
            held.outcome = "40"
        before = {at: _unit(desk, at).outcome for at in range(5)}
        _misbehave(desk, world)
        _send(desk, run)
        _wait_for_the_late(desk.server)
        found = _outcomes(desk, run)
        assert set(found) == set(range(len(AXCELERATE_ROWS)))
        assert {state for state, _ in found.values()} <= _ENDED
        for at, (state, code) in found.items():
            _check_axcelerate(desk, world, before, at, state, code)
        assert desk.server.double_sends == []
        assert desk.server.unknown_fields == []


def _unit(desk: AxcelerateDesk, at: int) -> Any:
    contact, class_id, unit, *_ = AXCELERATE_ROWS[at]
    held = desk.server.state.unit(int(contact), int(class_id), int(unit) if unit.isdigit() else unit)
    assert held is not None
    return held


def _check_axcelerate(
    desk: AxcelerateDesk, world: World, before: dict[int, str], at: int, state: str, code: str | None
) -> None:
    if at not in before:
        assert state == "failed"
        return
    held, outcome = _unit(desk, at), AXCELERATE_ROWS[at][3]
    undecided = before[at] in ("", "0", "70", "85")
    if state in ("loaded", "updated", "unchanged"):
        assert held.outcome == outcome
        assert (state == "loaded") == undecided
        assert state != "updated" or world.policy == "update"
    elif state == "rejected":
        assert (code, undecided, world.policy) == ("enrollment.exists", False, "reject")
        assert held.outcome == before[at]
