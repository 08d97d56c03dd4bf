"""The Moon ERP of the tests is itself held to what is known of Moon ERP: a lenient one would prove nothing."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import httpx
import pytest

from tests.servers.moon import Misbehaviour, MoonServer, Style, moon_server, sample
from tests.servers.moon_answers import MESSAGES

ROOT = Path(__file__).resolve().parents[2]
ENROLLMENTS = "/hr/training-enrollments"
CLIENT = httpx.Client(timeout=5.0)  # one for all: to make one takes longer than most of these tests
CLIENT.headers.pop("Accept")
PAIR = {"training_session_id": 302, "employee_id": 1001}


@pytest.fixture
def server() -> Iterator[MoonServer]:
    """One that behaves."""
    with moon_server(late=0.2) as running:
        yield running


def call(server: MoonServer, method: str, path: str, json: Any = None, **headers: str | None) -> httpx.Response:
    """A request as Moon ERP wants it, but for the headers that are said; None leaves one out."""
    usual = {"Authorization": f"Bearer {server.token}", "Accept": "application/json", "Accept-Language": "en"}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in {**usual, **sent}.items() if value is not None}
    return CLIENT.request(method, f"{server.url}{path}", json=json, headers=kept)


def get(server: MoonServer, path: str) -> dict[str, Any]:
    answer = call(server, "GET", path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    content: dict[str, Any] = answer.json()
    return content


def post(server: MoonServer, session_id: Any = 302, employee_id: Any = 1001) -> httpx.Response:
    return call(server, "POST", ENROLLMENTS, {"training_session_id": session_id, "employee_id": employee_id})


def put(server: MoonServer, enrollment_id: Any = 500001, **fields: Any) -> httpx.Response:
    return call(server, "PUT", f"{ENROLLMENTS}/{enrollment_id}", fields)


def errors(answer: httpx.Response, status: int = 422) -> list[str]:
    """The fields that an answer finds fault with."""
    assert answer.status_code == status, answer.text
    assert isinstance(answer.json()["message"], str)
    return list(answer.json().get("errors", {}))


def ids(content: dict[str, Any]) -> list[Any]:
    return [row["id"] for row in content["data"]]


def test_an_enrollment_is_made_changed_and_read(server: MoonServer) -> None:
    made = post(server)
    assert made.status_code == 201
    new = made.json()["data"]
    assert new.pop("enrolled_at").endswith("Z")
    assert new == {
        **PAIR,
        "id": 500001,
        "status": "enrolled",
        "attendance_confirmed": False,
        "score": None,
        "feedback": None,
        "completed_at": None,
    }
    changed = put(server, status="completed", attendance_confirmed=True, score=92.5, feedback="good")
    assert changed.status_code == 200
    shown = changed.json()["data"]
    told = (shown["status"], shown["attendance_confirmed"], shown["score"], shown["feedback"])
    assert told == ("completed", True, "92.50", "good")
    assert shown["completed_at"] >= shown["enrolled_at"]
    assert get(server, f"{ENROLLMENTS}?training_session_id=302&employee_id=1001")["data"] == [shown]
    assert get(server, "/hr/training-sessions/302")["data"]["enrollments"] == [shown]
    held = server.held("EMP-0001", 302)
    assert held
    assert held.score == Decimal("92.50")


def test_employees_are_searched_in_pages(server: MoonServer) -> None:
    found = get(server, "/hr/employees?search=emp-0001")["data"]
    assert found == [{"id": 1001, "employee_number": "EMP-0001"}, {"id": 1009, "employee_number": "EMP-0001-B"}]
    server.state.add_employee("E9", remark="was EMP-0001")
    assert ids(get(server, "/hr/employees?search=EMP-0001")) == [1001, 1009, 1013]
    assert ids(get(server, "/hr/employees?search=nobody")) == []
    assert ids(get(server, "/hr/employees?search=GONE-1")) == []
    page = get(server, "/hr/employees?per_page=5&page=2")
    assert ids(page) == [1006, 1007, 1008, 1009, 1010]
    assert page["meta"] == {"current_page": 2, "last_page": 3, "per_page": 5, "total": 12}
    assert page["links"]["next"] == f"{server.url}/hr/employees?per_page=5&page=3"


def test_a_search_finds_what_the_style_lets_it(server: MoonServer) -> None:
    server.state.add_employee("E9", remark="was EMP-0001")
    server.style = Style(search="number")
    assert ids(get(server, "/hr/employees?search=EMP-0001")) == [1001, 1009]
    server.style = Style(search="exact")
    assert ids(get(server, "/hr/employees?search=EMP-0001")) == [1001]


def test_sessions_hold_the_documented_fields(server: MoonServer) -> None:
    listed = get(server, "/hr/training-sessions")["data"]
    assert [one["id"] for one in listed] == [301, 302, 303, 304, 305, 306]
    assert listed[0] == {
        "id": 301,
        "training_program_id": 11,
        "session_date": "2023-05-04",
        "start_time": "09:00",
        "end_time": "17:00",
        "location": "Hall 2",
        "trainer": "R. Adler",
        "max_participants": 20,
        "status": "completed",
        "notes": None,
    }
    assert (listed[1]["max_participants"], listed[5]["start_time"]) == (None, None)
    assert get(server, "/hr/training-sessions/301")["data"] == {**listed[0], "enrollments": []}
    server.style = Style(
        session_enrollments="training_enrollments", date_format="%Y-%m-%dT00:00:00Z", time_format="%H:%M:%S"
    )
    shown = get(server, "/hr/training-sessions/301")["data"]
    assert (shown["session_date"], shown["start_time"]) == ("2023-05-04T00:00:00Z", "09:00:00")
    assert shown["training_enrollments"] == []


def test_enrollments_are_filtered_and_come_fifteen_a_page(server: MoonServer) -> None:
    for number in range(1, 18):
        server.state.enroll(server.state.add_employee(f"N{number}").id, 302)
    server.state.enroll(1001, 302, status="cancelled")
    server.state.enroll(1001, 301)
    first = get(server, f"{ENROLLMENTS}?training_session_id=302")
    assert first["meta"] == {"current_page": 1, "last_page": 2, "per_page": 15, "total": 18}
    second = get(server, f"{ENROLLMENTS}?training_session_id=302&page=2")
    assert ids(first) + ids(second) == list(range(500001, 500019))
    assert ids(get(server, f"{ENROLLMENTS}?training_session_id=302&page=3")) == []
    assert ids(get(server, f"{ENROLLMENTS}?employee_id=1001")) == [500018, 500019]
    assert ids(get(server, f"{ENROLLMENTS}?employee_id=1001&training_session_id=&status=cancelled")) == [500018]
    server.style = Style(order="newest")
    assert ids(get(server, f"{ENROLLMENTS}?per_page=2")) == [500019, 500018]


def test_a_page_may_be_smaller_than_asked_for(server: MoonServer) -> None:
    for number in range(120):
        server.state.add_employee(f"N{number}")
    assert get(server, "/hr/employees?per_page=500")["meta"]["per_page"] == 100
    server.style = Style(per_page_most=None)
    assert len(get(server, "/hr/employees?per_page=500")["data"]) == 131
    server.style = Style(per_page_elsewhere=False)
    assert len(get(server, "/hr/employees?per_page=100")["data"]) == 15


# What is sent that is not documented -> status, fields of `errors`.
REFUSED: dict[str, tuple[tuple[str, str, Any], int, list[str]]] = {
    "no path": (("GET", "/hr/trainings", None), 404, []),
    "a path with a slash behind": (("GET", "/hr/employees/", None), 404, []),
    "no base": (("GET", "/../employees", None), 404, []),
    "an employee by ID": (("GET", "/hr/employees/1001", None), 404, []),
    "an enrollment by ID": (("GET", f"{ENROLLMENTS}/500001", None), 405, []),
    "taking an enrollment away": (("DELETE", f"{ENROLLMENTS}/500001", None), 405, []),
    "PATCH": (("PATCH", f"{ENROLLMENTS}/500001", {}), 405, []),
    "a new session": (("POST", "/hr/training-sessions", {}), 405, []),
    "a session that is not": (("GET", "/hr/training-sessions/399", None), 404, []),
    "a session whose ID is a word": (("GET", "/hr/training-sessions/first", None), 404, []),
    "a deleted session": (("GET", "/hr/training-sessions/307", None), 404, []),
    "an unknown parameter": (("GET", "/hr/employees?number=EMP-0001", None), 422, ["number"]),
    "a parameter twice": (("GET", "/hr/employees?search=1&search=2", None), 422, ["search"]),
    "a filter on sessions": (("GET", "/hr/training-sessions?status=completed", None), 422, ["status"]),
    "page 0": (("GET", "/hr/employees?page=0", None), 422, ["page"]),
    "a page that is no number": (("GET", f"{ENROLLMENTS}?per_page=all", None), 422, ["per_page"]),
    "an unknown status to filter by": (("GET", f"{ENROLLMENTS}?status=Completed", None), 422, ["status"]),
    "an ID to filter by that is none": (("GET", f"{ENROLLMENTS}?employee_id=EMP-0001", None), 422, ["employee_id"]),
    "nothing to enroll": (("POST", ENROLLMENTS, {}), 422, ["training_session_id", "employee_id"]),
    "a list": (("POST", ENROLLMENTS, [PAIR]), 400, []),
    "an ID as text": (("POST", ENROLLMENTS, {**PAIR, "employee_id": "1001"}), 422, ["employee_id"]),
    "a status with the POST": (("POST", ENROLLMENTS, {**PAIR, "status": "completed"}), 422, ["status"]),
    "an unknown employee": (("POST", ENROLLMENTS, {**PAIR, "employee_id": 1}), 422, ["employee_id"]),
    "a deleted employee": (("POST", ENROLLMENTS, {**PAIR, "employee_id": 1012}), 422, ["employee_id"]),
    "a deleted session to enroll into": (
        ("POST", ENROLLMENTS, {**PAIR, "training_session_id": 307}),
        422,
        ["training_session_id"],
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_documented_is_refused(what: str, server: MoonServer) -> None:
    (method, path, json), status, fields = REFUSED[what]
    answer = call(server, method, path, json)
    assert errors(answer, status) == fields
    assert ("Allow" in answer.headers) == (status == 405)
    assert server.enrollments == {}
    assert server.writes == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "Completed"),
        ("status", None),
        ("status", ["completed"]),
        ("attendance_confirmed", 1),
        ("attendance_confirmed", "true"),
        ("attendance_confirmed", None),
        ("score", "92,5"),
        ("score", "A"),
        ("score", ""),
        ("score", True),
        ("score", -1),
        ("score", 1000),
        ("feedback", 5),
        ("completed_at", "2023-05-04"),
        ("employee_id", 1002),
    ],
)
def test_a_field_of_a_put_is_held_to_its_type(field: str, value: object, server: MoonServer) -> None:
    """One that is wrong leaves the others alone, too."""
    post(server)
    assert errors(put(server, **{"feedback": "x", field: value})) == [field]
    held = server.held("EMP-0001", 302)
    assert held
    assert (held.status, held.feedback, len(server.writes)) == ("enrolled", None, 1)


@pytest.mark.parametrize(
    ("sent", "told"), [(92, "92.00"), ("92.5", "92.50"), (66.666, "66.67"), (0, "0.00"), (None, None)]
)
def test_a_score_comes_back_as_decimal_text(sent: object, told: str | None, server: MoonServer) -> None:
    post(server)
    put(server, score=50)
    assert put(server, score=sent).json()["data"]["score"] == told


def test_an_enrollment_that_is_not_there_cannot_be_changed(server: MoonServer) -> None:
    post(server)
    assert put(server, 500009, status="attended").status_code == 404
    server.enrollments[500001].deleted = True
    assert put(server, status="attended").status_code == 404
    assert get(server, ENROLLMENTS)["meta"]["total"] == 0
    assert post(server).status_code == 201


def test_a_body_is_json_and_says_so(server: MoonServer) -> None:
    headers = {"Authorization": f"Bearer {server.token}", "Accept": "application/json"}
    url = f"{server.url}{ENROLLMENTS}"
    assert CLIENT.post(url, data=PAIR, headers=headers).status_code == 415
    headers["Content-Type"] = "application/json; charset=utf-8"
    for broken in ("{", "", '{"score": NaN}'):
        assert CLIENT.post(url, content=broken, headers=headers).status_code == 400
    assert CLIENT.post(url, content='{"training_session_id":302,"employee_id":1001}', headers=headers).is_success


def test_json_must_be_asked_for(server: MoonServer) -> None:
    """Else the framework answers for a browser."""
    for accept in (None, "*/*", "text/html"):
        answer = call(server, "POST", ENROLLMENTS, PAIR, Accept=accept)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert server.enrollments == {}


def test_a_wrong_token_and_a_missing_right(server: MoonServer) -> None:
    for token in (None, "Bearer other", server.token, f"bearer {server.token}"):
        answer = call(server, "GET", "/hr/employees", Authorization=token)
        assert (answer.status_code, list(answer.json())) == (401, ["message"])
    server.may_write = False
    assert post(server).status_code == 403
    assert ids(get(server, ENROLLMENTS)) == []
    server.may_read = False
    assert call(server, "GET", ENROLLMENTS).status_code == 403


def test_messages_are_arabic_unless_english_is_asked_for(server: MoonServer) -> None:
    arabic, english = MESSAGES["unauthenticated"]
    for language, message in ((None, arabic), ("ar", arabic), ("en", english), ("en-GB,ar;q=0.5", english)):
        answer = call(server, "GET", ENROLLMENTS, Authorization="Bearer x", Accept_Language=language)
        assert answer.json() == {"message": message}
        assert answer.content.isascii()
    server.style = Style(messages="vague")
    assert post(server, employee_id=1).json()["errors"] == {"employee_id": ["The given data was invalid."]}


def test_an_employee_is_enrolled_once_into_a_session(server: MoonServer) -> None:
    """A cancelled enrollment is one, too."""
    post(server)
    assert errors(post(server)) == ["employee_id"]
    put(server, status="cancelled")
    server.style = Style(duplicate_status=409, duplicate_field="training_session_id")
    assert errors(post(server), 409) == ["training_session_id"]
    server.style = Style(duplicate_field=None)
    assert "errors" not in post(server).json()
    server.enrollments[500001].deleted = True
    server.style = Style(deleted_blocks=True)
    assert errors(post(server)) == ["employee_id"]
    assert get(server, ENROLLMENTS)["data"] == []


def test_a_session_takes_as_many_as_it_has_seats(server: MoonServer) -> None:
    """One who cancels leaves a seat, and needs one to come back; one who did not show up holds it."""
    post(server, 303)
    put(server, status="no_show")
    assert errors(post(server, 303, 1002)) == ["training_session_id"]
    put(server, status="cancelled")
    assert post(server, 303, 1002).status_code == 201
    assert errors(put(server, status="attended")) == ["training_session_id"]
    assert put(server, feedback="ill").status_code == 200
    server.style = Style(full_status=409, full_field=None)
    assert errors(post(server, 303, 1003), 409) == []
    assert server.state.seats_taken(303) == 1


def test_styles_of_what_else_is_open(server: MoonServer) -> None:
    server.style = Style(unknown_on_post=404, closed=frozenset({"cancelled"}), by_id=404, surplus="ignored")
    assert post(server, 302, 1).status_code == 404
    assert errors(post(server, 304)) == ["training_session_id"]
    assert call(server, "GET", f"{ENROLLMENTS}/500001").status_code == 404
    assert call(server, "POST", ENROLLMENTS, {**PAIR, "status": "completed"}).json()["data"]["status"] == "enrolled"
    put(server, status="completed", attendance_confirmed=True, feedback="x")
    server.style = Style(put="whole", final=frozenset({"completed"}))
    assert errors(put(server, status="completed", score=1)) == ["attendance_confirmed", "feedback"]
    assert errors(put(server, status="cancelled", attendance_confirmed=True, score=1, feedback=None)) == ["status"]
    server.style = Style(put="clearing", score_most=Decimal(100))
    assert errors(put(server, score=101)) == ["score"]
    shown = put(server, score=100).json()["data"]
    assert (shown["status"], shown["attendance_confirmed"], shown["feedback"]) == ("completed", False, None)


def test_ids_may_be_text() -> None:
    with moon_server(state=sample(2, "text")) as server:
        (employee,) = get(server, "/hr/employees?search=EMP-0002")["data"]
        session_id = ids(get(server, "/hr/training-sessions"))[1]
        new = post(server, session_id, employee["id"]).json()["data"]
        assert {type(value) for value in (session_id, employee["id"], new["id"])} == {str}
        assert put(server, new["id"], status="attended").json()["data"]["status"] == "attended"
        assert ids(get(server, f"{ENROLLMENTS}?employee_id={employee['id']}")) == [new["id"]]
        assert errors(post(server, session_id, 1001)) == ["employee_id"]


# Misbehaviour -> how the client sees it, and whether the enrollment is on record.
SEEN: dict[Misbehaviour, tuple[type[Exception] | int | bytes, bool]] = {
    "401": (401, False),
    "403": (403, False),
    "404": (404, False),
    "422": (422, False),
    "429": (429, False),
    "429_bare": (429, False),
    "500_before": (500, False),
    "500_after": (500, True),
    "html": (b"<!DOCTYPE html>", False),
    "html_after": (b"<!DOCTYPE html>", True),
    "drop_before": (httpx.RemoteProtocolError, False),
    "drop_after": (httpx.RemoteProtocolError, True),
    "late_before": (httpx.ReadTimeout, False),
    "late_after": (httpx.ReadTimeout, True),
    "processed_late": (httpx.ReadTimeout, True),
    "truncated": (b'{"data":', True),
    "cut": (httpx.RemoteProtocolError, True),
    "garbage": (b"\0\1\2", True),
    "oversized": (b"{   ", True),
    "nothing": (201, True),
}


@pytest.mark.parametrize("kind", SEEN)
def test_it_misbehaves_once_as_told(kind: Misbehaviour, capfd: pytest.CaptureFixture[str]) -> None:
    seen, is_taken = SEEN[kind]
    with moon_server(late=0.2, oversize=100_000, retry_after="3") as server:
        server.misbehave(kind, method="POST", path="training-enrollments")
        assert ids(get(server, ENROLLMENTS)) == []
        if isinstance(seen, type):
            with pytest.raises(seen):
                _hastily(server, 0.1 if seen is httpx.ReadTimeout else 5.0)
        else:
            answer = _hastily(server, 5.0)
            assert answer.status_code == seen if isinstance(seen, int) else answer.content.startswith(seen)
            assert len(answer.content) > 100_000 or kind != "oversized"
            assert answer.headers.get("Retry-After") == ("3" if kind == "429" else None)
            assert kind != "422" or answer.json()["errors"] == {"status": ["The selected status is invalid."]}
        _wait_for(server, is_taken)
        assert post(server).status_code == (422 if is_taken else 201)
        assert len(server.double_writes) == (kind == "nothing")
    assert capfd.readouterr() == ("", "")


def test_every_misbehaviour_was_met() -> None:
    others = {"paging_gains", "paging_loses", "enrolls_meanwhile", "fills_meanwhile"}
    assert {*SEEN, *others} == set(get_args(Misbehaviour))


def _hastily(server: MoonServer, seconds: float) -> httpx.Response:
    headers = {"Authorization": f"Bearer {server.token}", "Accept": "application/json", "Accept-Language": "en"}
    return CLIENT.post(f"{server.url}{ENROLLMENTS}", json=PAIR, headers=headers, timeout=seconds)


def _wait_for(server: MoonServer, is_taken: bool) -> None:
    """A late request is over when it is out of flight."""
    deadline = time.monotonic() + 5
    while (server._in_flight or bool(server.enrollments) != is_taken) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_it_misbehaves_where_it_is_told_to(server: MoonServer) -> None:
    server.misbehave("500_before", method="PUT")
    server.misbehave("nothing", "403", path="employees")
    assert post(server).status_code == 201
    assert put(server, status="attended").status_code == 500
    assert put(server, status="attended").status_code == 200
    assert [call(server, "GET", "/hr/employees").status_code for _ in range(3)] == [200, 403, 200]
    with pytest.raises(ValueError, match="misbehaviour"):
        server.misbehave("badly")  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize(
    "path", ["/hr/employees", "/hr/training-sessions", ENROLLMENTS, f"{ENROLLMENTS}?employee_id=1001"]
)
def test_pages_shift_while_they_are_read(path: str, order: str, server: MoonServer) -> None:
    """A row is told twice, or one is passed over."""
    for session in list(server.sessions):
        server.state.enroll(1001, session)
    server.style = Style(order=order)  # type: ignore[arg-type]
    sign = "&" if "?" in path else "?"
    before = ids(get(server, f"{path}{sign}per_page=100"))
    server.misbehave("paging_gains", path=path.partition("?")[0])
    pages = [ids(get(server, f"{path}{sign}per_page=2&page={page}")) for page in (1, 2)]
    assert pages == [before[:2], before[1:3]]
    now = ids(get(server, f"{path}{sign}per_page=100"))
    assert now[1:] == before
    server.misbehave("paging_loses", path=path.partition("?")[0])
    pages = [ids(get(server, f"{path}{sign}per_page=2&page={page}")) for page in (1, 2)]
    assert pages == [now[:2], now[3:5]]


def test_only_lists_shift(server: MoonServer) -> None:
    server.misbehave("paging_loses")
    post(server)
    get(server, "/hr/training-sessions/301")
    get(server, f"{ENROLLMENTS}?training_session_id=302")
    assert get(server, ENROLLMENTS)["meta"]["total"] == 0


def test_somebody_enrolls_while_a_session_is_shown(server: MoonServer) -> None:
    """The answer does not hold it yet; lists are not meant, and no seat is taken twice."""
    server.misbehave("enrolls_meanwhile", "enrolls_meanwhile", "fills_meanwhile")
    get(server, ENROLLMENTS)
    assert get(server, "/hr/training-sessions/302")["data"]["enrollments"] == []
    shown = get(server, "/hr/training-sessions/302")["data"]["enrollments"]
    assert [(one["employee_id"], one["status"], one["feedback"]) for one in shown] == [
        (1001, "no_show", "theirs"),
        (1002, "no_show", "theirs"),
    ]
    assert server.entered == [("EMP-0001", 302), ("EMP-0002", 302), ("EMP-0003", 302), ("EMP-0004", 302)]
    assert get(server, "/hr/training-sessions/305")["data"]["enrollments"] == []
    assert server.state.seats_taken(305) == 2


def test_what_was_told_and_is_written_again_is_noted(server: MoonServer) -> None:
    server.misbehave("drop_after", method="PUT")
    post(server)
    with pytest.raises(httpx.RemoteProtocolError):
        put(server, status="attended")
    put(server, status="attended")
    put(server, status="completed")
    put(server, status="attended")
    assert server.double_writes == []
    put(server, status="attended")
    assert [(one.method, one.employee_number, one.session_id) for one in server.double_writes] == [
        ("PUT", "EMP-0001", 302)
    ]
    server.enrollments[500001].status = "cancelled"
    put(server, status="attended")
    assert len(server.double_writes) == 1
    post(server)
    assert [one.method for one in server.double_writes] == ["PUT", "POST"]
    written = [(one.method, one.fields) for one in server.writes_of("EMP-0001", 302)]
    assert written[:3] == [("POST", PAIR), ("PUT", {"status": "attended"}), ("PUT", {"status": "attended"})]
    assert len(written) == 7
    assert server.writes_of("EMP-0002", 302) == []


def test_a_list_tells_as_well_as_the_answer_to_a_write(server: MoonServer) -> None:
    for read in (f"{ENROLLMENTS}?employee_id=1001", "/hr/training-sessions/302"):
        server.double_writes.clear()
        server.misbehave("drop_after", method="PUT")
        post(server)
        with pytest.raises(httpx.RemoteProtocolError):
            put(server, feedback=read)
        get(server, read)
        put(server, feedback=read)
        assert "PUT" in [one.method for one in server.double_writes]


def test_requests_are_noted(server: MoonServer) -> None:
    get(server, f"{ENROLLMENTS}?employee_id=1001")
    post(server)
    noted = [(one.method, one.path, one.query) for one in server.requests]
    assert noted == [("GET", ENROLLMENTS, "employee_id=1001"), ("POST", ENROLLMENTS, "")]
    assert server.requests[0].at < server.requests[1].at


def test_requests_at_once_wait_side_by_side(server: MoonServer) -> None:
    get(server, "/hr/employees")
    assert server.in_flight_most == 1
    server.pause = 0.5
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: get(server, "/hr/employees"), range(8)))
    assert (server.in_flight_most, len(server.requests)) == (8, 9)
    assert 0.5 <= time.monotonic() - start < 8 * 0.5


def test_a_pair_and_a_seat_go_to_one_of_many_at_once(server: MoonServer) -> None:
    with ThreadPoolExecutor(8) as pool:
        pairs = list(pool.map(lambda _: post(server).status_code, range(8)))
        seats = list(pool.map(lambda employee: post(server, 303, employee).status_code, range(1001, 1009)))
    assert sorted(pairs) == sorted(seats) == [201] + 7 * [422]


def test_a_client_that_hangs_up_is_nobodys_fault(server: MoonServer, capfd: pytest.CaptureFixture[str]) -> None:
    """Before its request is whole, and before its answer: nothing is printed, and others are served."""
    address = (urlsplit(server.url).hostname, urlsplit(server.url).port)
    server.pause = 0.05
    whole = b"GET /api/hr/employees HTTP/1.1\r\nAccept: application/json\r\n\r\n"
    for sent in (b"", b"POST /api/hr HT", b"POST /api/hr HTTP/1.1\r\nContent-Length: 10\r\n\r\n", whole):
        with socket.create_connection(address) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # hang up with a reset
            client.sendall(sent)
    assert post(server).status_code == 201
    assert capfd.readouterr() == ("", "")


def test_the_sample_is_odd_where_real_companies_are() -> None:
    state = sample(3)
    numbers = [one.number for one in state.employees.values() if not one.deleted]
    assert numbers == ["EMP-0001", "EMP-0002", "EMP-0003", "EMP-0001-B", "00417", "417"]
    same_day = [one.program_id for one in state.sessions.values() if one.held_on == date(2023, 5, 4)]
    assert same_day == [11, 12]


def test_it_runs_as_a_process_for_a_trial() -> None:
    """It says what to export, answers with this token, and refuses others."""
    command = [sys.executable, "-m", "tests.servers.moon", "--port", "0", "--employees", "3", "--misbehave", "html"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        exported = [process.stdout.readline().strip().removeprefix("export ").partition("=") for _ in range(2)]
        said = {name: value.strip("'") for name, _, value in exported}
        assert list(said) == ["ROLLBOOK_MOON_URL", "ROLLBOOK_MOON_TOKEN"]
        try:
            there = MoonServer(url=said["ROLLBOOK_MOON_URL"], token=said["ROLLBOOK_MOON_TOKEN"])
            assert b"<html>" in call(there, "GET", "/hr/employees").content
            assert ids(get(there, "/hr/employees"))[:4] == [1001, 1002, 1003, 1004]
            assert post(MoonServer(url=there.url, token="another")).status_code == 401
        finally:
            process.terminate()
    assert there.url.startswith("http://127.0.0.1:")
