"""The sheet that is measured holds what docs/performance.md says of it."""

from collections import Counter
from pathlib import Path

import fastexcel

from tests.bench.sheets import BAD_EVERY, COPY_EVERY, HEADERS, rows, workbook

ROWS = 10_000


def test_a_twentieth_of_the_rows_is_bad_and_a_fiftieth_copied() -> None:
    """A copy is the same in every cell; no learner stands twice in a session otherwise."""
    good = [tuple(row) for number, row in enumerate(rows(ROWS)) if number % BAD_EVERY != BAD_EVERY // 2]
    assert len(good) == ROWS * 0.95
    times = Counter(good)
    assert sum(count - 1 for count in times.values()) == ROWS // COPY_EVERY
    assert len({(row[0], row[2]) for row in good}) == len(times)


def test_a_learner_has_one_address_and_one_number() -> None:
    """Otherwise whole learners would be rejected instead of single rows."""
    pairs = {(row[0], row[1]) for row in rows(ROWS) if row[0] != "learner.at.example.com"}
    assert len({email for email, _ in pairs}) == len({number for _, number in pairs}) == len(pairs)


def test_the_workbook_is_written_once(tmp_path: Path) -> None:
    """The header and all rows are there; a second call gives the same file."""
    path = workbook(tmp_path, 100)
    written = path.stat().st_mtime_ns
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_arrow()
    assert sheet.num_rows == 101
    assert [column[0].as_py() for column in sheet.columns] == list(HEADERS)
    assert workbook(tmp_path, 100).stat().st_mtime_ns == written
