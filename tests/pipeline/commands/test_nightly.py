"""One pass over a drop folder: what is imported, what is left, and where each file goes."""

import fcntl
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import fsspec
import openpyxl
import pytest
from sqlalchemy import create_engine, select

from ledger import drops
from ledger.database import open_database
from ledger.drops import take
from ledger.tables import rollbook_drops, rollbook_runs
from rollbook.clock import now
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, SECOND, write

GOOD = (("kim@example.com", "1011", "Kim King", "S-9", "Attended", "", "2023-02-01"), SECOND[2])
BAD = (FIRST[7],)


class Desk:
    """A drop folder, a database and settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drop = folder / "drop"
        self.drop.mkdir()
        self.url = f"sqlite:///{folder / 'rollbook.db'}"
        self.set()

    def set(self, *lines: str) -> None:
        """Write the settings."""
        text = "\n".join(["[nightly]", "settled_seconds = 0.01", *lines])
        (self.folder / "rollbook.toml").write_text(text, encoding="utf-8")

    @property
    def shared(self) -> tuple[str | Path, ...]:
        """Where the database and the settings are."""
        return ("--database", self.url, "--settings", self.folder / "rollbook.toml")

    def night(self, *words: str, folder: str | Path | None = None) -> app.Answer:
        """One pass."""
        return app.run(
            "nightly", folder or self.drop, "--create", "--out", self.folder / "out", *self.shared, *map(str, words)
        )

    def put(self, name: str, rows: Any = GOOD) -> Path:
        """A file dropped."""
        path = self.drop / name
        path.parent.mkdir(exist_ok=True)
        return write(path, rows)

    def there(self) -> list[str]:
        """Every file of the folder."""
        return sorted(str(path.relative_to(self.drop)) for path in self.drop.rglob("*") if path.is_file())

    def drops(self) -> list[tuple[Any, ...]]:
        """What the ledger knows of the folder: name, state, target, whether it is moved."""
        there = rollbook_drops.c
        query = select(there.name, there.state, there.target, there.moved_at).order_by(there.drop_id)
        with create_engine(self.url).connect() as connection:
            return [(*line[:3], line[3] is not None) for line in connection.execute(query)]

    def runs(self) -> int:
        """How many runs there were."""
        with create_engine(self.url).connect() as connection:
            return len(connection.execute(select(rollbook_runs)).all())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty one."""
    return Desk(tmp_path)


def test_each_file_is_a_run_of_its_own_and_goes_where_it_belongs(desk: Desk) -> None:
    desk.put("good.csv")
    desk.put("mixed.csv", FIRST)
    desk.put("bad.csv", BAD)
    desk.put("team/april.csv", SECOND[:1])
    (desk.drop / "broken.xlsx").write_bytes(b"PK\x03\x04 this is no workbook")
    (desk.drop / "~$good.csv").write_bytes(b"lock")
    answer = desk.night()
    assert answer.exit == answer.told["exit"] == 1
    assert [(Path(run["files"][0]["path"]).name, run["exit"]) for run in answer.told["runs"]] == [
        ("bad.csv", 1),
        ("broken.xlsx", 1),
        ("good.csv", 0),
        ("mixed.csv", 1),
        ("april.csv", 0),
    ]
    assert desk.there() == [
        "done/good.csv",
        "done/mixed.csv",
        "done/mixed.failed-rows.xlsx",
        "done/team/april.csv",
        "failed/bad.csv",
        "failed/bad.failed-rows.xlsx",
        "failed/broken.xlsx",
        "~$good.csv",
    ]
    assert {len(run["files"]) for run in answer.told["runs"]} == {1}
    assert answer.told["runs"][2]["files"][0]["path"] == str(desk.drop / "done/good.csv")


def test_an_archive_is_refused_and_a_document_is_named(desk: Desk) -> None:
    """Neither lies in the folder for ever without a word."""
    with zipfile.ZipFile(desk.drop / "may.zip", "w") as archive:
        archive.writestr("may.csv", "Email\n")
    (desk.drop / "letter.pdf").write_bytes(b"%PDF")
    answer = desk.night()
    assert (answer.exit, desk.there()) == (1, ["failed/may.zip", "letter.pdf"])
    assert f"Not read, because it is not a spreadsheet: letter.pdf in {desk.drop}." in answer.errors


def test_a_second_pass_finds_nothing(desk: Desk) -> None:
    desk.put("good.csv")
    desk.night()
    before = app.contents(desk.url)
    answer = desk.night()
    assert (answer.exit, answer.told) == (0, {"exit": 0, "runs": []})
    assert "There is nothing to import in" in answer.errors
    assert app.contents(desk.url) == before


def test_content_that_is_done_is_not_imported_again(desk: Desk) -> None:
    """Under whatever name it comes."""
    desk.put("good.csv")
    desk.night()
    desk.put("good.csv")
    desk.put("another.csv")
    answer = desk.night()
    assert answer.told == {"exit": 0, "runs": []}
    assert "another.csv holds what was imported before" in answer.errors
    assert desk.there() == ["done/another.csv", "done/good (2).csv", "done/good.csv"]
    assert desk.runs() == 1


def test_two_files_of_one_content_in_one_pass(desk: Desk) -> None:
    desk.put("a.csv")
    desk.put("b.csv")
    answer = desk.night()
    assert len(answer.told["runs"]) == 1
    assert [line[:2] for line in desk.drops()] == [("a.csv", "done"), ("b.csv", "skipped")]


def test_what_is_put_back_from_failed_is_imported_again(desk: Desk) -> None:
    desk.put("bad.csv", BAD)
    desk.night()
    (desk.drop / "failed/bad.csv").rename(desk.drop / "bad.csv")
    answer = desk.night()
    assert len(answer.told["runs"]) == 1
    assert desk.there() == ["failed/bad.csv", "failed/bad.failed-rows.xlsx"]


def test_after_undo_it_is_imported_again(desk: Desk) -> None:
    desk.put("good.csv")
    run = desk.night().told["runs"][0]["run"]
    assert app.run("undo", run, *desk.shared).exit == 0
    (desk.drop / "done/good.csv").rename(desk.drop / "good.csv")
    (again,) = desk.night().told["runs"]
    assert again["rows"]["loaded"] == 2


def test_a_corrected_workbook_is_dropped_like_any_file(desk: Desk) -> None:
    desk.put("mixed.csv", (*GOOD, FIRST[7]))
    desk.night()
    book = openpyxl.load_workbook(desk.drop / "done/mixed.failed-rows.xlsx")
    sheet = book["mixed"]
    header = next(row for row in sheet.iter_rows() if any(cell.value == "Email" for cell in row))
    place = {cell.value: cell.column for cell in header}
    line = header[0].row + 1
    mended = {"Email": "fay@example.com", "Grade": None, "Enrolled on": "2023-02-28"}
    for name, value in mended.items():
        sheet.cell(line, place[name]).value = value
    book.save(desk.drop / "mended.xlsx")
    (run,) = desk.night().told["runs"]
    assert (run["rows"]["loaded"], run["cases"]["closed"], run["exit"]) == (1, 1, 0)
    assert "done/mended.xlsx" in desk.there()


def test_limits_send_a_file_to_failed_and_stop_no_other(desk: Desk) -> None:
    desk.put("a-mixed.csv", FIRST)
    desk.put("good.csv")
    answer = desk.night("--max-rejected", "1")
    assert [run["exit"] for run in answer.told["runs"]] == [3, 0]
    assert answer.exit == 3
    assert desk.there() == ["done/good.csv", "failed/a-mixed.csv", "failed/a-mixed.failed-rows.xlsx"]


def test_a_run_that_its_limits_stopped_can_still_be_loaded(desk: Desk) -> None:
    """Although its file was moved."""
    desk.put("mixed.csv", FIRST)
    (run,) = desk.night("--max-rejected", "1").told["runs"]
    answer = app.run("resume", run["run"], "--max-rejected", "100", *desk.shared)
    assert answer.exit == 1
    assert answer.told["rows"]["loaded"] == 3
    assert answer.told["rows"]["rejected"] == run["rows"]["rejected"]


def test_a_file_that_another_program_holds_is_left(desk: Desk) -> None:
    path = desk.put("held.csv")
    desk.put("other.csv", SECOND[:1])
    with path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        answer = desk.night()
    assert answer.exit == 1
    assert desk.there() == ["done/other.csv", "held.csv"]
    assert "held.csv is left where it is: Another program has the file open" in answer.errors
    assert desk.night().exit == 0
    assert desk.there() == ["done/held.csv", "done/other.csv"]
    assert [line[:2] for line in desk.drops()] == [("held.csv", "left"), ("other.csv", "done"), ("held.csv", "done")]


def test_a_file_that_cannot_be_read_is_left(desk: Desk) -> None:
    """A link that leads nowhere; a file without the right to read it ends alike."""
    desk.put("good.csv")
    (desk.drop / "gone.csv").symlink_to(desk.folder / "nowhere.csv")
    answer = desk.night()
    assert answer.exit == 2
    assert "gone.csv is left where it is: It cannot be read" in answer.errors
    assert desk.there() == ["done/good.csv"]
    assert (desk.drop / "gone.csv").is_symlink()


def test_profiles_that_clash_leave_the_file(desk: Desk) -> None:
    """One file's trouble stops no other."""
    profiles = desk.folder / "profiles"
    profiles.mkdir()
    for name in ("one", "two"):
        (profiles / f"{name}.toml").write_text('[applies]\nfiles = "hr_*.csv"\n', encoding="utf-8")
    desk.put("hr_1.csv")
    desk.put("other.csv", SECOND[:1])
    answer = desk.night("--profile", str(profiles))
    assert answer.exit == 2
    assert [Path(run["files"][0]["path"]).name for run in answer.told["runs"]] == ["other.csv"]
    assert desk.there() == ["done/other.csv", "hr_1.csv"]
    assert "hr_1.csv is left where it is: " in answer.errors


def test_a_file_that_was_replaced_while_its_run_was_open(desk: Desk) -> None:
    """The run of what lay there before is `resume`'s; the new content is a file of its own."""
    path = desk.put("good.csv")
    with open_database(desk.url, create=True).begin() as connection:
        take(connection, str(desk.drop), "good.csv", "0" * 64, now())
    answer = desk.night()
    assert answer.exit == 0
    assert not path.exists()
    assert [line[1:] for line in desk.drops()] == [("left", None, True), ("done", "done/good.csv", True)]


def test_a_database_is_made_only_when_asked(desk: Desk) -> None:
    desk.put("good.csv")
    answer = app.run("nightly", desk.drop, *desk.shared)
    assert answer.exit == 2
    assert "There is no database" in answer.errors
    assert desk.there() == ["good.csv"]


def test_a_folder_that_is_not_there(desk: Desk) -> None:
    answer = desk.night(folder=desk.folder / "nowhere")
    assert answer.exit == 2
    assert "There is no folder" in answer.errors


@pytest.mark.parametrize(("within", "told"), [("1h", False), ("0.0000001h", True)])
def test_silence_is_told(desk: Desk, within: str, told: bool) -> None:
    """However quiet the pass is, and by its exit code: cron mails what is printed, systemd looks at the code."""
    desk.set(f'expect_within = "{within}"')
    first = desk.night("--quiet")
    assert (first.exit, first.errors.count("\n")) == (1, 1)
    assert "no file has ever arrived" in first.errors
    desk.put("good.csv")
    desk.night("--quiet")
    last = desk.night("--quiet")
    assert ("the last file arrived on" in last.errors, last.exit) == (told, int(told))


def test_a_quiet_pass_says_what_somebody_should_hear(desk: Desk) -> None:
    """A line for each file with failed rows and each that could not be read; nothing of those that are well."""
    desk.put("good.csv")
    desk.put("bad.csv", BAD)
    (desk.drop / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    answer = desk.night("--quiet")
    told = sorted(answer.errors.splitlines())
    assert (answer.exit, len(told)) == (1, 2), told
    assert "bad.csv: 1 row failed." in told[0]
    assert "broken.xlsx: " in told[1]
    desk.put("well.csv", GOOD[:1])
    assert desk.night("--quiet").errors == ""


def test_the_workbook_that_is_named_is_the_one_that_the_sender_can_open(desk: Desk) -> None:
    """The copy next to the moved file, while it is there; then the one in the folder of the run."""
    desk.put("our people.csv", FIRST)
    page = app.printed("nightly", desk.drop, "--create", "--out", desk.folder / "out", *desk.shared)
    copy = desk.drop / "done/our people.failed-rows.xlsx"
    assert f"Correct the red cells in {copy} Then put it into {desk.drop}, or import it:" in page
    assert f"import '{copy}'" in page
    shown = app.run("show", "last", *desk.shared).told
    assert shown["reports"]["failed_rows"] == str(copy)
    copy.unlink()
    shown = app.run("show", "last", *desk.shared).told
    assert shown["reports"]["failed_rows"] == str(desk.folder / "out" / shown["run"] / "failed-rows.xlsx")


def test_a_quiet_pass_names_the_workbook(desk: Desk) -> None:
    """In the line that somebody is mailed."""
    desk.put("bad.csv", BAD)
    assert f" Correct {desk.drop}/failed/bad.failed-rows.xlsx. " in desk.night("--quiet").errors


def test_a_duration_that_cannot_be_read(desk: Desk) -> None:
    desk.set('expect_within = "a while"')
    answer = desk.night()
    assert answer.exit == 2
    assert "nightly.expect_within" in answer.errors


@pytest.fixture
def memory() -> Iterator[str]:
    """A drop folder that is no local one."""
    files, _ = fsspec.core.url_to_fs("memory://nightly")
    files.makedirs("/nightly", exist_ok=True)
    yield "memory://nightly"
    files.rm("/nightly", recursive=True)


def test_a_folder_elsewhere(desk: Desk, memory: str) -> None:
    """What is fetched from there does not stay here."""
    files, _ = fsspec.core.url_to_fs(memory)
    files.pipe_file("/nightly/mixed.csv", desk.put("mixed.csv", FIRST).read_bytes())
    (run,) = desk.night(folder=memory).told["runs"]
    assert run["rows"]["loaded"] == 3
    assert run["reports"]["failed_rows"] == f"{memory}/done/mixed.failed-rows.xlsx"
    assert sorted(files.find("/nightly")) == ["/nightly/done/mixed.csv", "/nightly/done/mixed.failed-rows.xlsx"]
    assert not list((desk.folder / "out" / "dropped").rglob("*.csv"))
    assert desk.night(folder=memory).told == {"exit": 0, "runs": []}


def test_workbooks_of_two_files_of_one_name_do_not_meet(desk: Desk) -> None:
    """`march.csv` and `march.txt`, in one night or in two."""
    desk.put("march.csv", FIRST)
    desk.put("march.txt", (*GOOD, FIRST[7]))
    desk.night()
    desk.put("march.tsv", (GOOD[0], FIRST[6]))
    desk.night()
    assert desk.there() == [
        "done/march (2).failed-rows.xlsx",
        "done/march (2).txt",
        "done/march (3).failed-rows.xlsx",
        "done/march (3).tsv",
        "done/march.csv",
        "done/march.failed-rows.xlsx",
    ]
    workbooks = [desk.drop / name for name in desk.there() if name.endswith(".xlsx")]
    assert [openpyxl.load_workbook(path).worksheets[0].max_row - 1 for path in workbooks] == [1, 1, 4]


def test_a_known_file_counts_as_arrived(desk: Desk) -> None:
    """A sender whose list did not change is not overdue."""
    desk.put("good.csv")
    assert desk.night().exit == 0
    with create_engine(desk.url).begin() as connection:
        connection.execute(rollbook_drops.update().values(taken_at=now() - timedelta(days=2)))
    desk.set("expect_within = '26h'")
    assert desk.night().exit == 1
    desk.put("good.csv")
    answer = desk.night()
    assert (answer.exit, answer.told["runs"]) == (0, [])
    assert "good.csv holds what was imported before" in answer.errors
    (night, *_) = app.run("nights", *desk.shared).told["nights"]
    assert (night["came"], night["rows_read"]) == (True, 0)


def _decided(desk: Desk, name: str, content: bytes) -> None:
    """A pass was killed when it had decided where a file goes that it imported."""
    (desk.drop / name).write_bytes(content)
    with open_database(desk.url, create=False).begin() as connection:
        drop = drops.take(connection, str(desk.drop), name, sha256(content).hexdigest(), now())
        drops.decide(connection, drop, state=drops.DONE, target=f"done/{name}", run_id=None)


def test_a_file_that_came_under_the_name_of_the_target_stays(desk: Desk) -> None:
    """So does the original: what a killed pass was to move goes under the next free name."""
    desk.night()
    _decided(desk, "a.csv", b"imported")
    (desk.drop / "done").mkdir()
    (desk.drop / "done" / "a.csv").write_bytes(b"another")
    assert desk.night().exit == 0
    assert {name: (desk.drop / name).read_bytes() for name in desk.there()} == {
        "done/a.csv": b"another",
        "done/a (2).csv": b"imported",
    }
    assert desk.drops() == [("a.csv", "done", "done/a (2).csv", True)]


def test_a_file_that_took_the_name_of_one_that_was_to_be_moved_is_imported(desk: Desk) -> None:
    """It is not taken for the one that was imported under that name."""
    desk.night()
    _decided(desk, "a.csv", b"imported")
    desk.put("a.csv")
    answer = desk.night()
    assert (answer.exit, len(answer.told["runs"]), desk.there()) == (0, 1, ["done/a.csv"])
    assert "a.csv was replaced by another file when it had been imported" in answer.errors


def test_a_copy_whose_original_was_left_is_not_doubled(desk: Desk) -> None:
    desk.night()
    _decided(desk, "a.csv", b"imported")
    (desk.drop / "done").mkdir()
    (desk.drop / "done" / "a.csv").write_bytes(b"imported")
    desk.night()
    assert desk.there() == ["done/a.csv"]
