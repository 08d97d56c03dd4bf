"""Complete feeds: what is missing is counted, and cancelled by wish unless it is in doubt; what is back is loaded."""

from pathlib import Path

import openpyxl
import pytest

from tests.pipeline import app
from tests.pipeline.feeds.desk import Desk, Row, row, rows

HRIS = {"name": "hris", "complete": True, "on_missing": "cancel"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A complete feed, under a profile that rejects what differs."""
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'rollbook.db'}", **HRIS)
    desk.profile("feed", on_existing="reject", **HRIS)
    return desk


def feed(answer: app.Answer) -> tuple[int, int, int]:
    """Missing, back, cancelled."""
    told = answer.told["feed"]
    return told["missing"], told["back"], told["cancelled"]


def mails(*learners: int) -> list[str]:
    """Their addresses."""
    return [f"l{number}@example.com" for number in learners]


def test_what_is_missing_is_cancelled_and_comes_back(desk: Desk) -> None:
    """Once told, it is not told again; back in the file, it is as it was, whatever `on_existing` says."""
    assert feed(desk.send(rows(range(10)))) == (0, 0, 0)
    gone = desk.send(rows(range(8)))
    assert (gone.exit, feed(gone)) == (0, (2, 0, 2))
    assert [each["learner"] for each in gone.told["feed"]["first_missing"]] == mails(8, 9)
    assert desk.cancelled() == mails(8, 9)
    assert feed(desk.send([*rows(range(8)), row(10)])) == (0, 0, 0)
    back = desk.send(rows((*range(9), 10)))
    assert (back.exit, feed(back), back.told["rows"]["updated"]) == (0, (0, 1, 0), 1)
    assert desk.cancelled() == mails(9)


def test_what_is_missing_is_only_reported_by_default(desk: Desk) -> None:
    """It stays as it is, and is no news the next time."""
    desk.profile("feed", name="hris", complete=True)
    desk.send(rows(range(10)))
    assert feed(desk.send(rows(range(8)))) == (2, 0, 0)
    assert feed(desk.send([*rows(range(8)), row(11)])) == (0, 0, 0)
    assert feed(desk.send([*rows(range(9)), row(11)])) == (0, 1, 0)
    assert desk.cancelled() == []


def test_a_check_says_what_would_be_missing(desk: Desk) -> None:
    desk.send(rows(range(10)))
    checked = desk.check(rows(range(8)))
    assert feed(checked) == (2, 0, 2)
    assert desk.cancelled() == []
    assert feed(desk.send(rows(range(8)))) == (2, 0, 2)


def test_the_page_names_what_is_missing(desk: Desk) -> None:
    desk.send(rows(range(30)))
    path = desk.file(rows(range(15)))
    told = app.printed("import", path, "--profile", desk.folder / "feed.toml", *desk.place)
    assert "Feed hris 15 enrollments of the 30 in the last import are missing; 15 were cancelled." in told
    assert "l20@example.com S-1 completed → missing" in told
    assert told.count("→ missing") == 10


BAD: list[tuple[str, Row]] = [
    ("its status is unknown", ("l9@example.com", "S-1", "perhaps", "", "")),
    ("it contradicts a copy", ("l9@example.com", "S-1", "No show", "", "")),
    ("its date is impossible", ("l9@example.com", "S-1", "Completed", "", "2023-02-30")),
    ("nobody can tell whose it is", ("l9(at)example.com", "S-1", "Completed", "", "2023-03-01")),
    ("nobody can tell of which session it is", ("l9@example.com", "", "Completed", "", "2023-03-01")),
    ("nobody can tell what it is about", ("", "", "Completed", "", "2023-03-01")),
]


@pytest.mark.parametrize("bad", [line for _, line in BAD], ids=[name for name, _ in BAD])
def test_a_row_that_is_there_but_not_loaded_is_not_missing(desk: Desk, bad: Row) -> None:
    """Nor what such a row may be about, however often it is met like this."""
    desk.send(rows(range(10)))
    sent = [*rows(range(9)), bad, *([row(9)] if bad[2] == "No show" else [])]
    for more in ([row(11)], rows((11, 12))):
        told = desk.send([*sent, *more])
        assert (told.exit, feed(told)) == (1, (0, 0, 0))
    assert desk.cancelled() == []
    assert feed(desk.send(rows(range(9)))) == (3, 0, 3)


def test_a_row_that_never_could_be_read_hides_nothing(desk: Desk) -> None:
    """It stood in the file when the missing enrollment did too: it is about something else."""
    never = ("", "", "Completed", "", "2023-03-01")
    desk.send([*rows(range(10)), never])
    told = desk.send([*rows(range(8)), never])
    assert (told.exit, feed(told)) == (1, (2, 0, 2))


def test_a_run_that_is_not_whole_cancels_nothing(desk: Desk) -> None:
    """A file that cannot be read, beside one that can: what was in it is not missing."""
    desk.send(rows(range(10)))
    (desk.folder / "part").mkdir()
    desk.file(rows(range(5)), "part/a.csv")
    (desk.folder / "part" / "b.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    told = app.run("import", desk.folder / "part", "--profile", desk.folder / "feed.toml", *desk.place)
    assert (told.exit, feed(told)) == (1, (0, 0, 0))
    assert "b.xlsx was not read completely" in told.told["feed"]["not_compared"]
    assert desk.cancelled() == []
    assert feed(desk.send(rows(range(8)))) == (2, 0, 2)


def test_a_sheet_that_is_passed_over_is_not_missing(desk: Desk) -> None:
    """Its header changed: what came from it before is still in it."""
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("North")
    assert first is not None
    first.title = "South"
    for sheet, learners in ((first, range(5)), (second, range(5, 9))):
        for line in (("Email", "Session ID", "Status"), *(line[:3] for line in rows(learners))):
            sheet.append(line)
    place = ("--profile", desk.folder / "feed.toml", *desk.place)
    book.save(desk.folder / "one.xlsx")
    app.run("import", desk.folder / "one.xlsx", *place)
    second["A1"], second["C1"] = "Colour", "Shape"
    book.save(desk.folder / "two.xlsx")
    told = app.run("import", desk.folder / "two.xlsx", *place)
    assert feed(told) == (0, 0, 0), told
    assert desk.cancelled() == []


def test_several_files_of_one_run_are_one_import(desk: Desk) -> None:
    """Together they hold everything."""
    (desk.folder / "both").mkdir()
    place = ("--profile", desk.folder / "feed.toml", *desk.place)
    for last in (10, 9):
        desk.file(rows(range(5)), "both/a.csv")
        desk.file(rows(range(5, last)), "both/b.csv")
        told = app.run("import", desk.folder / "both", *place)
    assert feed(told) == (1, 0, 1)
    assert desk.cancelled() == mails(9)


def test_several_files_of_one_pass_may_be_parts(desk: Desk) -> None:
    """Each is a run of its own: nobody knows whether they are parts of one export, or two exports."""
    desk.night(rows(range(10)))
    desk.file(rows(range(5)), "drop/a.csv")
    desk.file(rows(range(5, 10)), "drop/b.csv")
    told = desk.night(None)
    assert told.exit == 0
    assert ["came in the same pass" in run["feed"]["not_compared"] for run in told.told["runs"]] == [True, True]
    assert desk.cancelled() == []


def test_an_older_file_cancels_nothing(desk: Desk) -> None:
    """Its latest date is before that of the last import."""
    desk.send([*rows(range(9)), row(9, day="2023-03-02")])
    told = desk.send(rows(range(9)))
    assert feed(told) == (0, 0, 0)
    assert "The latest date is 2023-03-01" in told.told["feed"]["not_compared"]
    assert desk.cancelled() == []


def test_another_feed_keeps_what_it_brought_too(desk: Desk) -> None:
    """Missing in one is not missing; missing in both is, and is cancelled where both have it so."""
    desk.profile("lms", on_existing="reject", name="lms", complete=True, on_missing="cancel")
    desk.send(rows(range(10)))
    desk.send(rows(range(5, 12)), profile="lms")
    assert feed(desk.send(rows(range(4)))) == (1, 0, 1)
    assert desk.cancelled() == mails(4)
    assert feed(desk.send(rows(range(6, 12)), profile="lms")) == (1, 0, 1)
    assert desk.cancelled() == mails(4, 5)


def test_what_another_feed_only_reports_stays(desk: Desk) -> None:
    """Its profile does not let the enrollment go."""
    desk.profile("lms", on_existing="reject", name="lms", complete=True)
    desk.send(rows(range(3)))
    desk.send(rows(range(3)), profile="lms")
    assert feed(desk.send(rows(range(2)), profile="lms")) == (0, 0, 0)
    assert feed(desk.send(rows(range(2)))) == (1, 0, 0)
    assert desk.cancelled() == []


@pytest.mark.parametrize("before", [True, False])
def test_what_somebody_else_imported_is_not_cancelled(desk: Desk, before: bool) -> None:
    """Whether an import without a feed brought it first, or found it there unchanged."""
    desk.profile("plain")

    if before:
        desk.send([row(9)], profile="plain")
    desk.send(rows(range(10)))
    if not before:
        desk.send([row(9)], profile="plain")
    assert feed(desk.send(rows(range(8)))) == (2, 0, 1)
    assert desk.cancelled() == mails(8)


def test_what_a_person_corrected_is_not_cancelled(desk: Desk) -> None:
    """The failed row of a feed, back in its workbook, is that person's word; and no import of the feed."""
    desk.send([*rows(range(4)), ("l4@example.com", "S-1", "perhaps", "", "")])
    (path,) = (desk.folder / "out").rglob("failed-rows*.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    (cell,) = [cell for line in sheet.iter_rows() for cell in line if cell.value == "perhaps"]
    cell.value = "Attended"
    book.save(path)
    corrected = app.run("import", path, *desk.place)
    assert (corrected.exit, "feed" in corrected.told) == (0, False)
    assert feed(desk.send(rows(range(3)))) == (1, 0, 1)
    assert desk.cancelled() == mails(3)
    assert desk.statuses()["l4@example.com", "S-1"] == "attended"


def test_a_cancellation_is_a_change_that_can_be_undone(desk: Desk) -> None:
    """It is listed, and `undo` restores the enrollment and the memory of it."""
    desk.send(rows(range(4)))
    gone = desk.send(rows(range(3)))
    listed = app.run("changes", gone.told["run"], *desk.place[:4])
    change = [each for each in listed.told["changes"] if each["field"] == "status"]
    assert [(each["learner"], each["was"], each["is"]) for each in change] == [(*mails(3), "completed", "cancelled")]
    undone = app.run("undo", gone.told["run"], *desk.place[:4])
    assert (undone.exit, desk.cancelled()) == (0, [])
    assert feed(desk.send([*rows(range(3)), row(5)])) == (1, 0, 1)


def test_after_undo_a_feed_remembers_what_later_imports_held(desk: Desk) -> None:
    """The first import is undone: what it alone brought is forgotten."""
    first = desk.send(rows(range(4)))
    desk.send([*rows(range(2)), row(4)], "--on-existing", "update")
    app.run("undo", first.told["run"], *desk.place[:4])
    told = desk.send(rows((5,)))
    assert told.exit == 0
    assert feed(told)[0] == 1
    assert desk.statuses()["l4@example.com", "S-1"] == "cancelled"


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    """It is answered from the ledger while it is the last; an older one is read again, and its rows are back."""
    first = desk.file(rows(range(4)))
    place = ("--profile", desk.folder / "feed.toml", *desk.place)
    app.run("import", first, *place)
    second = desk.file(rows(range(3)))
    assert feed(app.run("import", second, *place)) == (1, 0, 1)
    assert "Nothing changed: this was imported in run" in app.printed("import", second, *place)
    assert feed(app.run("import", first, *place)) == (0, 1, 0)
    assert desk.cancelled() == []
