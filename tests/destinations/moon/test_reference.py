"""What a Moon ERP knows is read whole, whatever shifts while it is read."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from destinations.moon import reference
from destinations.moon.reference import HELD_COLUMNS
from destinations.reference_page import Page
from rollbook.errors import Stopped
from tests.destinations.moon.driving import api_of
from tests.servers.moon import MoonServer, Style, moon_server, sample
from validators.context import empty_reference


@pytest.fixture
def server() -> Iterator[MoonServer]:
    """One with more employees than a page holds."""
    with moon_server(state=sample(40)) as running:
        yield running


def read(server: MoonServer, what: str, *more: Any, page_size: int = 15) -> list[Page]:
    with api_of(server) as api:
        return list(getattr(reference, what)(api, *more, page_size))


def together(pages: list[Page]) -> pd.DataFrame:
    return pd.concat([page.frame for page in pages], ignore_index=True)


def ids_of(pages: list[Page]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for page in pages:
        found = {name: text for name, text in found.items() if name not in page.gone} | dict(page.ids)
    return found


def assert_dtypes(frame: pd.DataFrame, kind: str) -> None:
    expected = {"row": "int64", **{str(name): str(dtype) for name, dtype in empty_reference(kind).dtypes.items()}}
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == expected


def test_employees_are_learners_with_their_ids(server: MoonServer) -> None:
    server.state.employee("EMP-0002").more |= {"email": " B@Corp.example", "name": "Bea Ü"}
    server.state.employee("EMP-0003").more |= {"email": None, "first_name": "Cy", "last_name": "Day"}
    pages = read(server, "employees")
    assert [(page.number, page.of, len(page.frame)) for page in pages] == [(1, 3, 15), (2, 3, 15), (3, 3, 13)]
    frame = together(pages)
    assert_dtypes(frame, "learners")
    assert list(frame["row"]) == list(range(1, 44))
    lines = frame[["email", "employee_number", "name"]].astype(object).where(frame.notna(), None)
    assert lines.iloc[:3].values.tolist() == [
        [None, "EMP-0001", None],
        ["b@corp.example", "EMP-0002", "Bea Ü"],
        [None, "EMP-0003", "Cy Day"],
    ]
    assert len(server.requests) == 3
    ids = ids_of(pages)
    assert ids["employee", "EMP-0001"] == "1001"
    assert ids["email", "b@corp.example"] == "1002"
    assert len(ids) == 44


def test_a_number_of_several_employees_is_nobodys(server: MoonServer) -> None:
    server.state.employee("EMP-0040").number = "EMP-0001"
    server.state.employee("EMP-0003").number = "EMP-0002"
    server.state.employee("EMP-0004").number = ""
    ids = ids_of(read(server, "employees"))
    assert ("employee", "EMP-0001") not in ids
    assert ("employee", "EMP-0002") not in ids
    assert len(ids) == 43 - 5


@pytest.mark.parametrize("kind", ["paging_gains", "paging_loses"])
@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_rows_that_shifting_pages_pass_over_or_repeat_are_read_once(server: MoonServer, kind: Any, order: Any) -> None:
    server.style = Style(order=order)
    server.misbehave(kind, kind)
    pages = read(server, "employees")
    frame = together(pages)
    alive = {one.number for one in server.employees.values() if not one.deleted}
    assert alive <= set(frame["employee_number"])
    assert not frame["employee_number"].duplicated().any()
    assert [page.number for page in pages] == sorted({page.number for page in pages})
    assert list(frame["row"]) == list(range(1, len(frame) + 1))


def test_a_list_that_never_rests_is_read_three_times(server: MoonServer) -> None:
    for _ in range(30):
        server.misbehave("paging_gains")
    read(server, "employees")
    assert sum(request.query.startswith("page=1&") for request in server.requests) == 3


def test_sessions_are_read_with_their_seats(server: MoonServer) -> None:
    server.state.add_session("FIRE-01", date(2024, 5, 6), starts=time(0), max_participants=0)
    frame = together(read(server, "sessions", page_size=4))
    assert_dtypes(frame, "sessions")
    lines = frame.drop(columns="row").astype(object).where(frame.notna(), None).values.tolist()
    day = pd.Timestamp("2023-05-04")
    assert lines[0] == ["301", "11", None, day, "09:00", None, 20, "completed"]
    assert lines[5] == ["306", "12", None, pd.Timestamp("2030-01-08"), None, None, None, "scheduled"]
    assert lines[6] == ["308", "FIRE-01", None, pd.Timestamp("2024-05-06"), None, None, 0, "completed"]
    assert len(lines) == 7


@pytest.mark.parametrize("written", ["%Y-%m-%d", "%d/%m/%Y", "%Y-%m-%dT00:00:00.000000Z"])
def test_dates_and_times_are_read_as_they_are_written(server: MoonServer, written: str) -> None:
    server.style = Style(date_format=written, time_format="%H:%M:%S")
    frame = together(read(server, "sessions"))
    assert frame["session_date"].dt.strftime("%Y-%m-%d").tolist()[:3] == ["2023-05-04", "2023-09-19", "2024-03-12"]
    assert frame["session_start"].tolist()[2] == "13:30"


def test_enrollments_are_what_is_held_of_employees_who_are_known(server: MoonServer) -> None:
    server.state.employee("EMP-0002").more |= {"email": "b@corp.example"}
    then = datetime(2024, 1, 31, 23, 59, tzinfo=UTC)
    terms: dict[str, Any] = {
        "status": "completed",
        "score": Decimal("92.50"),
        "enrolled_at": then,
        "completed_at": then,
    }
    server.state.enroll(1002, 302, **terms)
    server.state.enroll(1001, 301, status="cancelled", enrolled_at=then)
    server.state.enroll(server.state.add_employee("").id, 301)
    ids = ids_of(read(server, "employees"))
    frame = together(read(server, "enrollments", ids))
    assert list(frame.columns) == ["row", *HELD_COLUMNS]
    lines = frame.drop(columns="row").astype(object).where(frame.notna(), None).values.tolist()
    day = pd.Timestamp("2024-01-31")
    assert lines == [
        ["b@corp.example", "EMP-0002", "302", "completed", "92.5", day, day],
        [None, "EMP-0001", "301", "cancelled", None, day, None],
    ]
    assert str(frame["enrolled_on"].dtype) == "datetime64[s]"


def test_ids_that_are_texts_are_told_as_json() -> None:
    with moon_server(state=sample(2, ids="text")) as server:
        employee, session = server.state.employee("EMP-0001"), next(iter(server.sessions))
        server.state.enroll(employee.id, session)
        ids = ids_of(read(server, "employees"))
        assert ids["employee", "EMP-0001"] == f'"{employee.id}"'
        frame = together(read(server, "enrollments", ids))
        assert frame["session_id"].tolist() == [session]


def test_an_empty_company_is_empty_frames(server: MoonServer) -> None:
    for employee in server.employees.values():
        employee.deleted = True
    for session in server.sessions.values():
        session.deleted = True
    assert_dtypes(together(read(server, "employees")), "learners")
    assert_dtypes(together(read(server, "sessions")), "sessions")
    assert together(read(server, "enrollments", {})).empty


def test_a_list_that_is_not_shown_stops_the_sync(server: MoonServer) -> None:
    server.misbehave("422")
    with pytest.raises(Stopped, match="/hr/employees"):
        read(server, "employees")
    server.may_read = False
    with pytest.raises(Stopped, match="ROLLBOOK_MOON_TOKEN"):
        read(server, "sessions")
