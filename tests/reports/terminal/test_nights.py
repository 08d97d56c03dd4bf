"""Nights as `rollbook nights` shows them, and what is unusual."""

import io
from dataclasses import replace
from datetime import date, datetime

import pytest
from rich.console import Console

from ledger.nights import Night
from reports.terminal.nights import is_shown, nights_object, print_nights, unusual

NIGHT = Night(
    folder="/srv/drop",
    source="lms_export",
    night=date(2026, 11, 30),
    came=True,
    first_at=datetime(2026, 11, 30, 0, 15),  # noqa: DTZ001 - moments of the ledger have no zone
    files=1,
    files_failed=0,
    rows_read=12_310,
    rows_loaded=12_300,
    rows_failed=10,
    new_cases=2,
    rows_changed=0,
    rows_missing=None,
    told=("hr@example.com",),
    usual_rows=12_300,
    usual_failed=8,
    usual_nights=14,
    nights_before=14,
)
ABSENT = replace(NIGHT, came=False, first_at=None, files=0, rows_read=0, rows_loaded=0, rows_failed=0, told=())


@pytest.mark.parametrize(
    ("night", "why"),
    [
        (NIGHT, []),
        (replace(NIGHT, rows_read=412), ["412 rows, usually about 12,300"]),
        (replace(NIGHT, rows_read=20_000), ["20,000 rows, usually about 12,300"]),
        (replace(NIGHT, rows_read=9_000), []),
        (replace(NIGHT, rows_read=8, usual_rows=4), []),
        (replace(NIGHT, rows_read=0, usual_rows=4), ["0 rows, usually about 4"]),
        (replace(NIGHT, rows_failed=300), ["300 failed, usually about 8"]),
        (replace(NIGHT, rows_failed=0), []),
        (replace(NIGHT, rows_read=412, usual_nights=2), []),
        (replace(NIGHT, files_failed=1, usual_nights=0, usual_rows=None), ["1 file not loaded"]),
        (ABSENT, ["nothing came, usually every night"]),
        (replace(ABSENT, nights_before=2), []),
    ],
)
def test_what_is_unusual(night: Night, why: list[str]) -> None:
    """Compared with the source's own last nights; before some are known, only that a file was not loaded."""
    assert unusual(night) == why


def page(*nights: Night, width: int = 80) -> list[str]:
    """What a terminal of that width shows."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)
    print_nights(nights, console)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_the_page_of_a_narrow_terminal() -> None:
    """What has no room stands below; a night without a file has no numbers; several folders are named."""
    assert page(ABSENT, replace(NIGHT, rows_read=412, rows_missing=11_902)) == [
        "  Night       Source      Came   Read  Loaded  Failed  New  Changed  Missing",
        "  2026-11-30  lms_export  no",
        "      Unusual: nothing came, usually every night",
        "  2026-11-30  lms_export  00:15   412  12,300      10    2        0   11,902",
        "      Unusual: 412 rows, usually about 12,300",
        "      Told: hr@example.com",
        "  Nights and times are in UTC.",
    ]
    assert "      Folder: s3://bucket/drop" in page(NIGHT, replace(NIGHT, folder="s3://bucket/drop"))
    assert "      Unusual:" not in page(NIGHT)


def test_sources_that_come_now_and_then_are_not_missed() -> None:
    """Their nights without a file are not shown."""
    quiet = replace(ABSENT, nights_before=2)
    assert not is_shown(quiet)
    assert page(quiet) == ["No file came into a drop folder in these nights (rollbook nightly --help)."]


def test_the_object() -> None:
    """All nights, with why they are unusual."""
    (line,) = nights_object([replace(NIGHT, rows_read=412)])["nights"]
    assert line["unusual"] == ["412 rows, usually about 12,300"]
    assert (line["night"], line["first_at"], line["told"]) == ("2026-11-30", "2026-11-30 00:15:00", ["hr@example.com"])
