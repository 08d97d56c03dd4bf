"""`rollbook smarteru answer`: what SmarterU said to a batch that somebody sent by hand, block by block."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from destinations.smarteru.package import with_keys
from tests.pipeline import app
from tests.pipeline.smarteru_desk import SmarterUDesk, lines_of, mail, outbox_of, row, smarteru_desk
from tests.servers.smarteru import Style

STRANGER = row("stranger@example.com")
SILENT = Style(info="none", numbers="none", names=False, report=False)


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmarterUDesk]:
    """A desk with a SmarterU."""
    with smarteru_desk(tmp_path, sqlite_url, monkeypatch) as made:
        yield made


def by_hand(desk: SmarterUDesk, batch: Path, name: str = "answer.xml", user_api: str | None = None) -> Path:
    """Send a batch as a person does, with the keys filled in; the file with the answer."""
    xml = with_keys(batch.read_bytes(), desk.server.account_api, user_api or desk.server.user_api)
    answer = httpx.post(desk.server.url, data={"Package": xml.decode()})
    path = desk.folder / name
    path.write_bytes(answer.content)
    return path


def rows_of(answer: app.Answer) -> dict[str, int]:
    """The counts without the zeros."""
    assert answer.told, answer
    return {name: number for name, number in answer.told["rows"].items() if number}


def listed(desk: SmarterUDesk) -> list[tuple[str, str | None, bool]]:
    """Outcome and reason of every row of the last run as `rows` lists them, and whether it has a case."""
    lines = desk.do("rows", "last").told["rows"]
    return [(line["outcome"], line["reason"], line["case_id"] is not None) for line in lines]


def batch_of(desk: SmarterUDesk, emitted: app.Answer, number: int = 1) -> Path:
    """A batch that was emitted."""
    assert emitted.exit == 0, emitted
    return desk.of_run(emitted) / f"smarteru-{number:04}.xml"


def test_all_taken(desk: SmarterUDesk) -> None:
    """Exit 0, the run has ended, its rows are unchanged when they come again; the file may have been moved."""
    rows = (row(mail(1)), row("007", "S4", "Completed", "92.5"))
    batch = batch_of(desk, desk.emit(*rows))
    moved = batch.rename(desk.folder / "mine.xml")
    answer = desk.do("smarteru answer", moved, by_hand(desk, moved))
    assert (answer.exit, answer.told["state"], rows_of(answer)) == (0, "completed", {"read": 2, "loaded": 2})
    report = lines_of(batch.with_name("smarteru-0001.report.csv"))
    assert [(line["row"], line["outcome"]) for line in report] == [("2", "loaded"), ("3", "loaded")]
    assert rows_of(desk.emit(*rows)) == {"read": 2, "unchanged": 2}
    assert len(desk.server.requests) == 1


def test_blocks_that_are_named_fail_with_their_rows(desk: SmarterUDesk) -> None:
    """Exit 1, their cases and their workbook; answered already it is not taken in again."""
    batch = batch_of(desk, desk.emit(row(mail(1)), STRANGER, row(mail(3), "S4", "Completed", "150")))
    said = by_hand(desk, batch)
    assert listed(desk) == [("pending", None, False)] * 3
    answer = desk.do("smarteru answer", batch, said)
    assert (answer.exit, rows_of(answer)) == (1, {"read": 3, "loaded": 1, "failed": 2})
    assert listed(desk) == [("loaded", None, False), ("failed", "ESH:21", True), ("failed", "ESH:19", True)]
    assert answer.told["failures"] == {"ESH:19": 1, "ESH:21": 1}
    assert answer.told["cases"] == {"new": 2, "known": 0, "closed": 0}
    assert Path(answer.told["reports"]["failed_rows"]).is_file()
    before = app.contents(desk.url), desk.blocks()
    again = desk.type("smarteru answer", batch, said)
    assert (again.exit, "has its answer already" in again.errors, len(again.errors.splitlines())) == (2, True, 1)
    assert (app.contents(desk.url), desk.blocks()) == before


def test_each_batch_has_its_own_answer(desk: SmarterUDesk) -> None:
    """Until the last one came the run is pending; then its accounts are those of all."""
    desk.settings(batch_size=2)
    emitted = desk.emit(*(row(mail(number)) for number in (1, 2, 3)), STRANGER)
    second, first = (batch_of(desk, emitted, number) for number in (2, 1))
    half = desk.do("smarteru answer", second, by_hand(desk, second))
    assert (half.exit, half.told["state"], rows_of(half)) == (
        1,
        "pending",
        {"read": 4, "loaded": 1, "failed": 1, "pending": 2},
    )
    whole = desk.do("smarteru answer", first, by_hand(desk, first))
    assert (whole.exit, whole.told["state"], rows_of(whole)) == (
        1,
        "with_failures",
        {"read": 4, "loaded": 3, "failed": 1},
    )
    assert whole.told["cases"] == {"new": 1, "known": 0, "closed": 0}


def test_what_is_not_told_apart_stays_pending(desk: SmarterUDesk) -> None:
    """Nothing is sent behind the user's back; `smarteru send` finds out, and who is there by then is ours."""
    desk.server.style = SILENT
    emitted = desk.emit(row(mail(1)), STRANGER, row(mail(2)), row(mail(4)))
    batch = batch_of(desk, emitted)
    said = by_hand(desk, batch)
    asked = len(desk.server.requests)
    answer = desk.do("smarteru answer", batch, said)
    assert (answer.exit, answer.told["state"], rows_of(answer)) == (0, "pending", {"read": 4, "pending": 4})
    assert "does not tell which of 4 blocks failed" in answer.errors
    assert f"rollbook smarteru send {emitted.told['run']}" in answer.errors
    assert len(desk.server.requests) == asked
    sent = desk.do("smarteru send", "last")
    assert rows_of(sent) == {"read": 4, "loaded": 3, "failed": 1}
    assert desk.states()["stranger@example.com", "S1"][0] == "failed"
    assert len(desk.taken()) == 3


def test_files_that_are_no_answer_or_no_batch_change_nothing(desk: SmarterUDesk) -> None:
    """Exit 2 with one line: HTML, nothing at all, a batch of somebody else's, a batch of other rows."""
    batch = batch_of(desk, desk.emit(row(mail(1)), row(mail(2))))
    said = by_hand(desk, batch)
    html = desk.text("page.html", "<!DOCTYPE html><html><body><p>Back soon.<br></body></html>")
    foreign = desk.text("foreign.xml", batch.read_text(encoding="utf-8").replace(mail(2), mail(7)))
    before = app.contents(desk.url), desk.blocks(), outbox_of(desk.url)[1]
    for words, told in (
        ((batch, html), "Back soon."),
        ((batch, desk.folder / "none.xml"), "none.xml"),
        ((batch, desk.text("empty.xml", "")), "no answer of SmarterU's"),
        ((foreign, said), "not a batch of this database"),
        ((html, said), "page.html"),
        ((said, batch), ""),
    ):
        printed = desk.type("smarteru answer", *words)
        assert (printed.exit, printed.out, len(printed.errors.splitlines())) == (2, "", 1), printed
        assert told in printed.errors
        assert "Traceback" not in printed.errors
        assert (app.contents(desk.url), desk.blocks(), outbox_of(desk.url)[1]) == before
    assert desk.do("smarteru answer", batch, said).exit == 0


def test_an_answer_that_refuses_the_call_takes_nothing(desk: SmarterUDesk) -> None:
    """Exit 2 with the code; the batch is as before, so that who was there before is told afterwards."""
    desk.server.style = Style(report=False)
    user = desk.server.state.user(email=mail(1))
    assert user is not None
    desk.server.state.enroll(user, "S1", "G1", "Completed")
    batch = batch_of(desk, desk.emit(row(mail(1)), row(mail(2))))
    refused = desk.type("smarteru answer", batch, by_hand(desk, batch, user_api="wrong"))
    assert (refused.exit, "SU:10" in refused.errors, "Nothing was recorded" in refused.errors) == (2, True, True)
    assert [line["state"] for line in outbox_of(desk.url)[1]] == ["recorded"]
    answer = desk.do("smarteru answer", batch, by_hand(desk, batch))
    assert rows_of(answer) == {"read": 2, "loaded": 1, "failed": 1}
    assert desk.states()[mail(1), "S1"] == ("failed", "ESH:26")
