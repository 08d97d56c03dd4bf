"""Reading apart: whatever happens to the child, the caller gets sheets or one code with a remedy, in time."""

import errno
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sources.process.pool import end_idle
from sources.process.reader import read_file, start_reading
from sources.raw_sheets import ReadingLimits
from tests.sources.reading_of import LIMITS, assert_gone, cells, fork, read, servers
from tests.sources.workbook_files import xls_of, xlsb_of, xlsx_of

_ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>{}</t></is></c></row>'


def table(folder: Path, rows: int = 3) -> Path:
    """A small text file."""
    path = folder / "history.csv"
    path.write_text("id,status\n" + "1,Attended\n" * rows)
    return path


@pytest.fixture(autouse=True)
def no_idle_servers() -> Iterator[None]:
    """Each test starts its own."""
    end_idle()
    yield
    end_idle()


def test_it_begins_early_and_is_waited_for(tmp_path: Path) -> None:
    """The caller may do other things meanwhile; every reading has a folder of its own."""
    into = tmp_path / "read"
    path = table(tmp_path)
    first, second = (start_reading(path, into, LIMITS) for _ in range(2))
    sheets = [*first.result().sheets, *second.result().sheets]
    assert [cells(sheet)[1] for sheet in sheets] == [[2, "1", "Attended"]] * 2
    assert sheets[0].arrow.parent != sheets[1].arrow.parent
    assert {sheet.arrow.parent.parent for sheet in sheets} == {into}


def test_sheets_are_cut_into_parts(tmp_path: Path) -> None:
    """By row numbers, both included; numbers as int64, text as str."""
    part = read(table(tmp_path, 9)).sheets[0].part(3, 5)
    assert part["row"].tolist() == [3, 4, 5]
    assert part.dtypes.astype(str).tolist() == ["int64", "str", "str"]
    assert list(part.index) == [0, 1, 2]
    assert read(table(tmp_path)).sheets[0].part(90, 99).empty


def test_the_memory_limit_is_named(tmp_path: Path) -> None:
    """A limit that no workbook fits into."""
    result = read(
        xlsx_of(tmp_path / "a.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>'), ReadingLimits(memory_mib=8, seconds=60)
    )
    assert result.code == "file.too_large"
    assert result.message == (
        "Reading needs more than 8 MiB of memory. Split the file, save it as CSV, "
        "or raise memory_mib under [reading] in the settings."
    )


def test_a_zip_bomb_ends(tmp_path: Path) -> None:
    """A cell of 200 MiB of one letter, in 200 KiB."""
    path = xlsx_of(tmp_path / "a.xlsx", "")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    before, after = parts.pop("xl/worksheets/sheet1.xml").split(b"</sheetData>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            start, end = _ROW.split("{}")
            file.write(before + start.encode())
            for _ in range(200):
                file.write(b"x" * (1 << 20))
            file.write(end.encode() + b"</sheetData>" + after)
    assert read(path, ReadingLimits(memory_mib=200, seconds=60)).code == "file.too_large"


def test_the_time_limit_is_named(tmp_path: Path) -> None:
    """The child is ended where it stands."""
    result = read(table(tmp_path), ReadingLimits(memory_mib=256, seconds=0))
    assert (result.code, result.sheets) == ("file.too_large", ())
    assert result.message == (
        "Reading takes longer than 0 s. Split the file, save it as CSV, "
        "or raise seconds under [reading] in the settings."
    )
    assert servers() == []


def test_a_killed_child_is_told(tmp_path: Path) -> None:
    """A system short of memory kills it without a word."""
    reading = start_reading(table(tmp_path, 500_000), tmp_path / "read", LIMITS)
    fork().kill()
    assert reading.result().code == "file.too_large"


def test_a_parser_that_breaks_down_is_told(tmp_path: Path) -> None:
    """A binary workbook that refers to a part which is not there makes the parser panic."""
    whole = xlsb_of(tmp_path / "a.xlsb", [], [[(0, 1.0)]])
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/_rels/workbook.bin.rels"] = parts["xl/_rels/workbook.bin.rels"].replace(b"rId1", b"rId9")
    with zipfile.ZipFile(tmp_path / "b.xlsb", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    result = read(tmp_path / "b.xlsb")
    assert result.code == "file.unreadable"
    assert "save it as" in str(result.message)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_cut_workbook_is_told(tmp_path: Path, kept: float) -> None:
    """Every kind, wherever it is cut."""
    for path in (xlsx_of(tmp_path / "a.xlsx", _ROW), xls_of(tmp_path / "a.xls", ["0%"], [[(1, 0.5)] * 200] * 9)):
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * kept)])
        result = read(path)
        assert (result.code, "\n" in str(result.message)) == ("file.unreadable", False)


def test_the_child_knows_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the environment but what a process needs to run."""
    monkeypatch.setenv("ROLLBOOK_MOON_TOKEN", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    reading = start_reading(table(tmp_path, 500_000), tmp_path / "read", LIMITS)
    environments = [process.environ() for process in (servers()[0], fork())]
    reading.cancel()
    told = {**environments[0], **environments[1]}
    assert [name for name, value in told.items() if "ROLLBOOK" in name or value == "secret"] == []


def test_cancelling_ends_the_child(tmp_path: Path) -> None:
    """And so does forgetting the reading."""
    reading = start_reading(table(tmp_path, 500_000), tmp_path / "read", LIMITS)
    process = fork()
    reading.cancel()
    assert_gone(process.pid)
    reading = start_reading(table(tmp_path, 500_000), tmp_path / "read", LIMITS)
    process = fork()
    del reading
    assert_gone(process.pid)


def test_a_folder_in_the_way_does_not_mislead_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules in the current folder are not taken for ours."""
    (tmp_path / "json.py").write_text("raise SystemExit('wrong')")
    (tmp_path / "sources").mkdir()
    monkeypatch.chdir(tmp_path)
    assert read(table(tmp_path)).code is None


def test_a_file_that_changes_meanwhile(tmp_path: Path) -> None:
    """What was read is not what will stand there."""
    path = table(tmp_path)
    reading = start_reading(path, tmp_path / "read", LIMITS)
    with path.open("a") as file:
        file.write("2,Attended\n")
    result = reading.result()
    assert result.code == "file.changed"
    assert "Wait until it is written" in str(result.message)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """Between finding and reading."""
    assert read_file(tmp_path / "gone.csv", tmp_path, LIMITS).code == "file.changed"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Told, not walked."""
    result = read_file(tmp_path, tmp_path, LIMITS)
    assert (result.code, result.message) == (
        "file.unreadable",
        f"{tmp_path.name} is a folder. Name the files in it, or the folder itself.",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="locks of another kind")
def test_a_locked_file(tmp_path: Path) -> None:
    """Another program holds it."""
    import fcntl

    path = table(tmp_path)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert read(path).code == "file.locked"
    assert read(path).code is None


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything: it steps down meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_forbidden_file(tmp_path: Path) -> None:
    """The remedy is named."""
    path = table(tmp_path)
    path.chmod(0)
    with as_nobody():
        told = read_file(path, tmp_path / "work", ReadingLimits())
    assert told.code == "file.unreadable"
    assert "No permission" in str(told.message)


@pytest.mark.parametrize("name", ["0.marks", "result.draft"])
def test_a_full_disk_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Of the raw table, or of the answer: what is written goes to a device that is always full."""
    make = tempfile.mkdtemp

    def full(**named: Any) -> str:
        folder: str = make(**named)
        (Path(folder) / name).symlink_to("/dev/full")
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    path = tmp_path / "a.csv"
    path.write_text("Email,Status\n" + "ana@example.com,Attended\n" * 5000, encoding="utf-8")
    with pytest.raises(OSError, match="No space left on device") as caught:
        read_file(path, tmp_path / "into", ReadingLimits())
    assert caught.value.errno == errno.ENOSPC
