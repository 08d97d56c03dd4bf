"""Answers that Moon ERP does not document, but might give: nothing in them is taken for what it is not."""

import json
from typing import Any

import pytest

from destinations.http.json_client import JsonApi, NotAnswered
from destinations.moon.enrollments import Enrollments
from destinations.moon.records import Pair
from destinations.moon.target import moon_target, moon_wire
from destinations.row_target import RowVerdict
from rollbook.settings import MoonSettings
from tests.destinations.answering import Deed, Server, answer, served
from tests.destinations.moon.driving import QUICK, carry, row

TOKEN = "token-0123456789"
OTHERS = [
    {"id": 1, "training_session_id": 302, "employee_id": 1002, "status": "attended"},
    {"id": 2, "training_session_id": 301, "employee_id": 1001, "status": "attended"},
    {"id": 3, "training_session_id": "302", "employee_id": "1003", "status": "completed"},
    {"id": 4, "training_session_id": 302, "employee_id": 1004, "status": "cancelled"},
]
MADE: dict[str, Any] = {
    "id": 9,
    "training_session_id": 302,
    "employee_id": 1001,
    "status": "enrolled",
    "attendance_confirmed": False,
    "score": None,
    "feedback": None,
    "enrolled_at": "2024-01-01T00:00:00Z",
}


def said(content: Any, status: int = 200) -> Deed:
    return answer(json.dumps(content).encode(), status)


def listed(*rows: Any) -> Deed:
    return said({"data": rows, "meta": {"current_page": 1, "last_page": 1, "total": len(rows)}})


def settings(server: Server) -> MoonSettings:
    return MoonSettings(url=server.url, **QUICK)


def enrollments(api: JsonApi) -> Enrollments:
    return Enrollments(api, tries=2, page_size=100)


def test_a_filter_that_is_not_understood_shows_nothing_that_was_not_asked_for() -> None:
    with served(said({"data": OTHERS})) as server, JsonApi(moon_wire(settings(server), TOKEN)) as api:
        reading = enrollments(api)
        assert reading.find(Pair(302, 1001)) is None
        found = reading.find(Pair(302, 1003))
        assert found is not None
        assert (found.id, found.text("status")) == ("3", "completed")
        assert [one["employee_id"] for one in reading.of_session(302)] == [1002, "1003", 1004]


@pytest.mark.parametrize(
    "content",
    [{}, [], {"data": {}}, {"data": [1]}, {"data": [{"status": "x"}]}, {"data": [{**MADE, "status": 5}]}, None, "x"],
)
def test_a_list_in_another_form_is_no_answer(content: Any) -> None:
    with (
        served(said(content)) as server,
        JsonApi(moon_wire(settings(server), TOKEN)) as api,
        pytest.raises(NotAnswered, match="another form"),
    ):
        enrollments(api).find(Pair(302, 1001))


def test_a_list_without_numbers_of_pages_is_read_until_a_page_is_empty_or_the_same() -> None:
    pages = [said({"data": OTHERS}), said({"data": [{**MADE, "id": 5}]}), said({"data": []})]
    with served(*pages) as server, JsonApi(moon_wire(settings(server), TOKEN)) as api:
        found = enrollments(api).find(Pair(302, 1001))
        assert found is not None
        assert found.id == "5"
    assert len(server.received) == 3


def before_writing(*more: Deed) -> tuple[Deed, ...]:
    employee = listed({"id": 1001, "employee_number": "EMP-0001"})
    session = said({"data": {"id": 302, "max_participants": None}})
    return (employee, session, listed(), *more)


def test_what_was_taken_and_not_kept_is_told_and_stays_ours() -> None:
    altered = {**MADE, "status": "attended", "attendance_confirmed": True, "score": "9.99"}
    deeds = before_writing(said({"data": MADE}, 201), said({"data": altered}), listed(altered))
    with served(*deeds) as server, moon_target(settings(server), TOKEN) as target:
        verdict = carry(target, [row(score=12.0)])[0]
    assert verdict == RowVerdict("failed", "moon.not_kept", "grade is 9.99 there, 12 here", "9", "grade")


def test_an_answer_to_a_write_that_shows_nothing_is_looked_up() -> None:
    kept = {**MADE, "status": "attended", "attendance_confirmed": True}
    deeds = before_writing(said({"ok": 1}, 201), listed(MADE), answer(b"", 204), listed(kept))
    with served(*deeds) as server, moon_target(settings(server), TOKEN) as target:
        assert carry(target, [row()]) == [RowVerdict("loaded", target_id="9")]
    assert [one.method for one in server.received][-4:] == ["POST", "GET", "PUT", "GET"]
