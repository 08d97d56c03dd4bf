"""What SmarterU, or the way to it, does not answer holds nothing else up: a `resume` gets further."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.smarteru_desk import SmarterUDesk, mail, row, smarteru_desk
from tests.servers.smarteru import sample

LOADED = ("loaded", None)
ROWS = [row(mail(number), session) for session in ("S1", "S2", "S3") for number in range(1, 21)]
KEYS = [(line[0], line[4]) for line in ROWS]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmarterUDesk]:
    """A company of 20 users, and batches of 20 blocks: one of each session."""
    with smarteru_desk(tmp_path, f"sqlite:///{tmp_path / 'rollbook.db'}", monkeypatch, state=sample(20)) as there:
        there.settings(batch_size=20, tries=2)
        yield there


def pending(desk: SmarterUDesk) -> list[tuple[str, str]]:
    return [key for key, (state, _) in desk.states().items() if state == "pending"]


def check_sides(desk: SmarterUDesk) -> None:
    """What is noted is what SmarterU holds, and nothing confirmed was sent again."""
    assert {key for key, told in desk.states().items() if told == LOADED} == desk.taken().keys()
    assert desk.server.double_sends == []


@pytest.mark.parametrize("kind", ["html", "html_after", "truncated", "garbage"])
def test_an_odd_answer_is_asked_for_again(desk: SmarterUDesk, kind: str) -> None:
    desk.server.misbehave(kind)  # type: ignore[arg-type]  # a parameter is a str
    answer = desk.send(*ROWS)
    sent = [request for request in desk.server.requests if request.blocks]
    assert (answer.exit, len(sent)) == (0, 4)
    check_sides(desk)


def test_an_enrollment_that_never_gets_an_answer_stays_alone(desk: SmarterUDesk) -> None:
    """A page of HTML for all requests with it: every other row is settled, and it is settled when the page is gone."""
    desk.server.pages_for = {mail(7)}
    stopped = desk.send(*ROWS, *(row(mail(number), "S5") for number in range(8, 21)))
    assert stopped.exit == 3
    assert {session for _, session in pending(desk)} == {"S1", "S2", "S3"}
    assert "what came back is no answer of SmarterU's. It begins: <!DOCTYPE html>" in stopped.errors
    assert desk.do("resume").exit == 3
    assert [who for who, _ in pending(desk)] == [mail(7)] * 3
    check_sides(desk)
    desk.server.requests.clear()
    assert desk.do("resume").exit == 3
    assert len(desk.server.requests) == 2 * 3
    desk.server.pages_for = set()
    assert desk.do("resume").exit == 0
    check_sides(desk)


def test_every_resume_gets_further_where_many_get_no_answer(desk: SmarterUDesk) -> None:
    """Half of the rows, side by side with others."""
    desk.server.pages_for = {mail(number) for number in range(1, 21, 2)}
    desk.send(*ROWS)
    rounds = [set(pending(desk))]
    while len(rounds[-1]) > 30:
        assert desk.do("resume").exit == 3
        rounds.append(set(pending(desk)))
        assert rounds[-1] < rounds[-2]
    assert rounds[-1] == {(who, session) for who, session in KEYS if who in desk.server.pages_for}
    check_sides(desk)


@pytest.mark.parametrize("most", [1, 7])
def test_requests_that_are_too_long_for_the_way_are_sent_in_parts(desk: SmarterUDesk, most: int) -> None:
    desk.server.most_blocks = most
    answer = desk.send(*ROWS)
    while answer.exit == 3:
        before = len(pending(desk))
        answer = desk.do("resume")
        assert len(pending(desk)) < before
    assert answer.exit == 0
    check_sides(desk)


def test_413_suggests_a_smaller_batch_which_a_resume_takes(desk: SmarterUDesk) -> None:
    """Though the batches were made before."""
    desk.server.most_blocks, desk.server.says_too_large = 8, True
    stopped = desk.send(*ROWS)
    assert (stopped.exit, len(desk.server.requests)) == (3, 1)
    assert "Set a smaller `batch_size` under [smarteru]" in stopped.errors
    desk.settings(batch_size=8)
    assert desk.do("resume").exit == 0
    assert [request.blocks for request in desk.server.requests[1:]] == [8, 8, 4] * 3
    check_sides(desk)


@pytest.mark.parametrize("bad", [[3], [3, 4, 18], list(range(1, 21))], ids=["one", "some", "all"])
def test_a_code_that_nobody_knows_fails_its_rows_alone(desk: SmarterUDesk, bad: list[int]) -> None:
    desk.server.state.odd_codes = {mail(number): "ESH:29" for number in bad}
    good = ROWS if len(bad) < 20 else [*ROWS, row("007"), row("007", "S2"), row("no.number@example.com", "S3")]
    answer = desk.send(*good)
    assert answer.exit == 1
    failed = {who: code for (who, _), (state, code) in desk.states().items() if state == "failed"}
    assert failed == dict.fromkeys(map(mail, bad), "ESH:29")
    assert pending(desk) == []
    check_sides(desk)


def test_a_refused_batch_waits_for_what_the_later_ones_show(desk: SmarterUDesk) -> None:
    """All rows of the first batch are refused, by a code that might be about the call."""
    desk.server.state.odd_codes = {mail(1): "ESH:29", mail(2): "ESH:29"}
    answer = desk.send(row(mail(1)), row(mail(2)), *(row(mail(n), "S2") for n in range(3, 21)))
    assert answer.exit == 1
    states = desk.states()
    assert states[mail(1), "S1"] == states[mail(2), "S1"] == ("failed", "ESH:29")
    assert [told for told in states.values() if told != LOADED] == [("failed", "ESH:29")] * 2


def test_a_code_that_nobody_knows_for_every_call_stops_and_marks_nothing(desk: SmarterUDesk) -> None:
    desk.server.state.odd_codes = {mail(number): "ESH:29" for number in range(1, 21)}
    stopped = desk.send(*ROWS)
    assert (stopped.exit, len(pending(desk))) == (3, len(ROWS))
    assert "ESH:29" in stopped.errors
    desk.server.state.odd_codes = {}
    assert desk.do("resume").exit == 0
    check_sides(desk)
