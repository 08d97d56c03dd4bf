"""`import --to smarteru-xml` writes batches for somebody to send: valid, without keys, and each block with its row."""

from pathlib import Path

import pytest
from lxml import etree

from destinations.smarteru.package import problems_of
from tests.pipeline.smarteru_desk import HEADERS, SmarterUDesk, lines_of, mail, outbox_of, row, smarteru_desk


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> SmarterUDesk:
    """A desk that knows no key and no SmarterU: emitting needs neither."""
    for name in ("URL", "ACCOUNT_API", "USER_API"):
        monkeypatch.delenv(f"ROLLBOOK_SMARTERU_{name}", raising=False)
    desk = SmarterUDesk(tmp_path, sqlite_url)
    desk.settings()
    return desk


def _batches(folder: Path) -> list[etree._Element]:
    return [etree.fromstring(path.read_bytes()) for path in sorted(folder.glob("*.xml"))]


def _texts(root: etree._Element, path: str) -> list[str | None]:
    return [found.text for found in root.iterfind(f"Parameters/LearningModuleEnrollment/Enrollment/{path}")]


def test_batches_are_written_and_nothing_is_sent(desk: SmarterUDesk) -> None:
    """Exit 0 though all rows wait: only that was asked. Each block names its cells in the index."""
    answer = desk.emit(row(mail(1)), row("007", "S4", "Completed", "92.5"), row(mail(3), "S6", "No show"))
    assert (answer.exit, answer.told["state"], answer.told["destination"]) == (0, "pending", "smarteru-xml")
    assert {name: number for name, number in answer.told["rows"].items() if number} == {"read": 3, "pending": 3}
    folder = desk.of_run(answer)
    assert answer.told["reports"] == {"batches": str(folder)}
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) == [
        "smarteru-0001.blocks.csv",
        "smarteru-0001.xml",
    ]
    (root,) = _batches(folder)
    assert [(root.findtext(name), root.find(name) is not None) for name in ("AccountAPI", "UserAPI")] == [
        ("", True)
    ] * 2
    assert root.findtext("Method") == "enrollSessionHistory"
    assert _texts(root, "User/*") == [mail(3), mail(1), "007"]
    assert _texts(root, "Group/GroupName") == ["Labs <North>", "Sales & Service", "Sales & Service"]
    assert _texts(root, "EnrollmentStatus") == ["NotAttended", "Attended", "Completed"]
    assert _texts(root, "Grade") == ["92.5"]
    index = lines_of(folder / "smarteru-0001.blocks.csv")
    assert [(line["block"], line["row"], line["learner"], line["session"]) for line in index] == [
        ("1", "4", mail(3), "S6"),
        ("2", "2", mail(1), "S1"),
        ("3", "3", "007", "S4"),
    ]
    assert {(line["file"], line["sheet"]) for line in index} == {(str(desk.folder / "history.csv"), "history")}
    assert {line["state"] for line in desk.blocks()} == {"pending"}


@pytest.mark.parametrize("options", [[], ["--validate"]], ids=["as it is", "validated"])
def test_every_batch_fits_the_schema_and_holds_one_session_where_that_is_cheap(
    desk: SmarterUDesk, options: list[str]
) -> None:
    """batch_size of the settings; no batch without its index, every row in one block."""
    desk.settings(batch_size=4)
    rows = [row(f"{name}@example.com", session) for session, names in _SESSIONS.items() for name in names]
    answer = desk.emit(*rows, options=options)
    assert answer.exit == 0, answer
    folder = desk.of_run(answer)
    paths = sorted(folder.glob("smarteru-*.xml"))
    assert [path.name for path in paths] == [f"smarteru-{number:04}.xml" for number in range(1, 6)]
    assert [problems_of(path.read_bytes()) for path in paths] == [[]] * 5
    sessions = [_texts(root, "LearningModuleSessionID") for root in _batches(folder)]
    assert sorted(sessions) == [["S1"] * 2, ["S1"] * 4, ["S2"] * 4, ["S3", "S4"], ["S6"] * 3]
    for root, path in zip(_batches(folder), paths, strict=True):
        index = lines_of(path.with_name(f"{path.stem}.blocks.csv"))
        assert [line["learner"] for line in index] == _texts(root, "User/Email")
        assert [line["session"] for line in index] == _texts(root, "LearningModuleSessionID")
    told = [(line["learner"], line["session"]) for path in folder.glob("*.blocks.csv") for line in lines_of(path)]
    assert sorted(told) == sorted((line[0], line[4]) for line in rows)
    _, batches, _ = outbox_of(desk.url)
    assert sorted((line["state"], line["block_count"]) for line in batches) == [
        ("recorded", 2),
        ("recorded", 2),
        ("recorded", 3),
        ("recorded", 4),
        ("recorded", 4),
    ]


_SESSIONS = {"S1": "abcdef", "S2": "ghij", "S3": "k", "S4": "l", "S6": "mno"}


def test_a_schema_that_a_batch_does_not_fit_stops_the_run(desk: SmarterUDesk) -> None:
    """With --validate exit 3, and again by `resume`, so that nobody sends it; without it, it is not looked at."""
    wrong = row(mail(1), course="\ufffe")  # no XML may hold it: it is taken out, and nothing is left
    stopped = desk.emit(wrong, options=["--validate"])
    assert (stopped.exit, "schema" in stopped.errors) == (3, True), stopped
    resumed = desk.do("resume")
    assert (resumed.exit, "schema" in resumed.errors) == (3, True), resumed
    assert {line["state"] for line in desk.blocks()} == {"pending"}
    assert desk.emit(wrong, row(mail(2))).told["rows"]["pending"] == 2


def test_characters_that_no_xml_may_hold_are_taken_out_and_told(desk: SmarterUDesk) -> None:
    """In the index, at the block that lost them; the others have nothing there."""
    answer = desk.emit(row(mail(1), course="C\ufffe1\uffff"), row(mail(2)), row(mail(3), group="Sales\uffff & Service"))
    folder = desk.of_run(answer)
    (root,) = _batches(folder)
    removed = {line["learner"]: line["removed"] for line in lines_of(folder / "smarteru-0001.blocks.csv")}
    assert removed == {
        mail(1): "U+FFFE U+FFFF in LearningModuleID",
        mail(2): "",
        mail(3): "U+FFFF in GroupName",
    }
    assert set(_texts(root, "LearningModuleID")) == {"C1"}
    assert set(_texts(root, "Group/GroupName")) == {"Sales & Service"}


def test_a_cell_that_would_run_as_a_formula_does_not_in_the_index(desk: SmarterUDesk) -> None:
    """The index is opened in a spreadsheet program; the XML holds the cell as it is."""
    folder = desk.of_run(desk.emit(row("+71-A")))
    (line,) = lines_of(folder / "smarteru-0001.blocks.csv")
    assert line["learner"] == "'+71-A"
    assert _texts(_batches(folder)[0], "User/EmployeeID") == ["+71-A"]


def test_rows_that_rules_refuse_are_in_no_batch(desk: SmarterUDesk) -> None:
    """They are told as ever, with their workbook; exit 1."""
    answer = desk.emit(row(mail(1)), row(mail(2), status="perhaps"), row(mail(3), status="Cancelled"))
    assert (answer.exit, answer.told["state"]) == (1, "pending")
    assert answer.told["failures"] == {"status.not_deliverable": 1, "status.unknown": 1}
    assert Path(answer.told["reports"]["failed_rows"]).is_file()
    assert _texts(_batches(desk.of_run(answer))[0], "User/Email") == [mail(1)]


def test_where_no_row_is_left_no_batch_is_written(desk: SmarterUDesk) -> None:
    """The run has ended then."""
    answer = desk.emit(row(mail(1), status="perhaps"))
    assert (answer.exit, answer.told["state"]) == (1, "with_failures")
    assert list(desk.of_run(answer).glob("smarteru-*")) == []


def test_check_tells_what_would_be_sent(desk: SmarterUDesk) -> None:
    """It writes no batch and makes no database."""
    answer = desk.do("check", desk.rows(row(mail(1)), row(mail(2), status="?")), "--to", "smarteru-xml")
    assert (answer.exit, answer.told["rows"]["loaded"], answer.told["rows"]["rejected"]) == (1, 1, 1)
    assert not (desk.folder / "test.db").exists()
    assert list(desk.folder.glob("out/*/smarteru-*")) == []


def test_again_before_it_was_sent_it_is_emitted_again(desk: SmarterUDesk) -> None:
    """Nothing is confirmed, so nothing is unchanged; the bytes are the same."""
    first, second = (desk.emit(row(mail(1)), row(mail(2))) for _ in range(2))
    assert second.told["rows"] == first.told["rows"]
    assert second.told["run"] != first.told["run"]
    for name in ("smarteru-0001.xml", "smarteru-0001.blocks.csv"):
        assert (desk.of_run(second) / name).read_bytes() == (desk.of_run(first) / name).read_bytes()


def test_again_after_it_was_taken_it_is_unchanged(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By either road, and no batch is written; a row that says otherwise is `enrollment.exists`, a new one waits."""
    with smarteru_desk(tmp_path, sqlite_url, monkeypatch) as desk:
        rows = (row(mail(1)), row(mail(2)))
        assert desk.emit(*rows).exit == 0
        assert desk.do("smarteru send", "last").told["rows"]["loaded"] == 2
        again = desk.emit(*rows)
        assert (again.exit, again.told["state"], again.told["rows"]["unchanged"]) == (0, "completed", 2)
        assert list(desk.of_run(again).glob("smarteru-*")) == []
        more = desk.emit(row(mail(1), status="Completed"), row(mail(2)), row(mail(3)))
        assert more.told["failures"] == {"enrollment.exists": 1}
        assert (more.told["rows"]["unchanged"], more.told["rows"]["pending"]) == (1, 1)
        assert len(desk.server.requests) == 1


def test_dates_are_written_as_the_setting_says_and_none_is_left_out(desk: SmarterUDesk) -> None:
    """A row whose session has no known date either is refused beforehand."""
    desk.settings(date_format="%m/%d/%Y")
    answer = desk.do("import", desk.sheet(row(mail(1)), row(mail(2), on=""), headers=HEADERS), "--to", "smarteru-xml")
    (root,) = _batches(desk.of_run(answer))
    assert _texts(root, "EnrolledDate") == ["05/04/2023"]
    assert _texts(root, "User/Email") == [mail(1)]
    assert answer.told["failures"] == {"date.missing": 1}
