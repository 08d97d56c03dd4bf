"""Rows to a Moon ERP: found, made, changed, left alone, and put back."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from destinations.http.json_client import NotAnswered
from destinations.moon.target import moon_target
from destinations.row_target import Known, RowVerdict
from ledger.remote.writes import Write
from rollbook.errors import CannotBegin, Stopped, Unavailable
from rollbook.settings import MoonSettings
from tests.destinations.moon.driving import (
    Ledger,
    carry,
    carry_one,
    content_of,
    each,
    look_at,
    row,
    settings_for,
    target_of,
)
from tests.servers.moon import MoonServer, Style, moon_server, sample

CODE = "enrollment.exists"
BARE = {"status": "enrolled", "attendance_confirmed": False, "score": None, "feedback": None}


@pytest.fixture
def server() -> Iterator[MoonServer]:
    """One that behaves, until a test lets it misbehave."""
    with moon_server(late=0.3, oversize=2**20) as running:
        yield running
        assert running.double_writes == []


def held(server: MoonServer, number: str = "EMP-0001", session: Any = 302) -> Any:
    return content_of(server.held(number, session))


def verdict_of(found: RowVerdict | None) -> RowVerdict:
    assert found is not None
    return found


def methods(server: MoonServer) -> list[str]:
    return [one.method for one in server.requests]


def test_a_row_is_enrolled_and_then_written(server: MoonServer) -> None:
    verdict = carry_one(server, row(status="completed", score=92.5, grade="92.5", feedback="good & ü"))
    assert verdict == RowVerdict("loaded", target_id="500001")
    assert held(server) == {
        "status": "completed",
        "attendance_confirmed": True,
        "score": Decimal("92.50"),
        "feedback": "good & ü",
    }
    assert methods(server) == ["GET", "GET", "POST", "PUT"]


def test_a_second_run_only_reads_and_asks_no_employee_again(server: MoonServer) -> None:
    rows = [
        row(status="completed", score=88.0, feedback="ä"),
        row("EMP-0002", 301, "no_show"),
        row("00417", 302, "enrolled"),
        row("417", 302, "cancelled"),
        row("EMP-0003", 302, "completed", score=66.666),
    ]
    ledger = Ledger()
    with target_of(server) as target:
        assert [one.state for one in carry(target, rows, ledger=ledger)] == ["loaded"] * 5
    written = len(server.writes)
    server.requests.clear()
    with target_of(server) as target:
        assert [one.state for one in carry(target, rows, ledger=ledger)] == ["unchanged"] * 5
    assert len(server.writes) == written
    assert not any("employees" in one.path for one in server.requests)
    assert len(server.requests) == 2


def test_a_row_that_says_no_more_than_enrolled_needs_no_put(server: MoonServer) -> None:
    assert carry_one(server, row(status="enrolled")).state == "loaded"
    assert [one.method for one in server.writes] == ["POST"]
    assert held(server) == BARE


@pytest.mark.parametrize(
    ("status", "given", "confirmed"),
    [
        ("attended", None, True),
        ("completed", None, True),
        ("attended", False, False),
        ("no_show", None, False),
        ("enrolled", True, True),
        ("cancelled", None, False),
    ],
)
def test_attendance_is_confirmed_by_the_sheet_else_by_the_status(
    server: MoonServer, status: str, given: bool | None, confirmed: bool
) -> None:
    assert carry_one(server, row(status=status, attendance_confirmed=given)).state == "loaded"
    assert held(server)["attendance_confirmed"] is confirmed
    assert "score" not in server.writes[0].fields


def test_a_letter_grade_is_no_score(server: MoonServer) -> None:
    assert carry_one(server, row(grade="A", score=None)).state == "loaded"
    assert held(server)["score"] is None


@pytest.mark.parametrize("put", ["partial", "whole", "clearing"])
def test_what_a_row_does_not_say_stays_as_it_is(server: MoonServer, put: Any) -> None:
    server.style = Style(put=put)
    server.state.enroll(1001, 302, score=Decimal(70), feedback="kept", attendance_confirmed=True)
    assert carry_one(server, row(status="completed"), "update").state == "updated"
    assert held(server) == {
        "status": "completed",
        "attendance_confirmed": True,
        "score": Decimal(70),
        "feedback": "kept",
    }


def test_numbers_are_compared_as_texts_and_searches_as_they_are_given(server: MoonServer) -> None:
    server.state.add_employee("E9", remark="was EMP-0001, 417 and 007")
    nameless = server.state.add_employee("-", remark="None")
    server.state.search("")
    nameless.number = None  # type: ignore[assignment]
    with target_of(server) as target:
        rows = [row("EMP-0001"), row("417"), row("00417"), row("007"), row("emp-0002"), row("GONE-1"), row("None")]
        verdicts = carry(target, rows)
    assert [one.code for one in verdicts] == [None, None, None, *["moon.employee_unknown"] * 4]
    assert server.held("417", 302) is not server.held("00417", 302)


def test_an_employee_on_a_later_page_is_found(server: MoonServer) -> None:
    server.style = Style(per_page_most=2, per_page_elsewhere=False, order="newest")
    for number in range(40):
        server.state.add_employee(f"EMP-0001-{number}")
    assert carry_one(server, row("EMP-0001")).state == "loaded"


@pytest.mark.parametrize("kind", ["paging_loses", "paging_gains"])
def test_an_employee_whom_shifting_pages_pass_over_is_found(server: MoonServer, kind: Any) -> None:
    server.style = Style(per_page_elsewhere=False)
    for number in range(15):
        server.state.add_employee(f"X-1-{number}")
    server.state.add_employee("X-1")
    server.state.add_employee("X-1-99")
    server.misbehave(kind, path="employees")
    assert carry_one(server, row("X-1")).state == "loaded"


def test_two_employees_with_one_number_are_ambiguous(server: MoonServer) -> None:
    server.state.add_employee("DOUBLE")
    server.state.employee("EMP-0008").number = "DOUBLE"
    verdict = carry_one(server, row("DOUBLE"))
    assert (verdict.state, verdict.code) == ("failed", "moon.employee_ambiguous")
    assert verdict.message == "2 employees have the employee number"


def with_emails(server: MoonServer) -> None:
    for one in server.employees.values():
        one.more["email"] = f"{one.number}@Corp.example"
    server.state._searched = None


def test_a_row_with_an_email_only_is_found_where_emails_are_shown(server: MoonServer) -> None:
    verdict = carry_one(server, row("", learner_email="emp-0001@corp.example"))
    assert (verdict.code, "shows none" in (verdict.message or "")) == ("moon.employee_unknown", True)
    with_emails(server)
    ledger = Ledger()
    with target_of(server) as target:
        assert carry(target, [row("", learner_email="emp-0001@corp.example")], ledger=ledger)[0].state == "loaded"
        verdict = carry(target, [row("", learner_email="emp-000@corp.example")], ledger=ledger)[0]
    assert (verdict.message, verdict.field) == ("no employee has the e-mail", "learner_email")
    assert ledger.known == {("email", "emp-0001@corp.example"): "1001"}


def test_email_and_number_of_different_employees_are_ambiguous(server: MoonServer) -> None:
    with_emails(server)
    rows = [
        row("EMP-0001", learner_email="emp-0001@corp.example"),
        row("EMP-0002", learner_email="emp-0003@corp.example"),
        row("EMP-0004", learner_email="private@home.example"),
    ]
    ledger = Ledger()
    for _ in range(2):
        with target_of(server) as target:
            verdicts = carry(target, rows, ledger=ledger)
        assert [one.code for one in verdicts] == [None, "moon.employee_ambiguous", None]
    assert ("email", "emp-0003@corp.example") in ledger.known


def test_where_no_emails_are_shown_rows_with_both_are_not_searched_by_email(server: MoonServer) -> None:
    rows = [row(f"EMP-000{number}", learner_email=f"{number}@corp.example") for number in range(1, 5)]
    ledger = Ledger()
    for searches in (1, 1):
        server.requests.clear()
        with target_of(server) as target:
            assert all(one.state in ("loaded", "unchanged") for one in carry(target, rows, ledger=ledger))
        assert sum("employees" in one.path for one in server.requests) == searches


def test_sessions_are_known_by_their_exact_id(server: MoonServer) -> None:
    with target_of(server) as target:
        codes = ["0301", "307", "999", "..", ".", "", "301/../302", "301?x=1", "30١"]
        verdicts = carry(target, [row(session=code) for code in codes])
    assert {one.code for one in verdicts} == {"moon.session_unknown"}
    assert server.writes == []


def test_each_session_is_read_once(server: MoonServer) -> None:
    with target_of(server) as target:
        for number in range(1, 5):
            carry(target, [row(f"EMP-000{number}")])
    assert sum("training-sessions" in one.path for one in server.requests) == 1


def test_ids_may_be_texts() -> None:
    with moon_server(state=sample(ids="text")) as server:
        session = next(iter(server.sessions))
        ledger = Ledger()
        with target_of(server) as target:
            assert carry(target, [row(session=session, score=5.0)], ledger=ledger)[0].state == "loaded"
            assert ledger.done[0].target_id is None
            assert target.take_back(ledger.done[0]) is None
        assert held(server, session=session)["status"] == "cancelled"
        assert ledger.known == {("employee", "EMP-0001"): f'"{server.state.employee("EMP-0001").id}"'}
        assert server.double_writes == []


def test_what_differs_is_refused_updated_or_judged_by_on_existing(server: MoonServer) -> None:
    server.state.enroll(1001, 302, status="attended", score=Decimal(80), attendance_confirmed=True)
    better = row(status="completed", score=92.5)
    verdict = carry_one(server, better)
    assert verdict == RowVerdict(
        "rejected", CODE, "status is attended there, completed here; grade is 80 there, 92.5 here", field="status"
    )
    assert carry_one(server, row(status="no_show"), "best").state == "unchanged"
    assert carry_one(server, row(status="attended", score=92.5), "best").state == "unchanged"
    assert server.writes == []
    assert carry_one(server, row(status="attended", feedback="new"), "best").state == "updated"
    assert carry_one(server, better, "best").state == "updated"
    assert carry_one(server, row(status="no_show"), "update").state == "updated"
    assert held(server) == {
        "status": "no_show",
        "attendance_confirmed": False,
        "score": Decimal("92.50"),
        "feedback": "new",
    }


def test_blank_cells_neither_differ_nor_overwrite(server: MoonServer) -> None:
    server.state.enroll(1001, 302, status="enrolled", score=Decimal(80), feedback="x", attendance_confirmed=True)
    assert carry_one(server, row(status="enrolled")).state == "unchanged"


def test_of_several_enrollments_the_one_that_is_not_cancelled_counts_else_the_latest(server: MoonServer) -> None:
    server.state.enroll(1001, 302, status="attended", attendance_confirmed=True)
    server.state.enroll(1001, 302, status="cancelled")
    assert carry_one(server, row()).state == "unchanged"
    for one in server.enrollments.values():
        one.status = "cancelled"
    assert carry_one(server, row(status="attended"), "update") == RowVerdict("updated", target_id="500002")


def test_seats_are_given_in_row_order_and_a_full_session_is_told(server: MoonServer) -> None:
    with target_of(server) as target:
        rows = [row(f"EMP-000{number}", 305) for number in (3, 1, 2)]
        verdicts = carry(target, rows)
    assert [one.code for one in verdicts] == [None, None, "moon.session_full"]
    assert (verdicts[2].message, verdicts[2].field) == ("2 of 2 seats are taken", "session_id")
    assert server.held("EMP-0003", 305)


@pytest.mark.parametrize("style", [Style(full_status=409, full_field=None), Style(messages="vague"), Style()])
def test_a_cancelled_enrollment_needs_a_seat_again(server: MoonServer, style: Style) -> None:
    server.style = style
    server.state.enroll(1001, 303, status="cancelled")
    server.state.enroll(1002, 303)
    assert carry_one(server, row(session=303), "update").code == "moon.session_full"
    assert carry_one(server, row("EMP-0003", 303), "update").code == "moon.session_full"
    server.state.of_session(303)[1].status = "cancelled"
    assert carry_one(server, row(session=303), "update").state == "updated"


def test_a_refusal_is_told_in_the_servers_words_with_our_fields(server: MoonServer) -> None:
    ledger = Ledger()
    with target_of(server) as target:
        verdict = carry(target, [row(score=5000.0)], ledger=ledger)[0]
    assert (verdict.state, verdict.code, verdict.target_id) == ("failed", "moon.refused", "500001")
    message = "HTTP status 422: The selected is invalid. (grade: The selected score is invalid.)"
    assert verdict.message == message
    assert held(server) == BARE
    # What was made stands on record as ours: a retry writes it alone, and undo cancels it.
    with target_of(server) as target:
        assert carry(target, [row(score=50.0)], ledger=ledger) == [RowVerdict("loaded", target_id="500001")]
        assert [one.method for one in server.writes] == ["POST", "PUT"]
        assert target.take_back(ledger.done[0]) is None


def test_a_404_to_a_put_of_what_is_there_is_a_refusal_and_what_was_made_stays_ours(server: MoonServer) -> None:
    server.misbehave("404", method="PUT")
    verdict = carry_one(server, row())
    assert (verdict.code, verdict.target_id) == ("moon.refused", "500001")


def test_an_enrollment_that_no_list_shows_but_that_blocks_is_a_refusal(server: MoonServer) -> None:
    server.style = Style(deleted_blocks=True)
    server.state.enroll(1001, 302, deleted=True)
    verdict = carry_one(server, row())
    assert (verdict.code, verdict.target_id) == ("moon.refused", None)
    assert "already enrolled" in (verdict.message or "")


def test_an_employee_id_that_is_outdated_is_forgotten(server: MoonServer) -> None:
    ledger = Ledger(known={("employee", "EMP-0001"): "77"})
    with target_of(server) as target:
        known = Known(dict(ledger.known))
        target.prepare([row()], known, each)
        found = target.look(row(), None, "reject")
        assert isinstance(found, Write)
        assert verdict_of(target.write(row(), found)).code == "moon.refused"
    assert known.gone == {("employee", "EMP-0001")}


DOUBTS = [
    "500_before",
    "500_after",
    "html",
    "html_after",
    "drop_before",
    "drop_after",
    "late_before",
    "late_after",
    "processed_late",
    "truncated",
    "cut",
    "garbage",
    "oversized",
]


@pytest.mark.parametrize("kind", [*DOUBTS, "429", "429_bare"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_write_in_doubt_is_read_before_it_is_sent_again(server: MoonServer, kind: Any, method: str) -> None:
    server.misbehave(kind, method=method)
    one = row(status="completed", score=70.0)
    verdict = carry_one(server, one, timeout=0.2, pause=0.25)
    assert verdict == RowVerdict("loaded", target_id="500001")
    assert len(server.enrollments) == 1
    assert held(server)["score"] == Decimal(70)
    if kind not in ("processed_late", "429", "429_bare"):
        sent = [write.method for write in server.writes]
        assert sent == ["POST", "PUT"]
        at = [one.method for one in server.requests].index(method)
        assert methods(server)[at + 1] == "GET"


def test_doubt_that_does_not_end_stops_the_run_and_the_next_goes_on(server: MoonServer) -> None:
    ledger = Ledger()
    server.misbehave("500_after", "500_before", "500_before", "500_before", "500_before", "500_before")
    with target_of(server, tries=1) as target, pytest.raises(NotAnswered):
        carry(target, [row()], ledger=ledger)
    server.requests.clear()
    server._to_come.clear()
    server.misbehave("500_after", method="POST")
    server.misbehave("500_before", "500_before", "500_before", "500_before", method="GET", path="enrollments")
    with target_of(server, tries=2) as target, pytest.raises(NotAnswered):
        carry(target, [row()], ledger=ledger)
    server._to_come.clear()
    with target_of(server) as target:
        assert carry(target, [row()], ledger=ledger)[0].state == "loaded"
    assert [write.creates for write in ledger.done] == [True]
    assert [write.method for write in server.writes] == ["POST", "PUT"]


def test_what_was_begun_and_never_confirmed_is_recognised(server: MoonServer) -> None:
    one = row(status="completed", score=70.0)
    begun = look_at(server, one)
    assert isinstance(begun, Write)
    # The POST arrived, then the run died.
    enrolled = server.state.enroll(1001, 302)
    planned = look_at(server, one, begun)
    assert isinstance(planned, Write)
    assert (planned.creates, planned.target_id) == (True, str(enrolled.id))
    # The PUT arrived as well.
    enrolled.status, enrolled.score, enrolled.attendance_confirmed = "completed", Decimal(70), True
    assert look_at(server, one, begun) == RowVerdict("loaded", target_id=str(enrolled.id))
    # Meanwhile somebody else entered something.
    enrolled.feedback, enrolled.score = "theirs", Decimal(60)
    verdict = look_at(server, one, begun)
    assert isinstance(verdict, RowVerdict)
    assert verdict.code == CODE


def test_an_update_that_was_begun_hands_on_what_was_there_before(server: MoonServer) -> None:
    enrolled = server.state.enroll(1001, 302, status="attended", score=Decimal(10), attendance_confirmed=True)
    one = row(status="completed", score=70.0)
    begun = look_at(server, one, on_existing="update")
    assert isinstance(begun, Write)
    assert begun.former == {"status": "attended", "attendance_confirmed": "true", "score": "10"}
    enrolled.status, enrolled.score = "completed", Decimal(70)
    assert look_at(server, one, begun, "update") == RowVerdict("updated", target_id=str(enrolled.id))
    other = look_at(server, row(status="completed", score=71.0), begun, "update")
    assert isinstance(other, Write)
    assert other.former == begun.former


@pytest.mark.parametrize("style", [Style(), Style(duplicate_status=409, duplicate_field=None)])
@pytest.mark.parametrize("status", ["enrolled", "attended"])
def test_who_is_enrolled_by_somebody_else_meanwhile_is_treated_as_existing(
    server: MoonServer, style: Style, status: Any
) -> None:
    server.style = style
    with target_of(server) as target:
        target.prepare([row()], Known(), each)
        planned = target.look(row(), None, "reject")
        assert isinstance(planned, Write)
        server.state.enroll(1001, 302, status=status, attendance_confirmed=status == "attended")
        assert target.write(row(), planned) is None
        verdict = target.look(row(), None, "reject")
    assert isinstance(verdict, RowVerdict)
    assert verdict.state == ("unchanged" if status == "attended" else "rejected")
    assert (verdict.code, server.writes) == (None if status == "attended" else CODE, [])


@pytest.mark.parametrize("posts", [1, 2])
def test_what_somebody_else_wrote_while_ours_was_in_doubt_is_not_taken_for_ours(server: MoonServer, posts: int) -> None:
    """Our POST gets lost; before it is looked for (or sent again), somebody else enrolls the same and writes more."""
    server.misbehave("drop_before", method="POST")
    server.pause = 0.05

    def interfere() -> None:
        while methods(server).count("POST") < posts:
            threading.Event().wait(0.002)
        server.state.enroll(1001, 302, status="no_show", feedback="theirs")

    other = threading.Thread(target=interfere)
    other.start()
    verdict = carry_one(server, row(status="completed"), pause=0.1)
    other.join()
    assert (verdict.state, verdict.code, server.writes) == ("rejected", CODE, [])
    assert held(server)["feedback"] == "theirs"


def test_an_enrollment_deleted_under_our_hands_is_gone(server: MoonServer) -> None:
    enrolled = server.state.enroll(1001, 302)
    with target_of(server) as target:
        target.prepare([row()], Known(), each)
        planned = target.look(row(), None, "update")
        assert isinstance(planned, Write)
        enrolled.deleted = True
        assert verdict_of(target.write(row(), planned)).code == "moon.gone"
        assert target.take_back(planned) is not None


def test_what_was_updated_is_put_back_and_what_was_made_is_cancelled(server: MoonServer) -> None:
    server.state.enroll(1001, 302, status="attended", feedback="old", attendance_confirmed=True)
    server.state.enroll(1002, 302, status="enrolled")
    before = held(server), held(server, "EMP-0002")
    ledger = Ledger()
    rows = [
        row(status="completed", score=90.0, feedback="new"),
        row("EMP-0002", status="no_show", score=1.0),
        row("EMP-0003", status="completed", score=3.0),
    ]
    with target_of(server) as target:
        verdicts = carry(target, rows, "update", ledger)
        assert [one.state for one in verdicts] == ["updated", "updated", "loaded"]
        for _ in range(2):
            assert [target.take_back(one) for one in ledger.done] == [None, None, None]
    assert (held(server), held(server, "EMP-0002")) == before
    assert held(server, "EMP-0003")["status"] == "cancelled"
    assert len(server.writes) == 4 + 3


def test_what_was_changed_since_stays_and_is_told(server: MoonServer) -> None:
    server.state.enroll(1001, 302, status="attended", attendance_confirmed=True)
    ledger = Ledger()
    with target_of(server) as target:
        carry(target, [row(status="completed", score=90.0), row("EMP-0002")], "update", ledger)
        for number in ("EMP-0001", "EMP-0002"):
            enrollment = server.held(number, 302)
            assert enrollment
            enrollment.status = "no_show"
        reasons = [target.take_back(one) for one in ledger.done]
        assert reasons[0] == "It was changed since: status is no_show there, completed here."
        assert reasons[1] == "It was changed since: status is no_show there, attended here."
        for one in server.enrollments.values():
            one.deleted = True
        assert [target.take_back(one) for one in ledger.done] == ["The enrollment is not there any more.", None]


def test_what_moon_erp_does_not_take_back_is_told(server: MoonServer) -> None:
    server.style = Style(final=frozenset({"completed"}))
    ledger = Ledger()
    with target_of(server) as target:
        carry(target, [row(status="completed")], ledger=ledger)
        reason = target.take_back(ledger.done[0])
    assert reason is not None
    assert "refuses it" in reason
    assert "status: The status can no longer change." in reason


@pytest.mark.parametrize("kind", DOUBTS)
def test_putting_back_in_doubt_is_read_before_it_is_sent_again(server: MoonServer, kind: Any) -> None:
    ledger = Ledger()
    with target_of(server, timeout=0.2, pause=0.25) as target:
        carry(target, [row()], ledger=ledger)
        server.misbehave(kind, method="PUT")
        assert target.take_back(ledger.done[0]) is None
    assert held(server)["status"] == "cancelled"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("kind", ["401", "403"])
def test_a_refused_token_stops_the_run_and_fails_no_row(server: MoonServer, method: str, kind: Any) -> None:
    server.misbehave(kind, method=method)
    ledger = Ledger()
    with target_of(server) as target, pytest.raises(Stopped, match="ROLLBOOK_MOON_TOKEN") as caught:
        carry(target, [row()], ledger=ledger)
    assert not isinstance(caught.value, Unavailable)
    with target_of(server) as target:
        assert carry(target, [row()], ledger=ledger)[0].state == "loaded"


def test_a_wrong_address_is_not_taken_for_unknown_sessions_and_employees(server: MoonServer) -> None:
    server.url += "/v9"
    known = Ledger(known={("employee", "EMP-0001"): "1001"})
    for ledger in (Ledger(), known):
        with target_of(server) as target, pytest.raises(Stopped, match="ROLLBOOK_MOON_URL"):
            carry(target, [row()], ledger=ledger)


def test_a_list_that_is_refused_stops_the_run(server: MoonServer) -> None:
    server.style = Style(messages="vague", session_enrollments="participants")
    server.misbehave("422", path="enrollments")
    with target_of(server) as target, pytest.raises(Stopped, match="does not show its enrollments"):
        carry(target, [row()])


def side_by_side(pool: ThreadPoolExecutor, do: Callable[[Any], None], items: Iterable[Any]) -> None:
    for _ in pool.map(do, items):
        pass


def test_no_more_requests_at_once_than_the_setting_says_and_many_threads_agree() -> None:
    with moon_server(state=sample(60), pause=0.002) as server, target_of(server, at_once=6) as target:
        rows = [row(f"EMP-{number:04}", 302, "completed", score=float(number)) for number in range(1, 61)]
        with ThreadPoolExecutor(12) as pool:
            target.prepare(rows, Known(), partial(side_by_side, pool))
            plans = [target.look(one, None, "reject") for one in rows]
            verdicts = list(pool.map(target.write, rows, [one for one in plans if isinstance(one, Write)]))
        assert {verdict_of(one).state for one in verdicts} == {"loaded"}
        assert 1 < server.in_flight_most <= 6
        assert [server.held(one.learner_employee_id, 302).score for one in rows] == [one.score for one in rows]  # type: ignore[union-attr]
        assert len(server.requests) == 1 + 1 + 2 * 60
        assert server.double_writes == []


def test_the_token_and_foreign_text_are_in_no_message(server: MoonServer) -> None:
    server.state.enroll(1001, 302, feedback=f"{server.token} " + "x" * 5000)
    verdict = carry_one(server, row(feedback="y" * 5000))
    assert verdict.message is not None
    assert server.token not in verdict.message
    assert server.token.partition("|")[2] not in verdict.message
    assert len(verdict.message) <= 300


def test_missing_terms_are_told_before_anything_is_sent(server: MoonServer) -> None:
    for settings, token in (
        (MoonSettings(), "t"),
        (MoonSettings(url="http://moon.example/api"), "t"),
        (settings_for(server), " "),
        (settings_for(server), "a\nb"),
    ):
        with pytest.raises(CannotBegin):
            moon_target(settings, token)
    assert server.requests == []
    assert threading.active_count() < 50
