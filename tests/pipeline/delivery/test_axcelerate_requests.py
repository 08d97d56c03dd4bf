"""What a delivery to aXcelerate costs in requests; a list of a whole class is taken for what it shows, and no more."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from destinations.axcelerate import lookup
from tests.bench.rows import axcelerate_rows, axcelerate_school
from tests.pipeline import app
from tests.pipeline.rest_desk import AxcelerateDesk, Row, axcelerate_desk, axcelerate_row
from tests.servers.axcelerate import ENROLMENT, ENROLMENTS, Misbehaviour, Received, Style

ROWS = 500
# Whether classes may be listed whole: most styles show whose an enrolment is, or refuse such a list.
WHOLE = Style(contact_key="CONTACTID")
NOT_WHOLE = {"no contact is shown": Style(), "refused": Style(contact_key="CONTACTID", needs_contact=True)}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AxcelerateDesk]:
    """A desk with an aXcelerate of 125 contacts in 5 classes of 4 units."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    with axcelerate_desk(tmp_path, url, monkeypatch, state=axcelerate_school(ROWS)) as made:
        yield made


def sheet(outcome: str, shuffled: bool = False) -> list[Row]:
    """A row for each unit of each contact."""
    rows = [axcelerate_row(contact, unit, outcome, class_id) for contact, class_id, unit in axcelerate_rows(ROWS)]
    return sorted(rows, key=lambda row: (row[2], row[0][::-1])) if shuffled else rows


def cost(desk: AxcelerateDesk, rows: list[Row], *options: str) -> tuple[Counter[str], app.Answer]:
    """The requests of an import, by method."""
    desk.server.requests.clear()
    answer = desk.send(*rows, options=options)
    assert desk.server.double_sends == []
    return Counter(one.method for one in desk.server.requests), answer


def outcomes(desk: AxcelerateDesk) -> set[str]:
    return {unit.outcome for unit in desk.server.state.all() if unit.type == "s"}


@pytest.mark.parametrize("shuffled", [False, True], ids=["as listed", "shuffled"])
def test_a_request_a_contact_and_one_a_changed_unit(
    desk: AxcelerateDesk, monkeypatch: pytest.MonkeyPatch, shuffled: bool
) -> None:
    """Nothing is sent for what is the same."""
    new, answer = cost(desk, sheet("20", shuffled))
    assert (answer.told["rows"]["loaded"], new["PUT"], outcomes(desk)) == (ROWS, ROWS, {"20"}), answer
    assert new.total() <= 640
    again, answer = cost(desk, sheet("20", shuffled))
    assert (answer.told["rows"]["unchanged"], again["PUT"]) == (ROWS, 0), answer
    assert again.total() <= 130
    monkeypatch.setattr(lookup, "FRESH_SECONDS", 60.0)  # however slow the machine is
    changed, answer = cost(desk, sheet("51", shuffled), "--on-existing", "update")
    assert (answer.told["rows"]["updated"], outcomes(desk)) == (ROWS, {"51"}), answer
    assert changed.total() <= 640


@pytest.mark.parametrize("shuffled", [False, True], ids=["as listed", "shuffled"])
def test_a_class_that_can_be_listed_whole_serves_all_batches(
    desk: AxcelerateDesk, monkeypatch: pytest.MonkeyPatch, shuffled: bool
) -> None:
    """What such a list showed some time ago is read again, contact by contact, before it is written over."""
    monkeypatch.setattr(lookup, "CLASS_SECONDS", 60.0)  # however slow the machine is
    desk.server.style = WHOLE
    desk.settings(whole_classes="true")
    new, answer = cost(desk, sheet("20", shuffled))
    assert (answer.told["rows"]["loaded"], new["PUT"], outcomes(desk)) == (ROWS, ROWS, {"20"}), answer
    assert new.total() <= 510
    again, answer = cost(desk, sheet("20", shuffled))
    assert (answer.told["rows"]["unchanged"], again["PUT"]) == (ROWS, 0), answer
    assert again.total() <= 10
    monkeypatch.setattr(lookup, "FRESH_SECONDS", 0.0)
    changed, answer = cost(desk, sheet("51", shuffled), "--on-existing", "update")
    assert (answer.told["rows"]["updated"], outcomes(desk)) == (ROWS, {"51"}), answer
    assert changed["PUT"] == ROWS


@pytest.mark.parametrize("style", NOT_WHOLE)
def test_contacts_are_asked_for_one_by_one_where_a_class_is_not_listed_whole(desk: AxcelerateDesk, style: str) -> None:
    """A list that does not say whose an enrolment is, or a refusal, proves nothing of anybody."""
    desk.server.style = NOT_WHOLE[style]
    desk.settings(whole_classes="true")
    new, answer = cost(desk, sheet("20"))
    assert (answer.told["rows"]["loaded"], outcomes(desk)) == (ROWS, {"20"}), answer
    assert new.total() <= 640 + 10


def test_who_is_missing_in_a_list_of_a_class_is_asked_for(desk: AxcelerateDesk) -> None:
    """A list that moved while its pages were read; a contact in no class is not enrolled."""
    desk.server.style = Style(contact_key="CONTACTID", limit_most=2)
    desk.settings(whole_classes="true", page_size=2)
    moves: list[Misbehaviour] = ["paging_shifts"] * 9
    desk.server.misbehave(*moves)
    desk.server.state.add_contact(1999)
    rows = [*sheet("20")[:80], axcelerate_row(1999, 9101, "20", 601)]
    _, answer = cost(desk, rows)
    assert (answer.told["rows"]["loaded"], answer.told["failures"]) == (80, {"axcelerate.not_enrolled": 1}), answer


def _meanwhile(desk: AxcelerateDesk, monkeypatch: pytest.MonkeyPatch, outcome: str) -> None:
    """Somebody gives the last contact's first unit an outcome when the first request to write arrives."""
    last = axcelerate_rows(ROWS)[-1]
    contact, class_id, unit = last
    process = desk.server.reply

    def reply(request: Any) -> Any:
        if request.method == "PUT" and not desk.server.writes:
            held = desk.server.state.unit(contact, class_id, unit)
            assert held is not None
            held.outcome = outcome
        return process(request)

    monkeypatch.setattr(desk.server, "reply", reply)


@pytest.mark.parametrize("whole", ["true", "false"])
def test_what_somebody_decides_meanwhile_is_seen_before_it_is_written_over(
    desk: AxcelerateDesk, monkeypatch: pytest.MonkeyPatch, whole: str
) -> None:
    """Under `best`, an outcome that got better since the class was read stays; the row says what is there."""
    monkeypatch.setattr(lookup, "FRESH_SECONDS", 0.0)
    desk.server.style = WHOLE
    desk.settings(whole_classes=whole, batch_size=ROWS)
    cost(desk, sheet("40"))
    desk.server.writes.clear()
    _meanwhile(desk, monkeypatch, "20")
    _, answer = cost(desk, sheet("30"), "--on-existing", "best")
    contact, class_id, unit = axcelerate_rows(ROWS)[-1]
    assert desk.outcome(contact, unit, class_id) == "20"
    assert (answer.told["rows"]["updated"], answer.told["rows"]["unchanged"]) == (ROWS - 1, 1), answer


def test_the_requests_of_a_unit_are_a_list_and_a_write(desk: AxcelerateDesk) -> None:
    cost(desk, sheet("20")[:1])
    assert [(one.method, one.path) for one in desk.server.requests] == [("GET", ENROLMENTS), ("PUT", ENROLMENT)]
    assert isinstance(desk.server.requests[0], Received)
