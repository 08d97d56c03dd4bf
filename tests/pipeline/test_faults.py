"""A fault of Rollbook's in one file fails that file alone, tells no cell, and is forgotten when it is gone."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

import pipeline.judge
import pipeline.load
import pipeline.parallel.executors
from destinations.protocol import RunTerms
from pipeline.faults import FileFault, fault_of, raising_faults
from pipeline.load import run_terms
from pipeline.run_context import RunContext
from rollbook.errors import Stopped
from tests.pipeline import app, faulty
from tests.pipeline.attendance import FIRST, write, write_settings
from tests.pipeline.desk import Desk, Printed
from tests.pipeline.faulty import CELL, STEPS

GOOD = ("kim@example.com", "1011", "Kim King", "S-9", "Attended", "", "2023-02-01")
BAD = ("lee@example.com", "1012", "Lee Long", "S-9", "perhaps", "", "2023-02-01")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder and a SQLite database."""
    return Desk(tmp_path, f"sqlite:///{tmp_path}/test.db")


@pytest.fixture
def faults() -> Iterator[pytest.MonkeyPatch]:
    """Every step has its fault; they can be taken away before the test ends."""
    with pytest.MonkeyPatch.context() as patched:
        faulty.install(patched.setattr)
        yield patched


def row(step: str, number: int = 0, status: str = "Attended") -> tuple[str, ...]:
    """A row that meets the fault of a step."""
    return (CELL, "1013", "Zoe", f"fault-{step}-{number}", status, "", "2023-02-01")


def files(folder: Path, *steps: str) -> list[Path]:
    """For each step a file that fails in it behind a good row; then a good file."""
    folder.mkdir(exist_ok=True)
    found = [write(folder / f"fault-{step}.csv", [GOOD, *(row(step, number) for number in range(9))]) for step in steps]
    return [*found, write(folder / "good.csv", [GOOD])]


def assert_contained(answer: app.Answer, folder: Path, *steps: str) -> None:
    """The good file was judged, the others failed, each with a report of its own, and nothing tells a cell."""
    assert answer.exit == 1, answer.errors
    codes = [(Path(file["path"]).name, file["code"]) for file in answer.told["files"]]
    assert codes == [*((f"fault-{step}.csv", "file.fault") for step in steps), ("good.csv", None)]
    assert answer.told["rows"] | {"read": 1, "loaded": 1, "rejected": 0} == answer.told["rows"]
    assert CELL not in f"{answer.told}{answer.errors}"
    reports = sorted((folder / "out" / answer.told["run"]).glob("fault-*.txt"))
    assert [report.name for report in reports] == [f"fault-{number:04}.txt" for number in range(1, len(steps) + 1)]
    for report, step in zip(reports, steps, strict=True):
        text = report.read_text(encoding="utf-8")
        assert "ValueError" in text
        assert CELL not in text
        assert f"fault-{step}.csv" in text


def messages(url: str) -> list[str]:
    """What the ledger says of its failed files."""
    return [str(file["message"]) for file in app.contents(url)["files"] if file["code"]]


@pytest.mark.parametrize("command", ["import", "check"])
@pytest.mark.usefixtures("faults")
def test_each_step_in_a_run_here(desk: Desk, command: str) -> None:
    """Nothing of a faulty file is loaded, though its first part was good."""
    settings = write_settings(desk.folder / "rollbook.toml", part_rows=2)
    answer = desk.do(command, *files(desk.folder, *sorted(STEPS)), "--settings", settings)
    assert_contained(answer, desk.folder, *sorted(STEPS))
    if command == "import":
        assert [line["email"] for line in app.enrollments(desk.url)] == ["kim@example.com"]
        assert all("ValueError in tests/pipeline/faulty.py" in message for message in messages(desk.url))


def test_each_step_in_processes(desk: Desk, faults: pytest.MonkeyPatch) -> None:
    """The same in those that judge a migration's files; one has so many parts that others judge them."""
    faults.setattr(pipeline.parallel.executors, "_begin_process", faulty.begin_process)
    settings = write_settings(desk.folder / "rollbook.toml", part_rows=2)
    found = files(desk.folder / "files", *sorted(STEPS))
    words = ("--database", desk.url, "--out", desk.folder / "out", "--settings", settings, "--workers", "2")
    assert_contained(app.run("migrate", *found, *words), desk.folder, *sorted(STEPS))
    assert [line["email"] for line in app.enrollments(desk.url)] == ["kim@example.com"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.usefixtures("faults")
def test_each_step_in_a_drop_folder(desk: Desk, step: str) -> None:
    """The file goes to `failed/`, the next one is imported."""
    drop = desk.folder / "drop"
    files(drop, step)
    settings = desk.text("rollbook.toml", "[nightly]\nsettled_seconds = 0.01\n")
    words = ("--create", "--database", desk.url, "--out", desk.folder / "out", "--settings", settings)
    answer = app.run("nightly", drop, *words)
    assert (answer.exit, [run["exit"] for run in answer.told["runs"]]) == (1, [1, 0])
    assert answer.told["runs"][0]["files"][0]["code"] == "file.fault"
    assert sorted(path.name for path in drop.rglob("*.csv")) == [f"fault-{step}.csv", "good.csv"]
    assert (drop / "failed" / f"fault-{step}.csv").exists()
    assert (drop / "done" / "good.csv").exists()


def test_a_fault_beside_the_steps_holds_up_no_other_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file stays in the drop folder, and the next pass takes its run up."""
    drop = desk.folder / "drop"
    files(drop, "none")
    settings = desk.text("rollbook.toml", "[nightly]\nsettled_seconds = 0.01\n")
    words = ("nightly", drop, "--create", "--database", desk.url, "--out", desk.folder / "out", "--settings", settings)
    with monkeypatch.context() as patched:
        patched.setattr(pipeline.load, "run_terms", _faulty_terms)
        answer = app.run(*words)
    assert (answer.exit, [run["exit"] for run in answer.told["runs"]]) == (3, [0])
    assert "fault-none.csv is left where it is: Rollbook failed (ZeroDivisionError in " in answer.errors
    report = desk.folder / "out" / "nightly" / "fault-fault-none.csv.txt"
    assert CELL not in answer.errors + report.read_text(encoding="utf-8")
    answer = app.run(*words)
    assert (answer.exit, answer.told["runs"][0]["rows"]["read"]) == (0, 10)


def _faulty_terms(work: RunContext) -> RunTerms:
    return _raising() if "fault-none" in work.files[1].path else run_terms(work)


@pytest.mark.parametrize("step", ["plan", "clean", "judge"])
def test_each_step_in_a_retry(desk: Desk, faults: pytest.MonkeyPatch, step: str) -> None:
    """The cases of the file stay open, those of the other are judged."""
    faults.undo()
    found = [write(desk.folder / f"fault-{step}.csv", [row(step, status="perhaps")])]
    found.append(write(desk.folder / "good.csv", [BAD]))
    first = desk.do("import", *found)
    faulty.install(faults.setattr)
    profile = desk.text("better.toml", '[values.status]\n"perhaps" = "no_show"\n')
    assert_contained(desk.do("retry", first.told["run"], "--profile", profile), desk.folder, step)
    assert [case["state"] for case in app.contents(desk.url)["cases"]].count("open") == 1
    faults.undo()
    again = desk.do("retry", first.told["run"], "--profile", profile)
    assert (again.exit, again.told["rows"]["loaded"]) == (0, 1)


@pytest.mark.usefixtures("faults")
def test_each_step_in_inspect(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is named with its fault, the other one shown."""
    monkeypatch.chdir(desk.folder)
    for module in ("plan", "ignored_reasons", "clean_column"):
        with pytest.MonkeyPatch.context() as patched:
            target = (
                "transforms.planning.plan._Work.plan"
                if module == "plan"
                else f"transforms.planning.proposal.inspection.{module}"
            )
            patched.setattr(target, _raising)
            answer = desk.do("inspect", *files(desk.folder, "plan"))
            assert (answer.exit, [file["code"] for file in answer.told["files"]]) == (1, ["file.fault"] * 2)
    answer = desk.do("inspect", *files(desk.folder, "plan"))
    assert [file["code"] for file in answer.told["files"]] == ["file.fault", None]
    printed = desk.type("inspect", *files(desk.folder, "plan"))
    assert_told_plainly(printed)
    assert CELL not in (Path("rollbook-out") / "inspect" / "fault-fault-plan.csv.txt").read_text(encoding="utf-8")


def assert_told_plainly(printed: Printed) -> None:
    """No traceback and no cell on the page, and the way on."""
    assert " and attach " in " ".join((printed.out + printed.errors).split())
    assert "Traceback" not in printed.out + printed.errors
    assert CELL not in printed.out + printed.errors


def _raising(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError(CELL)


def test_a_fault_met_while_deciding(prepared_url: str, tmp_path: Path, faults: pytest.MonkeyPatch) -> None:
    """A row that deciding rejects keeps its cells: where that fails, all is decided again without its file."""
    desk = Desk(tmp_path, prepared_url)
    copies = [row("keep", 1, "Attended"), row("keep", 1, "Completed")]
    other = (CELL, "1013", "Zoe", "S-9", "Attended", "", "")
    found = [write(tmp_path / "fault-keep.csv", copies), write(tmp_path / "good.csv", [other])]
    for command in ("check", "import"):
        assert_contained(desk.do(command, *found), tmp_path, "keep")
    assert [line["session_code"] for line in app.enrollments(desk.url)] == ["S-9"]
    faults.undo()
    again = desk.do("import", *found)
    assert again.told["rows"] | {"read": 3, "rejected": 2, "unchanged": 1} == again.told["rows"]


def test_a_file_is_imported_when_the_fault_is_gone(desk: Desk, faults: pytest.MonkeyPatch) -> None:
    """The ledger does not answer for it."""
    found = files(desk.folder, "judge")
    assert desk.do("import", *found).told["files"][0]["code"] == "file.fault"
    faults.undo()
    again = desk.do("import", *found)
    assert (again.exit, again.told["files"][0]["code"]) == (0, None)
    assert again.told["rows"] | {"read": 11, "loaded": 9, "duplicate": 1, "unchanged": 1} == again.told["rows"]


def test_a_stopped_run_is_resumed_when_the_fault_is_gone(desk: Desk, faults: pytest.MonkeyPatch) -> None:
    """Else its limit would stop it for ever."""
    found = files(desk.folder, "clean")
    stopped = desk.do("import", *found, "--max-failed-files", "0")
    assert (stopped.exit, stopped.told["state"]) == (3, "stopped")
    assert app.run("resume", "--database", desk.url).exit == 3
    faults.undo()
    resumed = app.run("resume", "--database", desk.url)
    assert (resumed.exit, resumed.told["rows"]["loaded"], resumed.told["run"]) == (0, 10, stopped.told["run"])


_OF_A_LOAD = ("read_file", "is_returned", "reference_rows", "store", "sources.raw_sheets.RawSheet.table")


@pytest.mark.parametrize("step", _OF_A_LOAD)
def test_each_step_of_a_reference_load(desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """One line that tells no cell, a report, and nothing was loaded; when the fault is gone, it is."""
    settings = desk.text("rollbook.toml", 'out = "reports"\n')
    monkeypatch.chdir(desk.folder)
    words = ("reference load", "learners", desk.text("fault.csv", f"Email,Employee ID\n{CELL},1013\n"))
    with monkeypatch.context() as patched:
        patched.setattr(step if "." in step else f"pipeline.commands.reference.{step}", _raising)
        printed = desk.type(*words, "--settings", settings)
    assert printed.exit == 3
    assert_told_plainly(printed)
    (report,) = (desk.folder / "reports" / "reference").glob("fault-fault.csv.txt")
    assert "ZeroDivisionError" in report.read_text(encoding="utf-8")
    assert CELL not in report.read_text(encoding="utf-8")
    assert desk.do(*words).told["added"] == 1


def test_the_ways_in_which_a_run_stops_are_no_faults() -> None:
    """The disk, the database, a limit: the error itself is raised. Arrow's errors about content have no number."""
    refused = OperationalError("INSERT", None, Exception("gone"))
    for error in (OSError(errno.ENOSPC, "full"), TimeoutError("late"), Stopped("limit"), refused):
        with pytest.raises(type(error)):
            fault_of(error)
    assert fault_of(_met(OSError("Invalid flatbuffers message."))).kind == "OSError"
    assert fault_of(_met(MemoryError())).kind == "MemoryError"


def _met(error: Exception) -> Exception:
    try:
        raise error
    except Exception as met:  # noqa: BLE001 - any that a test asks for
        return met


def test_a_fault_has_the_traceback_of_what_it_came_from() -> None:
    """Both places, and no text of either exception."""
    with pytest.raises(FileFault) as found, raising_faults(7):
        _twice()
    trace = found.value.fault.trace
    assert found.value.file_no == 7
    assert trace.index("ZeroDivisionError") < trace.index("KeyError")
    assert "_first" in trace
    assert CELL not in trace
    assert found.value.fault.place.endswith("_twice")


def _first() -> None:
    raise ZeroDivisionError(CELL)


def _twice() -> None:
    try:
        _first()
    except ZeroDivisionError:
        raise KeyError(CELL)  # noqa: B904 - as it happens


def test_a_full_disk_stops_the_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no file's fault, and `resume` goes on."""
    file = write(desk.folder / "first.csv", FIRST)
    with monkeypatch.context() as patched:
        patched.setattr(pipeline.judge, "canonical_rows", _full)
        stopped = desk.do("import", file)
    assert stopped.exit == 3
    assert "No space left" in stopped.errors
    assert app.run("resume", "--database", desk.url).told["rows"]["read"] == len(FIRST)


def _full(*_: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device", "part.arrow")
