"""The stage decides over part files within its memory, the same whatever threads do, with nothing from outside."""

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import pyarrow as pa
import pytest

from rollbook.errors import Stopped
from rollbook.installation import PACKAGES
from rollbook.text.letters import column_letter
from stage.database import Stage, open_stage, table_of
from stage.part_files import PartFiles
from stage.parts import FAILURES, ROWS, JudgedPart, Part

NUMBER, TEXT = pa.int64(), pa.string()
# The least that the settings allow, in MiB.
LITTLE = 128


def _part(number: int) -> Part:
    return Part("261121-aaaaa", 1_000_000 + number, 1, 0, f"{number}'s.xlsx", "Sheet1", 2, 9)


def _rows(number: int, count: int, **columns: Sequence[Any]) -> pa.Table:
    """`count` accepted rows of a part; what is not given is blank."""
    known = {"part_id": [1_000_000 + number] * count, "row_no": range(2, count + 2), "col_no": [0] * count}
    texts = {"outcome": ["accepted"] * count, "learner_email": [""] * count, "learner_employee_id": [""] * count}
    said = {**known, **texts, "session_id": ["S1"] * count, **columns}
    return pa.table([pa.array(said.get(name, [None] * count), ROWS.field(name).type) for name in ROWS.names], ROWS)


@contextmanager
def _opened(folder: Path, *parts: pa.Table, memory_mib: int = 256) -> Iterator[Stage]:
    files = PartFiles(str(folder / "parts"))
    for number, rows in enumerate(parts):
        files.write(JudgedPart(_part(number), rows, FAILURES.empty_table(), {}))
    with open_stage(files, [_part(number) for number in range(len(parts))], folder, memory_mib=memory_mib) as stage:
        stage.put("policies", table_of([(1, "reject", "reject")], file_no=NUMBER, on_conflict=TEXT, on_existing=TEXT))
        yield stage


def _place(stage: Stage) -> None:
    """Decide learners, sessions and copies where nothing exists."""
    stage.run("pairs")
    stage.put("known_learners", table_of([], id=NUMBER, number=TEXT, mail=TEXT))
    stage.run("learners")
    stage.put(
        "known_sessions",
        table_of([], session_code=TEXT, id=NUMBER, session_date=pa.date32(), max_participants=NUMBER),
    )
    stage.run("sessions")
    stage.run("placed", held="", absent="NULL AS extra")
    stage.run("copies")
    stage.run("duplicates", content="status, grade", blamed="status")


def test_columns_have_the_letters_that_spreadsheet_programs_show(tmp_path: Path) -> None:
    with _opened(tmp_path) as stage:
        found = stage.lines("SELECT n, letter_of(n) FROM range(0, 16385) numbers(n) ORDER BY n")
    assert found == [(0, None), *((number, column_letter(number)) for number in range(1, 16385))]


def test_a_run_without_any_part_is_decided_too(tmp_path: Path) -> None:
    with _opened(tmp_path) as stage:
        _place(stage)
        assert stage.lines("FROM placed") == []


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    """In the folder's path, too, quotation marks are text."""
    folder = tmp_path / "it's; DROP"
    with _opened(folder, _rows(0, 1), _rows(1, 2)) as stage:
        assert stage.value("SELECT count(*) FROM rows") == 3
        assert stage.lines("SELECT source_file FROM parts ORDER BY part_id") == [("0's.xlsx",), ("1's.xlsx",)]


def ask_without_end(folder: Path) -> None:
    """Ask what takes for ever, and be interrupted after a moment."""
    with _opened(folder, _rows(0, 3)) as stage:
        Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        stage.lines("SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE (a.range * b.range) % 7 = 3")


_ASKING = """
import sys
from pathlib import Path
from tests.stage.test_database import ask_without_end
try:
    ask_without_end(Path(sys.argv[1]))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_ends_a_query(tmp_path: Path) -> None:
    """It is the interruption that every other step knows, no error of a library's."""
    asking = [sys.executable, "-c", _ASKING, str(tmp_path)]
    told = subprocess.run(asking, cwd=PACKAGES, capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout == "interrupted\n"


def test_nothing_comes_from_outside(tmp_path: Path) -> None:
    """Only what the wheel brings is loaded, and nothing is looked for on the network."""
    with _opened(tmp_path, _rows(0, 3)) as stage:
        _place(stage)
        loaded = stage.lines("SELECT DISTINCT install_mode FROM duckdb_extensions() WHERE loaded")
        settings = stage.lines("SELECT value FROM duckdb_settings() WHERE name LIKE 'auto%_known_extensions'")
    assert loaded == [("STATICALLY_LINKED",)]
    assert settings == [("false",)] * 2


def _many(number: int, count: int) -> pa.Table:
    """Rows of which each third is a copy of another, some with another status."""
    who = [f"u{(at * 7919 + number) % (count * 2 // 3):07}@example.com" for at in range(count)]
    status = ["attended" if at % 5 else "completed" for at in range(count)]
    return _rows(number, count, learner_email=who, status=status, feedback=["x" * 60] * count)


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_change_nothing(tmp_path: Path, threads: int) -> None:
    parts = [_many(number, 20_000) for number in range(4)]
    decided = []
    for number, some in enumerate((1, threads)):
        with _opened(tmp_path / str(number), *parts) as stage:
            stage.lines(f"SET threads = {some}")
            _place(stage)
            decided.append(
                (
                    stage.lines("FROM outcomes ORDER BY ALL"),
                    stage.lines("FROM refused ORDER BY ALL"),
                    stage.lines("SELECT * FROM learners ORDER BY ALL LIMIT 1000"),
                )
            )
    assert decided[0] == decided[1]
    assert len(decided[0][0]) > 1000
    assert len(decided[0][1]) > 1000


def test_a_disk_that_takes_no_more_is_told_in_its_words(tmp_path: Path) -> None:
    """The file and what the system said, without DuckDB's words around it; and how the run goes on."""
    with pytest.raises(Stopped) as told, _opened(tmp_path, _rows(1, 3)) as stage, _files_of_at_most(1000):
        stage.write("SELECT md5(i::VARCHAR) FROM range(100000) t(i)", tmp_path / "texts.parquet")
    said = rf'Could not [\w ]+ "{tmp_path}/[^"]+": [^"{{}}]+'
    assert re.match(rf"The disk failed while rows were decided: {said}\. `rollbook resume`", str(told.value))


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk, nothing is written beyond so many bytes of a file."""
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


def test_what_outgrows_the_memory_goes_to_disk(tmp_path: Path) -> None:
    """The same is decided; the files of it are gone with the stage."""
    parts = [_many(number, 50_000) for number in range(8)]
    counts = []
    for memory_mib in (LITTLE, 1024):
        with _opened(tmp_path / str(memory_mib), *parts, memory_mib=memory_mib) as stage:
            _place(stage)
            counts.append((stage.value("SELECT count(*) FROM outcomes"), stage.value("SELECT count(*) FROM refused")))
            spilled = list((tmp_path / str(memory_mib)).glob("spill/*"))
            assert bool(spilled) == (memory_mib == LITTLE)
    assert counts[0] == counts[1]
    assert list((tmp_path / str(LITTLE)).glob("spill/*")) == []
