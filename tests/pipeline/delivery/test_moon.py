"""To Moon ERP: what becomes of each row, what it holds afterwards, and how that is undone."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from destinations.moon.target import MoonTarget
from destinations.row_target import RowVerdict
from ledger.remote.outbox import Delivery
from ledger.remote.writes import Write
from tests.pipeline import app
from tests.pipeline.rest_desk import MoonDesk, moon_desk, moon_row
from tests.pipeline.smarteru_desk import lines_of
from tests.servers.moon import Style


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MoonDesk]:
    """A desk with a Moon ERP."""
    with moon_desk(tmp_path, f"sqlite:///{tmp_path / 'test.db'}", monkeypatch) as made:
        yield made


def _requests(desk: MoonDesk, method: str) -> int:
    return sum(one.method == method for one in desk.server.requests)


def test_enrollments_are_made_and_told(desk: MoonDesk) -> None:
    """Each is made, then given its status; blanks are left alone."""
    answer = desk.send(
        moon_row(1, 302, "Completed", "92.5", feedback="Sehr gut: سارة"),
        moon_row(2, 302, "No show"),
        moon_row("00417", 302, "Attended"),
        moon_row("417", 302, "Enrolled"),
    )
    assert (answer.exit, answer.told["rows"]["loaded"]) == (0, 4), answer
    held = {number: desk.held(number, 302) for number in ("EMP-0001", "EMP-0002", "00417", "417")}
    told = {
        number: (one.status, one.attendance_confirmed, one.score, one.feedback) for number, one in held.items() if one
    }
    assert told == {
        "EMP-0001": ("completed", True, Decimal("92.50"), "Sehr gut: سارة"),
        "EMP-0002": ("no_show", False, None, None),
        "00417": ("attended", True, None, None),
        "417": ("enrolled", False, None, None),
    }
    assert desk.server.double_writes == []


def test_the_same_sheet_again_only_reads(desk: MoonDesk) -> None:
    rows = (moon_row(1, 302, "Completed", "92.5"), moon_row(2), moon_row(3, 301, "Cancelled"))
    assert desk.send(*rows).exit == 0
    desk.server.requests.clear()
    again = desk.send(*rows)
    assert (again.exit, again.told["rows"]["unchanged"]) == (0, 3), again
    assert {one.method for one in desk.server.requests} == {"GET"}


@pytest.mark.parametrize(
    ("policy", "outcome", "status"),
    [("reject", "rejected", "completed"), ("update", "updated", "attended"), ("best", "unchanged", "completed")],
)
def test_what_exists_and_differs_is_a_matter_of_the_policy(
    desk: MoonDesk, policy: str, outcome: str, status: str
) -> None:
    state = desk.server.state
    state.enroll(state.employee("EMP-0001").id, 302, status="completed", attendance_confirmed=True)
    answer = desk.send(moon_row(1, 302, "Attended"), options=("--on-existing", policy))
    assert answer.told["rows"][outcome] == 1, answer
    held = desk.held("EMP-0001", 302)
    assert held is not None
    assert held.status == status
    if policy == "reject":
        assert answer.told["failures"] == {"enrollment.exists": 1}
        assert _requests(desk, "PUT") == 0
        (told,) = desk.do("failures").told["failures"]
        assert (told["header"], told["value"]) == ("Status", "attended")


def test_unknown_employees_and_sessions_fail_at_their_cells(desk: MoonDesk) -> None:
    answer = desk.send(moon_row("EMP-0000"), moon_row(1, 999), moon_row("GONE-1"), moon_row(2))
    assert answer.told["rows"] | {"loaded": 1, "failed": 3} == answer.told["rows"], answer
    assert answer.told["failures"] == {"moon.employee_unknown": 2, "moon.session_unknown": 1}
    told = desk.do("failures").told["failures"]
    assert {(one["header"], one["value"]) for one in told} == {
        ("Employee ID", "EMP-0000"),
        ("Employee ID", "GONE-1"),
        ("Session ID", "999"),
    }
    assert Path(answer.told["reports"]["failed_rows"]).exists()


def test_the_last_seats_go_in_file_order(desk: MoonDesk) -> None:
    """Session 305 has two; who was cancelled holds none."""
    state = desk.server.state
    state.enroll(state.employee("EMP-0008").id, 305, status="cancelled")
    answer = desk.send(*(moon_row(number, 305) for number in (5, 3, 7, 1)))
    assert desk.outcomes() == {
        ("EMP-0005", "305"): ("loaded", None),
        ("EMP-0003", "305"): ("loaded", None),
        ("EMP-0007", "305"): ("failed", "moon.session_full"),
        ("EMP-0001", "305"): ("failed", "moon.session_full"),
    }, answer


def test_what_moon_holds_or_says_stands_on_one_line_in_every_report(desk: MoonDesk) -> None:
    """Nothing of it commands a terminal or breaks a line."""
    state = desk.server.state
    hostile = "a\r\nb\x1b[2J\u2028c\u202ed"
    state.enroll(state.employee("EMP-0001").id, 302, status="attended", attendance_confirmed=True, feedback=hostile)
    answer = desk.send(moon_row(1, 302, feedback="Good"))
    (line,) = lines_of(Path(answer.told["reports"]["rows"]))
    assert line["message"] == "feedback is a b [2J c d there, Good here"
    (told,) = desk.do("failures").told["failures"]
    assert told["message"].endswith("feedback is a b [2J c d there, Good here")


def test_what_moon_cannot_keep_is_counted_and_listed(desk: MoonDesk) -> None:
    answer = desk.send(
        moon_row(1, 302, "Completed", "A", on="2023-05-01", done="2023-05-04"),
        moon_row(2, on="2023-05-01"),
        moon_row(3),
        moon_row("EMP-0000", on="2023-05-01"),
    )
    assert answer.told["not_kept"] == {"enrolled_on": 2, "completed_on": 1, "grade": 1}
    lines = lines_of(Path(answer.told["reports"]["rows"]))
    assert [(line["row"], line["learner"], line["outcome"], line["message"]) for line in lines] == [
        ("2", "EMP-0001", "loaded", "not kept: enrolled_on, completed_on, grade"),
        ("3", "EMP-0002", "loaded", "not kept: enrolled_on"),
        ("4", "EMP-0003", "loaded", ""),
        ("5", "EMP-0000", "failed", "no employee has the employee number"),
    ]
    again = desk.send(moon_row(2, on="2023-05-01"))
    assert (again.told["rows"]["unchanged"], again.told["not_kept"]) == (1, {}), again


def test_a_refused_token_stops_the_run_and_resume_goes_on(desk: MoonDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLBOOK_MOON_TOKEN", "7|wrong-token-that-nobody-knows")
    answer = desk.send(moon_row(1), moon_row(2))
    assert (answer.exit, answer.told["rows"]["pending"], answer.told["state"]) == (3, 2, "stopped"), answer
    assert "ROLLBOOK_MOON_TOKEN" in desk.type("show", "last").out
    monkeypatch.setenv("ROLLBOOK_MOON_TOKEN", desk.server.token)
    resumed = desk.do("resume", "last")
    assert (resumed.exit, resumed.told["rows"]["loaded"]) == (0, 2), resumed


def test_without_a_token_or_an_address_nothing_begins(desk: MoonDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROLLBOOK_MOON_TOKEN")
    told = desk.type("import", desk.rows(moon_row(1)), "--to", "moon")
    assert (told.exit, "ROLLBOOK_MOON_TOKEN" in told.errors) == (2, True)
    monkeypatch.delenv("ROLLBOOK_MOON_URL")
    told = desk.type("import", desk.rows(moon_row(1)), "--to", "moon")
    assert (told.exit, "ROLLBOOK_MOON_URL" in told.errors) == (2, True)


def test_a_put_that_is_refused_leaves_ours_on_record(desk: MoonDesk) -> None:
    """The row failed with what the PUT said; `retry` sends the PUT alone, and it is loaded by us, not found there."""
    desk.server.misbehave("422", method="PUT")
    answer = desk.send(moon_row(1, 302, "Completed"))
    assert answer.told["failures"] == {"moon.refused": 1}, answer
    assert desk.do("failures").told["failures"][0]["header"] == "Status"
    (write,) = desk.writes()
    assert (write["state"], write["creates"]) == ("begun", True)
    assert write["target_id"] is not None
    desk.server.requests.clear()
    again = desk.do("retry", "last")
    assert (again.exit, again.told["rows"]["loaded"]) == (0, 1), again
    assert (_requests(desk, "POST"), _requests(desk, "PUT")) == (0, 1)
    held = desk.held("EMP-0001", 302)
    assert held is not None
    assert held.status == "completed"
    assert sorted(one["state"] for one in desk.writes()) == ["done", "handed_on"]


def test_such_a_one_is_cancelled_by_undo(desk: MoonDesk) -> None:
    desk.server.misbehave("422", method="PUT")
    assert desk.send(moon_row(1, 302, "Completed")).exit == 1
    undone = desk.do("undo", "last")
    assert (undone.exit, undone.told["deleted"]) == (0, 1), undone
    held = desk.held("EMP-0001", 302)
    assert held is not None
    assert held.status == "cancelled"


def test_such_a_one_stays_the_first_runs_while_later_ones_are_refused_too(desk: MoonDesk) -> None:
    """Neither the sheet again nor a retry changes anything there: `undo` of the first run cancels what it made."""
    desk.server.misbehave("422", "422", "422", method="PUT")
    first = desk.send(moon_row(1, 302, "Completed"))
    again = desk.send(moon_row(1, 302, "Completed"))
    retried = desk.do("retry", first.told["run"])
    assert [one.told["failures"] for one in (first, again, retried)] == [{"moon.refused": 1}] * 3
    assert [one["run_id"] for one in desk.writes()] == [first.told["run"]]
    later = desk.do("undo", again.told["run"])
    assert (later.exit, "there is nothing to undo" in later.errors) == (2, True), later
    undone = desk.do("undo", first.told["run"])
    assert (undone.exit, undone.told["deleted"], undone.told["left"]) == (0, 1, []), undone
    held = desk.held("EMP-0001", 302)
    assert held is not None
    assert held.status == "cancelled"


def test_undo_cancels_what_was_made_and_puts_back_what_was_changed(desk: MoonDesk) -> None:
    state = desk.server.state
    before = state.enroll(state.employee("EMP-0002").id, 302, feedback="before", score=Decimal("50.00"))
    answer = desk.send(
        moon_row(1, 302, "Completed", "80"),
        moon_row(2, 302, "Attended", "70", feedback="after"),
        moon_row(3, 302, "Attended"),
        options=("--on-existing", "update"),
    )
    assert (answer.told["rows"]["loaded"], answer.told["rows"]["updated"]) == (2, 1), answer
    third = desk.held("EMP-0003", 302)
    assert third is not None
    third.status = "completed"  # somebody did this since
    undone = desk.do("undo", "last")
    assert (undone.exit, undone.told["deleted"], undone.told["restored"]) == (1, 1, 1), undone
    (left,) = undone.told["left"]
    assert (left["learner"], left["session_code"], bool(left["reason"])) == ("EMP-0003", "302", True)
    assert (before.status, before.score, before.feedback) == ("enrolled", Decimal("50.00"), "before")
    first = desk.held("EMP-0001", 302)
    assert first is not None
    assert first.status == "cancelled"
    assert desk.do("show", "last").told["state"] == "undone"


def test_what_a_later_run_changed_is_left_until_that_is_undone(desk: MoonDesk) -> None:
    first = desk.send(moon_row(1, 302, "Attended")).told["run"]
    later = desk.send(moon_row(1, 302, "Completed"), options=("--on-existing", "update")).told["run"]
    undone = desk.do("undo", first)
    assert (undone.exit, undone.told["left"][0]["changed_by_run"]) == (1, later), undone
    assert desk.do("undo", later).exit == 0
    held = desk.held("EMP-0001", 302)
    assert held is not None
    assert held.status == "attended"


def test_requests_run_side_by_side_and_429_slows_them(desk: MoonDesk) -> None:
    desk.server.pause = 0.02
    desk.server.misbehave("429", "429_bare", "429", method="POST")
    answer = desk.send(*(moon_row(number) for number in range(1, 9)))
    assert (answer.exit, answer.told["rows"]["loaded"]) == (0, 8), answer
    assert 2 <= desk.server.in_flight_most <= 8
    assert desk.server.double_writes == []


def test_rows_that_mean_the_same_by_number_and_by_mail_are_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sheet does not tell that they are one; Moon ERP does."""
    with moon_desk(tmp_path, f"sqlite:///{tmp_path / 'test.db'}", monkeypatch, style=Style()) as desk:
        desk.server.state.add_employee("X-1", email="sara@example.com")
        answer = desk.send(moon_row("X-1"), moon_row("", mail="Sara@example.com"))
        assert (answer.exit, answer.told["rows"]["loaded"], answer.told["rows"]["unchanged"]) == (0, 1, 1), answer
        assert len(desk.server.writes_of("X-1", 302)) == 2


def test_check_foresees_by_what_was_synced(desk: MoonDesk) -> None:
    state = desk.server.state
    state.enroll(state.employee("EMP-0001").id, 302, status="attended", attendance_confirmed=True)
    state.enroll(state.employee("EMP-0002").id, 302, status="completed", attendance_confirmed=True)
    synced = desk.do("reference sync", "moon")
    assert synced.exit == 0, synced
    rows = desk.rows(moon_row(1), moon_row(2), moon_row("EMP-0000"), moon_row(3, 999), moon_row(4))
    told = desk.do("check", rows, "--to", "moon").told
    counts = {name: told["rows"][name] for name in ("unchanged", "rejected", "loaded")}
    assert counts == {"unchanged": 1, "rejected": 3, "loaded": 1}, told
    assert told["failures"] == {"enrollment.exists": 1, "learner.unknown": 1, "session.unknown": 1}
    assert {one.method for one in desk.server.requests} == {"GET"}


def test_a_word_of_the_profile_empties_a_score_or_a_feedback(desk: MoonDesk) -> None:
    """A blank cell leaves what is there; the word is compared like any other content, and `undo` puts it back."""
    words = '[values.grade]\n"(none)" = ""\n[values.feedback]\n"(none)" = ""\n'
    profile = ("--profile", str(desk.text("profile.toml", words)), "--on-existing", "update")
    held = {
        number: desk.server.state.enroll(
            desk.server.state.employee(f"EMP-{number:04}").id,
            302,
            status="completed",
            attendance_confirmed=True,
            score=Decimal("80.00"),
            feedback="Good",
        )
        for number in (1, 2, 3)
    }
    rows = (
        moon_row(1, 302, "Completed", "(none)", feedback="(none)"),
        moon_row(2, 302, "Completed", "", feedback=""),
        moon_row(3, 302, "Completed", "80", feedback="(None)"),
        moon_row(4, 302, "Completed", "(none)", feedback="(none)"),
    )
    answer = desk.send(*rows, options=profile)
    counts = {name: answer.told["rows"][name] for name in ("loaded", "updated", "unchanged")}
    assert counts == {"loaded": 1, "updated": 2, "unchanged": 1}, answer
    assert answer.told["not_kept"] == {}
    assert [(one.score, one.feedback) for one in held.values()] == [
        (None, None),
        (Decimal("80.00"), "Good"),
        (Decimal("80.00"), None),
    ]
    again = desk.send(*rows, options=profile)
    assert again.told["rows"]["unchanged"] == 4, again
    assert desk.do("undo", answer.told["run"]).told["restored"] == 2
    assert {(one.score, one.feedback) for one in held.values()} == {(Decimal("80.00"), "Good")}
    refused = desk.send(rows[0], options=profile[:2])
    assert refused.told["failures"] == {"enrollment.exists": 1}, refused


def test_every_database_tells_what_is_emptied_from_what_is_blank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared_url: str
) -> None:
    with moon_desk(tmp_path, prepared_url, monkeypatch) as desk:
        state = desk.server.state
        held = [
            state.enroll(state.employee(f"EMP-000{number}").id, 302, status="completed", feedback="Good")
            for number in (1, 2)
        ]
        profile = desk.text("profile.toml", '[values.feedback]\n"(none)" = ""\n')
        rows = (moon_row(1, 302, "Completed", feedback="(none)"), moon_row(2, 302, "Completed"))
        answer = desk.send(*rows, options=("--profile", str(profile), "--on-existing", "update"))
        assert answer.told["rows"]["updated"] == 2, answer
        assert [one.feedback for one in held] == [None, "Good"]


def test_two_processes_write_one_after_the_other(desk: MoonDesk) -> None:
    """Both read before they write, so the second finds what the first has made."""
    desk.server.pause = 0.01
    rows = [moon_row(number, 302, "Completed", "80") for number in range(1, 7)]
    sheets = [desk.rows(*rows, name=name) for name in ("one.csv", "two.csv")]
    desk.do("runs")  # the database is there before both begin
    processes = [app.fork(*desk._words("import", (sheet, "--to", "moon"))) for sheet in sheets]
    ends = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert [code for _, _, code in ends] == [0, 0], ends
    counts = Counter[str]()
    for out, _, _ in ends:
        counts.update({name: json.loads(out)["rows"][name] for name in ("loaded", "unchanged")})
    assert counts == {"loaded": 6, "unchanged": 6}
    assert len(desk.server.enrollments) == 6
    assert desk.server.double_writes == []


def test_what_somebody_entered_meanwhile_is_not_ours(desk: MoonDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and writing: the same is unchanged, and `undo` does not touch it."""
    state, write = desk.server.state, MoonTarget.write

    def interrupted(self: MoonTarget, row: Delivery, due: Write) -> RowVerdict | None:
        state.enroll(state.employee("EMP-0001").id, 302, status="attended", attendance_confirmed=True)
        return write(self, row, due)

    with monkeypatch.context() as patched:
        patched.setattr(MoonTarget, "write", interrupted)
        answer = desk.send(moon_row(1))
    assert (answer.exit, answer.told["rows"]["unchanged"], desk.writes()) == (0, 1, []), answer
    undone = desk.do("undo", "last")
    assert (undone.exit, "there is nothing to undo" in undone.errors) == (2, True), undone
    held = desk.held("EMP-0001", 302)
    assert held is not None
    assert held.status == "attended"


def test_a_check_says_how_many_cases_the_import_closes(desk: MoonDesk) -> None:
    """Of its own rows, and of the same enrollments in other files."""
    first = desk.send(moon_row(1, 302, "perhaps"), moon_row(2, 301, "perhaps"), moon_row(3, 301, "perhaps"))
    assert first.told["cases"]["new"] == 3
    desk.send(moon_row(1, 302, "maybe"))
    attended = [moon_row(1, 302, "Attended"), moon_row(2, 301, "Attended"), moon_row(3, 302, "Attended")]
    again = desk.rows(*attended, moon_row(3, 302, "so so"), moon_row(4, 302, "so so"))
    checked = desk.do("check", again, "--to", "moon")
    assert checked.told["cases"] == {"new": 2, "known": 0, "closed": 4}
    assert desk.do("import", again, "--to", "moon").told["cases"] == checked.told["cases"]
    assert desk.do("check", again, "--to", "moon").told["cases"]["closed"] == 0
