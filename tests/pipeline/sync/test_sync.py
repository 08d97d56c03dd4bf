"""`rollbook reference sync smarteru`: what SmarterU knows is read once, page by page, and foreseen from then on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import select

from cli.commands.reference import REFERENCE_KINDS
from ledger.database import open_database
from ledger.reference.load import load_references
from ledger.tables import held_enrollments, rollbook_syncs
from tests.pipeline import app
from tests.pipeline.killing import at_statements, killed, points_of
from tests.pipeline.smarteru_desk import SmarterUDesk, mail, row, smarteru_desk
from tests.servers.smarteru import State, Style

SYNC = ("reference sync", "smarteru")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmarterUDesk]:
    """A SmarterU in which somebody is enrolled already."""
    with smarteru_desk(tmp_path, f"sqlite:///{tmp_path / 'test.db'}", monkeypatch) as made:
        made.settings(page_size=4)
        _enroll(made, 1, "S4", "Completed", "92.50")
        _enroll(made, 2, "S4", "Attended")
        _enroll(made, 3, "S4", "NotAttended")
        yield made


def _enroll(desk: SmarterUDesk, number: int, session: str, status: str, grade: str | None = None) -> None:
    user = desk.server.state.user(email=mail(number))
    assert user
    when = datetime(2023, 5, 4)  # noqa: DTZ001  SmarterU writes dates without a zone
    desk.server.state.enroll(user, session, "G1", status, grade, when)


def _asked(desk: SmarterUDesk) -> Counter[str]:
    return Counter(request.method for request in desk.server.requests)


def _known(url: str) -> dict[str, Any]:
    """The reference data as the rules see them, what is held, and how far a sync came that is not done."""
    engine = open_database(url, create=True)
    with engine.connect() as connection:
        references = load_references(connection)
        held = held_enrollments.c
        columns = (held.session_id, held.learner_email, held.learner_employee_id, held.status, held.grade)
        found: dict[str, Any] = {kind: _lines(references.frame(kind)) for kind in REFERENCE_KINDS}
        found["held"] = sorted(map(tuple, connection.execute(select(*columns, held.enrolled_on))))
        found["syncs"] = sorted(connection.execute(select(rollbook_syncs.c.step, rollbook_syncs.c.page)).tuples())
    engine.dispose()
    return found


def _lines(frame: Any) -> list[tuple[str, ...]] | None:
    return None if frame is None else sorted(tuple(map(str, line)) for line in frame.itertuples(index=False))


def test_all_that_smarteru_knows_is_read(desk: SmarterUDesk) -> None:
    synced = desk.do(*SYNC)
    assert (synced.exit, synced.errors) == (0, "")
    kinds = synced.told["kinds"]
    assert {kind: kinds[kind]["added"] for kind in kinds} == {
        "learners": 11,
        "groups": 2,
        "courses": 2,
        "group-courses": 2,
        "memberships": 15,
        "sessions": 6,
    }
    assert (synced.told["system"], synced.told["enrollments"], synced.told["exit"]) == ("smarteru", 3, 0)
    known = _known(desk.url)
    day = datetime(2023, 5, 4).date()  # noqa: DTZ001
    assert known["held"] == [
        ("S4", mail(1), "E1", "completed", "92.5", day),
        ("S4", mail(2), "E2", "attended", None, day),
        ("S4", mail(3), "E3", "no_show", None, day),
    ]
    assert ("o'brien+7@example.com", "7", "Pat O'Brien") in known["learners"]
    assert ("G2", "Labs <North>", "C2") in known["group-courses"]
    assert known["syncs"] == []
    # 11 users are 3 pages of 4; the report, which does not tell how long it is, is read to the empty page.
    assert _asked(desk) == {
        "listUsers": 3 + 1 + 4,
        "listGroups": 2,
        "getGroupLearningModules": 2,
        "listSessions": 2,
        "getLearnerReport": 6,
    }
    assert desk.server.in_flight_most == 1


def test_the_second_sync_changes_nothing(desk: SmarterUDesk) -> None:
    desk.do(*SYNC)
    before = _known(desk.url)
    again = desk.do(*SYNC)
    assert again.exit == 0
    told = {kind: (counts["added"], counts["changed"]) for kind, counts in again.told["kinds"].items()}
    assert told == dict.fromkeys(told, (0, 0))
    assert len(told) == 6
    assert again.told["enrollments"] == 3
    assert _known(desk.url) == before


def test_what_changed_in_smarteru_is_changed_here(desk: SmarterUDesk) -> None:
    desk.do(*SYNC)
    _enroll(desk, 2, "S4", "Completed", "80")
    desk.server.state.add_user("new@example.com", "E99", "G1")
    again = desk.do(*SYNC)
    assert again.told["kinds"]["learners"]["added"] == 1
    assert [line[3:5] for line in _known(desk.url)["held"]] == [
        ("completed", "92.5"),
        ("completed", "80"),
        ("no_show", None),
    ]


def test_people_are_told_each_kind(desk: SmarterUDesk) -> None:
    printed = desk.type(*SYNC)
    assert printed.exit == 0
    assert "learners: 11 added, 0 changed, 0 unchanged." in printed.out
    assert "smarteru holds 3 enrollments already." in printed.out


@pytest.mark.parametrize("filtering", ["taken", "ignored", "refused"])
def test_memberships_are_read_by_group_else_by_user(
    desk: SmarterUDesk, filtering: Literal["taken", "ignored", "refused"]
) -> None:
    """To the same end: a filter that shows somebody in a group that nobody has is not trusted."""
    desk.server.style = replace(desk.server.style, group_filter=filtering)
    assert desk.do(*SYNC).exit == 0
    asked = _asked(desk)
    assert asked["getUserGroups"] == (0 if filtering == "taken" else 11)
    # 3 pages of all, one to see whether the filter works, and 3 and 1 of the groups.
    assert asked["listUsers"] == (8 if filtering == "taken" else 4)
    assert _memberships(desk) == sum(len(group.members) for group in desk.server.groups.values()) == 15


def _memberships(desk: SmarterUDesk) -> int:
    return len(_known(desk.url)["memberships"])


def test_what_a_sheet_names_is_read_alone(desk: SmarterUDesk) -> None:
    """Its groups, courses and learners; users and groups as a whole, for what is not among them is unknown."""
    path = desk.rows(row(mail(1)), row(mail(2), "S4", "Completed", "80"), row("stranger@example.com"))
    assert desk.do(*SYNC, path).exit == 0
    asked = _asked(desk)
    assert (asked["getGroupLearningModules"], asked["listSessions"], asked["listGroups"]) == (1, 1, 2)
    check = desk.do("check", path, "--to", "smarteru")
    assert check.told["failures"] == {"learner.unknown": 1, "enrollment.exists": 1}
    assert desk.do("reference sync moon", path).exit == 2


def test_a_large_company_costs_few_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of 10,000 users, 500 groups, 200 courses and 1,000 sessions: 1,400 requests become 14."""
    state = State()
    for number in range(5):
        state.add_group(f"G{number}", f"Group {number}", f"C{number % 2}")
    for number in range(10):
        state.add_session(f"S{number}", f"C{number % 2}")
    for number in range(100):
        state.add_user(f"u{number}@example.com", f"E{number}", f"G{number % 5}")
    with smarteru_desk(tmp_path, f"sqlite:///{tmp_path / 'rollbook.db'}", monkeypatch, state=state) as desk:
        desk.settings(page_size=1000)
        assert desk.do(*SYNC).exit == 0
        # Users, groups, the probe, courses and members of each group, sessions of each course, three statuses.
        assert len(desk.server.requests) == 1 + 2 + 1 + 5 + 5 + 2 + 3
        assert _memberships(desk) == 100


@pytest.mark.parametrize("method", ["listUsers", "getUserGroups", "listSessions", "getLearnerReport"])
def test_a_sync_that_smarteru_broke_off_goes_on_where_it_stopped(desk: SmarterUDesk, method: str) -> None:
    """Behind the last page stored: no list is read twice."""
    if method == "getUserGroups":
        desk.server.style = replace(desk.server.style, group_filter="refused")
    _misbehave_at(desk, 2, method)
    broken = desk.do(*SYNC)
    assert (broken.exit, broken.told) == (3, {})
    assert "sync again" in broken.errors
    assert "resume" not in broken.errors
    stored = dict(_known(desk.url)["syncs"])
    before = _asked(desk)
    desk.server.requests.clear()
    assert desk.do(*SYNC).exit == 0
    after = _asked(desk)
    if method == "listUsers":
        assert (stored, after["listUsers"]) == ({"learners": 1}, 2 + 1 + 4)
    elif method == "getLearnerReport":
        assert stored["enrollments:Attended"] == 1
        assert set(after) == {"getLearnerReport"}
    else:
        assert stored["learners"] == 4
        assert after["listGroups"] == 0
        assert after["listUsers"] <= 1
        assert before[method] > 0
    assert _known(desk.url) == _of_another(desk)


def _misbehave_at(desk: SmarterUDesk, number: int, method: str) -> None:
    """The request of that number, of a method, gets no answer that can be read; those before it do."""
    server = desk.server
    reply = server.reply

    def counted(http_method: str, content_type: str, body: bytes) -> Any:
        if _asked(desk)[method] == number - 1 and number not in told:
            told.append(number)
            server.misbehave("truncated", "truncated", "truncated", method=method)
        return reply(http_method, content_type, body)

    told: list[int] = []
    server.reply = counted  # type: ignore[method-assign]


def _of_another(desk: SmarterUDesk) -> dict[str, Any]:
    """What a database knows that was synced in one go."""
    url = f"sqlite:///{desk.folder / 'another.db'}"
    other = SmarterUDesk(desk.folder, url, desk.server)
    assert other.do(*SYNC).exit == 0
    return _known(url)


def test_a_sync_that_was_killed_anywhere_goes_on(desk: SmarterUDesk) -> None:
    """SIGKILL time and again; in the end everything is known, and no page was read twice but those under way."""
    words = [*SYNC[0].split(), SYNC[1], "--settings", str(desk.folder / "rollbook.toml"), "--database"]
    whole = f"sqlite:///{desk.folder / 'whole.db'}"
    for url in (desk.url, whole):
        open_database(url, create=True).dispose()
    points = points_of([*words, whole], at_statements)
    needed = _asked(desk)
    desk.server.requests.clear()
    third_page = [number for number, point in enumerate(points, 1) if point == "COMMIT"][3]
    fuses = (third_page, len(points) // 3, len(points) // 3)
    assert [killed([*words, desk.url], at_statements, fuse) for fuse in fuses] == [-9, -9, -9]
    assert desk.do(*SYNC).exit == 0
    assert _known(desk.url) == _known(whole)
    surplus = _asked(desk) - needed
    assert len(surplus) <= len(fuses)
    assert surplus["listUsers"] <= 2


def test_unknown_learners_strangers_to_the_group_and_wrong_grades_are_foreseen(desk: SmarterUDesk) -> None:
    """Before anything is sent; what is good is sent."""
    desk.do(*SYNC)
    desk.server.requests.clear()
    answer = desk.send(
        row("stranger@example.com"),
        row(mail(2), "S6"),
        row(mail(4), "S1"),
        row(mail(4), "S99"),
        row(mail(6), "S5"),
        row(mail(7), "S5"),
        row(mail(5), "S4", "Completed", "A+"),
    )
    assert answer.exit == 1
    codes = Counter(line["code"] for line in _failures(desk))
    assert codes["learner.unknown"] == codes["group.not_member"] == codes["session.unknown"] == 1
    assert sum(1 for code in codes if code.startswith("grade.")) == 1
    assert "session.full" not in codes
    assert [(request.method, request.blocks) for request in desk.server.requests] == [("enrollSessionHistory", 3)]
    taken = ((mail(4), "S1"), (mail(6), "S5"), (mail(7), "S5"))
    assert desk.states() == dict.fromkeys(taken, ("loaded", None))


def test_who_is_synced_is_sent_by_a_key_that_the_user_has(desk: SmarterUDesk) -> None:
    """Whatever else the sheet says, and a group by its own name."""
    desk.do(*SYNC)
    both = ("elsewhere@example.org", "007"), ("no.number@example.com", "E-4711")
    rows = [(*who, "sales & SERVICE", "C1", "S1", "Attended", "", "2023-05-04") for who in both]
    assert desk.send(*rows).exit == 0
    assert {who for who, _ in desk.taken()} >= {"007", "no.number@example.com"}


def _failures(desk: SmarterUDesk) -> list[dict[str, Any]]:
    return app.contents(desk.url)["failures"]


def test_what_smarteru_holds_is_not_sent_again(desk: SmarterUDesk) -> None:
    """The same is unchanged, whatever it is named by; what differs is refused and told with both sides."""
    desk.do(*SYNC)
    desk.server.requests.clear()
    answer = desk.send(
        row(mail(1), "S4", "Completed", "92.5"),
        row("E2", "S4", "Attended"),
        row(mail(3), "S4", "Completed", "50"),
    )
    assert answer.exit == 1
    counts = answer.told["rows"]
    assert (counts["unchanged"], counts["rejected"], counts["loaded"]) == (2, 1, 0)
    (failure,) = _failures(desk)
    assert (failure["code"], failure["field"], failure["value"]) == ("enrollment.exists", "status", "completed")
    assert "status is no_show there, completed here" in failure["message"]
    assert "it was read from smarteru" in failure["message"]
    assert desk.server.requests == []
    assert not list(desk.of_run(answer).glob("smarteru-*.xml"))


def test_of_what_smarteru_tells_the_status_the_filter_is_not_believed_more(desk: SmarterUDesk) -> None:
    desk.server.style = Style(status_tag="EnrollmentStatus")
    desk.do(*SYNC)
    assert [line[3] for line in _known(desk.url)["held"]] == ["completed", "attended", "no_show"]


def test_an_account_without_the_report_syncs_the_rest(desk: SmarterUDesk) -> None:
    """It is told which setting says so, and with it the sync ends well; nothing is read twice."""
    desk.server.style = Style(report=False)
    refused = desk.do(*SYNC)
    assert refused.exit == 3
    assert "set learner_report = false under [smarteru]" in refused.errors
    desk.server.requests.clear()
    desk.settings(page_size=4, learner_report=False)
    synced = desk.do(*SYNC)
    assert (synced.exit, synced.told["enrollments"]) == (0, 0)
    assert desk.server.requests == []
    known = _known(desk.url)
    assert (known["held"], known["syncs"], len(known["sessions"])) == ([], [], 6)
    assert desk.do(*SYNC).exit == 0
    assert _asked(desk)["listUsers"] == 8


def test_whom_smarteru_no_longer_knows_does_not_stop_a_sync(desk: SmarterUDesk) -> None:
    """A user was deleted there, reference data are never removed here: it is told, and the others are read."""
    desk.server.style = replace(desk.server.style, group_filter="refused")
    desk.do(*SYNC)
    state = desk.server.state
    gone = state.user(email=mail(8))
    assert gone
    del state.users[gone.id]
    state._by_email.pop(mail(8))
    state._by_employee_id.pop("E8")
    again = desk.do(*SYNC)
    assert (again.exit, again.told["exit"]) == (1, 1)
    (problem,) = again.told["kinds"]["memberships"]["problems"]
    assert problem["message"].startswith(f"{mail(8)}: SmarterU refuses the call: RD:01")
    assert again.told["kinds"]["memberships"]["unchanged"] == 14
    assert "left out" in desk.type(*SYNC).out


def test_keys_that_are_not_valid_stop_it(desk: SmarterUDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the code, without the keys, and nothing stored."""
    monkeypatch.setenv("ROLLBOOK_SMARTERU_USER_API", "another key altogether")
    refused = desk.do(*SYNC)
    assert (refused.exit, refused.told) == (3, {})
    assert "SU:10" in refused.errors
    assert "another key" not in refused.errors
    assert desk.server.account_api not in refused.errors
    assert len(desk.server.requests) == 1
    assert _known(desk.url)["learners"] is None


def test_without_keys_or_over_plain_http_nothing_is_asked(desk: SmarterUDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROLLBOOK_SMARTERU_USER_API")
    lacking = desk.do(*SYNC)
    assert (lacking.exit, "ROLLBOOK_SMARTERU_USER_API is not set" in lacking.errors) == (2, True)
    monkeypatch.setenv("ROLLBOOK_SMARTERU_URL", "http://api.smarteru.com/apiv2/")
    plain = desk.do(*SYNC)
    assert (plain.exit, "https" in plain.errors) == (2, True)
    assert desk.server.requests == []


def test_a_server_that_is_down_is_told(desk: SmarterUDesk) -> None:
    desk.server.misbehave("500_before", "500_before", "500_before", method="listUsers")
    down = desk.do(*SYNC)
    assert down.exit == 3
    assert "SmarterU gave no answer" in down.errors
    assert desk.do(*SYNC).exit == 0
