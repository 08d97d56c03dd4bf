"""Rows without a date of enrollment: sent with their session's, or refused before anything is sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.smarteru_desk import SmarterUDesk, mail, row, smarteru_desk

DATELESS = (row(mail(1), on=""), row(mail(2), "S4", "Completed", "80", on=""), row(mail(3), "S6", on=""))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmarterUDesk]:
    """A desk that knows nothing of SmarterU's sessions."""
    with smarteru_desk(tmp_path, f"sqlite:///{tmp_path / 'rollbook.db'}", monkeypatch) as there:
        yield there


def methods(desk: SmarterUDesk) -> list[str]:
    return [request.method for request in desk.server.requests]


def days(desk: SmarterUDesk) -> set[str]:
    return {f"{held.enrolled_on:%Y-%m-%d}" for held in desk.server.enrollments.values() if held.enrolled_on}


def test_an_import_asks_for_the_days_of_sessions_a_call_for_each_course(desk: SmarterUDesk) -> None:
    assert desk.send(*DATELESS).exit == 0
    assert methods(desk) == ["listSessions"] * 2 + ["enrollSessionHistory"]
    assert days(desk) == {"2023-05-04"}
    assert desk.send(*DATELESS, row(mail(5), on="")).exit == 0
    assert methods(desk)[3:] == ["enrollSessionHistory"]


def test_the_sheets_date_goes_first_and_asks_nothing(desk: SmarterUDesk) -> None:
    assert desk.send(row(mail(1), on="2021-02-03")).exit == 0
    assert (methods(desk), days(desk)) == (["enrollSessionHistory"], {"2021-02-03"})


def test_after_a_sync_a_check_and_an_import_ask_nothing(desk: SmarterUDesk) -> None:
    desk.do("reference sync smarteru")
    desk.server.requests.clear()
    assert desk.do("check", desk.rows(*DATELESS), "--to", "smarteru").told["failures"] == {}
    assert desk.send(*DATELESS).exit == 0
    assert (methods(desk), days(desk)) == (["enrollSessionHistory"], {"2023-05-04"})


@pytest.mark.parametrize("command", ["check", "import"])
def test_a_session_without_a_date_is_told_before_anything_is_sent(desk: SmarterUDesk, command: str) -> None:
    """Known or not, and whoever sends."""
    desk.server.sessions["S1"].starts = None
    if command == "import":
        desk.do("reference sync smarteru")
        desk.server.requests.clear()
    for to in ("smarteru", "smarteru-xml"):
        answer = desk.do(command, desk.rows(row(mail(1), on="")), "--to", to)
        assert (answer.exit, answer.told["failures"]) == (1, {"date.missing": 1})
    assert "enrollSessionHistory" not in methods(desk)


def test_a_session_that_smarteru_does_not_tell_of_is_refused(desk: SmarterUDesk) -> None:
    answer = desk.send(row(mail(1), "S99", on=""), row(mail(1), "S6", course="C99", on=""), row(mail(2)))
    assert (answer.exit, answer.told["failures"]) == (1, {"date.missing": 2})
    assert desk.states() == {(mail(2), "S1"): ("loaded", None)}


def test_no_answer_stops_the_run_and_a_resume_asks_again(desk: SmarterUDesk) -> None:
    desk.server.misbehave("html", "html", "html", method="listSessions")
    stopped = desk.send(*DATELESS)
    assert (stopped.exit, "SmarterU gave no answer" in stopped.errors) == (3, True)
    assert desk.do("resume").exit == 0
    assert len(desk.taken()) == 3
