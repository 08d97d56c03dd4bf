"""What a message says: what happened, what to do next, and nothing that a name smuggles in."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.notifications.message_text import Place, text_of
from reports.notifications.notice import Notice, NoticeFile
from rollbook.notify_settings import LANGUAGES

AT = datetime.fromisoformat("2026-11-21 02:15")
FILE = NoticeFile("hris.xlsx", 1, failed_rows=2)


def notice(**facts: Any) -> Notice:
    """Two rows of a file that failed."""
    plain = {"kind": "failed", "at": AT, "language": "en", "files": (FILE,), "run": "261121-abcde", "succeeded": 30}
    return Notice(**{**plain, "failed": 2, "new": 2, **facts})


def test_the_sender_reads_what_to_do_with_the_workbook() -> None:
    told = text_of(notice(to_owner=True, folder="/srv/drop"), Place("hris.failed-rows.xlsx"))
    assert told.subject == "Rollbook: 2 rows failed: hris.xlsx"
    assert told.plain == (
        "Import of hris.xlsx on 2026-11-21 02:15 UTC: 30 rows succeeded; 2 rows failed.\n\n"
        "What to do: Open the attached workbook. The red cells need a correction, and the column “What to do” explains "
        "each of them. Correct them and save the workbook. Then put the workbook into the folder /srv/drop: it is "
        "imported with the next files.\n\n"
        "Sent by Rollbook. Run: 261121-abcde\n"
    )


def test_known_cases_are_told_from_new_ones() -> None:
    told = text_of(notice(new=1, known=1), Place())
    assert "New: 1. Reported before and still open: 1." in told.plain


def test_who_runs_the_import_reads_commands_and_a_sender_reads_none() -> None:
    stopped = {"stop": "limits", "stopped_by": "Too many.", "raised_limits": "--max-rejected 40", "kind": "not_loaded"}
    told = text_of(notice(**stopped), Place())
    assert "\n    rollbook resume 261121-abcde --max-rejected 40\n" in told.plain
    assert "rollbook " not in text_of(notice(**stopped, to_owner=True), Place()).plain


def test_a_file_that_failed_has_its_reason_and_remedy() -> None:
    file = NoticeFile("hris.xlsx", 1, "file.password", "See `rollbook inspect`.")
    told = text_of(notice(kind="not_loaded", files=(file,), failed=0, succeeded=0, to_owner=True), Place())
    assert told.subject == "Rollbook: Not imported: hris.xlsx"
    assert told.plain.startswith(
        "hris.xlsx was not imported: the file is protected with a password.\n\n"
        "What to do: Remove the password, and send the file again.\n\nSent by"
    )


def test_nothing_came() -> None:
    told = text_of(Notice(kind="overdue", at=AT, language="de", folder="/srv/drop", within=26 * 60, last=AT), Place())
    assert told.subject == "Rollbook: Keine neue Datei: /srv/drop"
    assert "innerhalb von 26 Stunden" in told.plain


def test_arabic_is_read_from_right_to_left() -> None:
    told = text_of(notice(language="ar"), Place())
    assert '<html lang="ar" dir="rtl">' in told.html
    assert '<code dir="ltr">rollbook failures 261121-abcde</code>' in told.html


@given(st.text(min_size=1), st.sampled_from(LANGUAGES))
def test_whatever_a_name_holds_a_subject_is_one_line_and_html_is_text(name: str, language: str) -> None:
    file = NoticeFile(f"{name}<script>\r\nBcc: x@example.com", 1, failed_rows=2)
    told = text_of(notice(files=(file,), language=language, folder=f"/srv/{name}\n", columns=((name, 2),)), Place())
    assert not set("\r\n\0\u2028\u202e") & set(told.subject)
    assert len(told.subject) < 300
    assert "<script>" not in told.html
    lines = told.plain.splitlines()
    assert [line for line in lines if line.startswith(("Bcc", "/srv"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stop", ["limits", "database", "system", "stopped", "left", None])
@pytest.mark.parametrize("kind", ["not_loaded", "failed", "loaded", "overdue", "well_again"])
def test_every_kind_is_said_in_every_language(language: str, kind: str, stop: str | None) -> None:
    facts = {"kind": kind, "stop": stop, "language": language, "folder": "/srv/drop", "within": 90, "well_again": True}
    for place in (Place("a.xlsx"), Place(path="/srv/a.xlsx"), Place(link="https://example.com"), Place()):
        told = text_of(notice(**facts, known=1, pending=3, columns=(("Status", 1),)), place)
        assert "{" not in told.subject + told.plain
