"""What a delivery to Moon ERP costs in requests, and that reading in bulk takes nothing for what it is not."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from destinations.moon import sessions
from tests.pipeline import app
from tests.pipeline.rest_desk import MoonDesk, Row, moon_desk, moon_row
from tests.servers.moon import Received, Style, sample

PEOPLE, SESSIONS = 50, 10


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MoonDesk]:
    """A desk with a Moon ERP of PEOPLE employees and some."""
    with moon_desk(tmp_path, f"sqlite:///{tmp_path / 'test.db'}", monkeypatch, state=sample(PEOPLE)) as made:
        yield made


def sheet(desk: MoonDesk, grade: str, seats: int | None = None, *, mails: bool = False) -> list[Row]:
    """Every employee in each of SESSIONS sessions, which are there from the first call on."""
    state = desk.server.state
    for _ in range(SESSIONS - sum(one.program_id == 77 for one in state.sessions.values())):
        state.add_session(77, date(2023, 5, 4), max_participants=seats)
    codes = [one.id for one in state.sessions.values() if one.program_id == 77]
    mail = "x{}@corp.example" if mails else ""
    return [
        moon_row(number, code, "Completed", grade, mail=mail.format(number))
        for number in range(1, PEOPLE + 1)
        for code in codes
    ]


def cost(desk: MoonDesk, rows: list[Row], *options: str) -> tuple[Counter[str], app.Answer]:
    """The requests of an import, by method."""
    desk.server.requests.clear()
    answer = desk.send(*rows, options=options)
    assert desk.server.double_writes == []
    return Counter(one.method for one in desk.server.requests), answer


@pytest.mark.parametrize("seats", [None, PEOPLE], ids=["no limit", "enough seats"])
@pytest.mark.parametrize("synced", [False, True], ids=["no sync", "synced"])
@pytest.mark.parametrize("mails", [False, True], ids=["numbers", "numbers and e-mails"])
def test_two_requests_a_new_row_one_a_changed_one_none_for_the_same(
    desk: MoonDesk, seats: int | None, synced: bool, mails: bool
) -> None:
    rows = sheet(desk, "80", seats, mails=mails)
    if mails:
        for at, one in enumerate(desk.server.employees.values(), 1):
            one.more["email"] = f"X{at}@corp.example"
    if synced:
        assert desk.do("reference sync", "moon").exit == 0
    made, answer = cost(desk, rows)
    assert answer.told["rows"]["loaded"] == 500, answer
    assert (made["POST"], made["PUT"]) == (500, 500)
    assert made.total() <= 1_000 + SESSIONS + (3 if synced else 5)
    again, answer = cost(desk, rows)
    assert (set(again), answer.told["rows"]["unchanged"]) == ({"GET"}, 500), answer
    assert again["GET"] <= 25
    changed, answer = cost(desk, sheet(desk, "90", mails=mails), "--on-existing", "update")
    assert answer.told["rows"]["updated"] == 500, answer
    assert (changed["PUT"], changed.total() <= 560) == (500, True)


def test_employees_are_searched_for_where_the_list_is_longer(desk: MoonDesk) -> None:
    """Two are wanted of 54 on six pages; one look at the first page tells."""
    desk.server.style = Style(per_page_most=10)
    _, answer = cost(desk, [moon_row(1), moon_row(2)])
    assert answer.told["rows"]["loaded"] == 2, answer
    read = [one.query for one in desk.server.requests if "employees" in one.path]
    assert read == ["page=1&per_page=100", "search=EMP-0001&page=1&per_page=100", "search=EMP-0002&page=1&per_page=100"]


@pytest.mark.parametrize("shown", ["enrollments", "participants", None])
def test_where_a_session_does_not_hold_its_enrollments_its_list_is_read(desk: MoonDesk, shown: str | None) -> None:
    desk.server.style = Style(session_enrollments=shown, per_page_most=20)
    state = desk.server.state
    for number in range(1, 46):
        state.enroll(state.employee(f"EMP-{number:04}").id, 302, status="attended", attendance_confirmed=True)
    _, answer = cost(desk, [moon_row(number) for number in range(1, PEOPLE + 1)])
    assert (answer.told["rows"]["unchanged"], answer.told["rows"]["loaded"]) == (45, 5), answer
    lists = sum("training-enrollments" in one.path and one.method == "GET" for one in desk.server.requests)
    assert lists == (3 if shown is None else 0)


def test_pages_that_shift_are_read_again(desk: MoonDesk) -> None:
    """Somebody enrolls while the list of a session is read, so that a row comes twice and another would be missed."""
    desk.server.style = Style(session_enrollments=None, per_page_most=10)
    state = desk.server.state
    for number in range(1, 26):
        state.enroll(state.employee(f"EMP-{number:04}").id, 302, status="attended", attendance_confirmed=True)
    desk.server.misbehave("paging_gains", path="training-enrollments")
    _, answer = cost(desk, [moon_row(number) for number in range(1, 27)])
    assert (answer.told["rows"]["unchanged"], answer.told["rows"]["loaded"]) == (25, 1), answer


def test_a_full_session_is_not_tried(desk: MoonDesk) -> None:
    """Session 303 has one seat, 305 two: the first rows of the file get them, and a second run only reads."""
    rows = [moon_row(number, session) for number in (4, 2, 9) for session in (303, 305)]
    made, answer = cost(desk, rows)
    assert (answer.told["rows"]["loaded"], answer.told["failures"]) == (3, {"moon.session_full": 3}), answer
    assert made["POST"] == 3
    assert {key for key, (state, _) in desk.outcomes().items() if state == "loaded"} == {
        ("EMP-0004", "303"),
        ("EMP-0004", "305"),
        ("EMP-0002", "305"),
    }
    again, answer = cost(desk, rows)
    assert (set(again), answer.told["failures"]) == ({"GET"}, {"moon.session_full": 3}), answer


def test_a_seat_that_a_refused_row_leaves_goes_to_the_next(desk: MoonDesk) -> None:
    """Three want two seats; the second is not taken by Moon ERP for another reason."""
    gone = desk.server.state.employee("EMP-0002")
    assert desk.do("reference sync", "moon").exit == 0
    gone.deleted = True
    made, answer = cost(desk, [moon_row(number, 305) for number in (1, 2, 3, 4)])
    assert made["POST"] == 3
    assert {who: code for (who, _), (_, code) in desk.outcomes().items()} == {
        "EMP-0001": None,
        "EMP-0002": "moon.refused",
        "EMP-0003": None,
        "EMP-0004": "moon.session_full",
    }, answer


def test_a_seat_that_a_row_before_gives_back_goes_to_the_next(desk: MoonDesk) -> None:
    state = desk.server.state
    for number in (1, 2):
        state.enroll(state.employee(f"EMP-{number:04}").id, 305, status="attended", attendance_confirmed=True)
    rows = [moon_row(3, 305), moon_row(1, 305, "Cancelled"), moon_row(4, 305), moon_row(5, 305)]
    _, answer = cost(desk, rows, "--on-existing", "update")
    assert {who: (state, code) for (who, _), (state, code) in desk.outcomes().items()} == {
        "EMP-0003": ("failed", "moon.session_full"),
        "EMP-0001": ("updated", None),
        "EMP-0004": ("loaded", None),
        "EMP-0005": ("failed", "moon.session_full"),
    }, answer


def test_sessions_with_a_limit_go_side_by_side(desk: MoonDesk) -> None:
    desk.server.pause = 0.01
    state = desk.server.state
    code = state.add_session(77, date(2023, 5, 4), max_participants=40).id
    _, answer = cost(desk, [moon_row(number, code) for number in range(1, 41)])
    assert answer.told["rows"]["loaded"] == 40, answer
    assert desk.server.in_flight_most == 8


def when(desk: MoonDesk, is_it: Callable[[Received], bool], do: Callable[[], object]) -> threading.Thread:
    """Do something as soon as such a request has come."""

    def watch() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not any(map(is_it, list(desk.server.requests))):
            time.sleep(0.001)
        do()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_a_session_that_fills_up_meanwhile_is_told_as_full(desk: MoonDesk) -> None:
    """Somebody takes both seats after the session was read."""
    state = desk.server.state
    desk.server.pause = 0.1

    def fill() -> None:
        for number in (7, 8):
            state.enroll(state.employee(f"EMP-{number:04}").id, 305)

    other = when(desk, lambda one: one.method == "POST", fill)
    made, answer = cost(desk, [moon_row(number, 305) for number in range(1, 7)])
    other.join()
    assert answer.told["failures"] == {"moon.session_full": 6}, answer
    assert made["POST"] == 2
    assert state.seats_taken(305) == 2


@pytest.mark.parametrize(
    ("policy", "outcome", "status"), [("reject", "rejected", "no_show"), ("update", "updated", "attended")]
)
def test_who_is_enrolled_by_somebody_else_meanwhile_is_a_matter_of_the_policy(
    desk: MoonDesk, policy: str, outcome: str, status: str
) -> None:
    """It was not there when the session was read; it is theirs, so `undo` puts it back as they had it."""
    state = desk.server.state
    desk.server.pause = 0.1
    employee = state.employee("EMP-0001").id
    other = when(desk, lambda one: one.method == "POST", lambda: state.enroll(employee, 302, status="no_show"))
    _, answer = cost(desk, [moon_row(1)], "--on-existing", policy)
    other.join()
    held = desk.held("EMP-0001", 302)
    assert held is not None
    assert (answer.told["rows"][outcome], held.status) == (1, status), answer
    if policy == "update":
        assert desk.do("undo", "last").told["restored"] == 1
    assert held.status == "no_show"


def test_what_somebody_changes_meanwhile_is_read_before_it_is_overwritten(
    desk: MoonDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read a while ago is read anew: nobody's remark is lost, and `undo` puts back what was there last."""
    monkeypatch.setattr(sessions, "FRESH_SECONDS", 0.0)
    state = desk.server.state
    held = state.enroll(state.employee("EMP-0001").id, 302, status="enrolled")

    def change() -> None:
        held.status, held.feedback = "no_show", "theirs"

    other = when(desk, lambda one: "sessions" in one.path, change)
    desk.server.pause = 0.05
    _, answer = cost(desk, [moon_row(1, 302, "Attended")], "--on-existing", "update")
    other.join()
    assert (answer.told["rows"]["updated"], held.status, held.feedback) == (1, "attended", "theirs"), answer
    assert desk.do("undo", "last").told["restored"] == 1
    assert (held.status, held.feedback) == ("no_show", "theirs")
