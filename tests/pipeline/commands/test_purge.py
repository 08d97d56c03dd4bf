"""`rollbook purge`: what people wrote is gone from old failed rows, everywhere; counts, codes and places stay."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import create_engine, select, update
from sqlalchemy.pool import NullPool

from ledger.browse.cases import Filter, Sort, case, page
from ledger.database import parse_url
from ledger.purge import PURGED_TEXT
from ledger.tables import metadata, rollbook_cases, rollbook_changes, rollbook_failures, rollbook_rows, rollbook_runs
from pipeline.commands.purge import age_of
from rollbook.errors import CannotBegin
from tests.pipeline import app
from tests.pipeline.desk import GOOD, Desk

DOUBTFUL = ("zoe.secretly@example.com", "8888", "S-1", "perhaps", "", "2023-01-05")
ODD = ("quincy.hidden@example.com", "7777", "S-9", "whatever", "", "2023-01-06")
SECRETS = ("zoe.secretly", "8888", "quincy.hidden", "7777")


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """A place with nothing in it, on each of the three databases."""
    return Desk(tmp_path, prepared_url)


def _age(desk: Desk, days: int = 100) -> None:
    """All that happened so far happened so many days ago."""
    engine = create_engine(parse_url(desk.url), poolclass=NullPool)
    with engine.begin() as connection:
        for table, names in (
            (rollbook_runs, ("started_at", "finished_at")),
            (rollbook_cases, ("first_seen", "last_seen", "fixed_at")),
        ):
            key = next(iter(table.primary_key))
            for line in connection.execute(select(table)).mappings().all():
                moved = {name: line[name] - timedelta(days=days) for name in names if line[name] is not None}
                connection.execute(update(table).where(key == line[key.name]).values(moved))


def _whole(desk: Desk) -> str:
    """All that the tables of failed rows hold, as text."""
    tables = [table for table in metadata.tables.values() if table.name.startswith("rollbook_")]
    engine = create_engine(parse_url(desk.url), poolclass=NullPool)
    with engine.connect() as connection:
        lines = {table.name: [str(tuple(line)) for line in connection.execute(select(table))] for table in tables}
    return json.dumps(lines, ensure_ascii=False)


def _held(desk: Desk) -> set[str]:
    whole = _whole(desk)
    return {secret for secret in SECRETS if secret in whole}


def _purge(desk: Desk, *words: str) -> dict[str, Any]:
    return desk.do("purge", "--older-than", "90d", *words).told


def test_old_cells_go_and_counts_stay(desk: Desk) -> None:
    first = desk.do("import", desk.sheet(GOOD, DOUBTFUL, ODD))
    folder = Path(first.told["reports"]["failed_rows"]).parent
    before = {name: desk.do("show", first.told["run"]).told[name] for name in ("rows", "failures", "cases")}
    told = desk.do("failures", first.told["run"]).told["failures"]
    listed = desk.do("rows", first.told["run"]).told["rows"]
    assert set(_held(desk)) == set(SECRETS)
    _age(desk)
    assert folder.is_dir()
    expected = {"open": 2, "fixed": 0, "ignored": 0, "runs": 1, "rows": 2, "problems": 2, "folders": 1}
    would = _purge(desk, "--dry-run")
    assert {name: would[name] for name in expected} == expected
    assert would["dry_run"]
    assert folder.is_dir()
    assert _held(desk) == set(SECRETS)
    done = _purge(desk)
    assert {name: done[name] for name in expected} == expected
    assert not folder.exists()
    assert _held(desk) == set()
    shown = desk.do("show", first.told["run"]).told
    assert {name: shown[name] for name in before} == before
    after = desk.do("failures", first.told["run"]).told["failures"]
    places = ("source_file", "source_sheet", "source_row", "source_column", "header", "code", "case_id", "state")
    assert [[line[name] for name in places] for line in after] == [[line[name] for name in places] for line in told]
    assert {line["message"] for line in after} == {PURGED_TEXT}
    purged_rows = desk.do("rows", first.told["run"]).told["rows"]
    assert purged_rows == [{**line, "learner": None} for line in listed]
    assert len(app.enrollments(desk.url)) == 1
    again = _purge(desk)
    assert not any(again[name] for name in expected)


def test_what_is_young_stays(desk: Desk) -> None:
    desk.do("import", desk.sheet(GOOD, DOUBTFUL))
    _age(desk, 50)
    whole = _whole(desk)
    told = _purge(desk)
    assert not any(told[name] for name in ("open", "runs", "rows", "folders"))
    assert _whole(desk) == whole


def test_a_case_that_is_still_met_keeps_its_cells(desk: Desk) -> None:
    """The old run loses its rows, the case keeps what the young one met."""
    desk.do("import", desk.sheet(GOOD, DOUBTFUL))
    _age(desk)
    desk.do("import", desk.sheet(GOOD, DOUBTFUL, ODD, name="again.csv"))
    told = _purge(desk)
    assert (told["open"], told["runs"]) == (0, 1)
    assert _held(desk) == set(SECRETS)
    assert desk.do("retry", "last").told["rows"]["rejected"] == 2


def test_a_run_that_a_young_one_repeats_keeps_its_rows(desk: Desk) -> None:
    sheet = desk.sheet(GOOD, DOUBTFUL)
    first = desk.do("import", sheet)
    _age(desk)
    repeated = desk.do("import", sheet)
    assert repeated.told["rows"]["unchanged"] == 1
    assert _purge(desk)["runs"] == 0
    assert "zoe.secretly" in _held(desk)
    assert first.told["run"] != repeated.told["run"]


def test_purged_rows_are_told_as_such_and_come_back_with_their_file(desk: Desk) -> None:
    sheet = desk.sheet(GOOD, DOUBTFUL)
    first = desk.do("import", sheet)
    _age(desk)
    _purge(desk)
    engine = create_engine(parse_url(desk.url), poolclass=NullPool)
    with engine.connect() as connection:
        (line,) = page(connection, Filter(), Sort()).lines
        assert line.purged_at is not None
        assert all(cell.text is None for cell in case(connection, line.case_id).cells)
    nothing = desk.type("retry", first.told["run"])
    assert nothing.exit == 2
    assert "rollbook purge" in nothing.errors
    exported = desk.folder / "out.csv"
    desk.do("failures", first.told["run"], "--export", exported)
    assert "(purged)" in exported.read_text(encoding="utf-8-sig")
    # The same file is judged anew: its case has its cells again, and can be retried.
    again = desk.do("import", sheet)
    assert again.told["cases"] == {"new": 0, "known": 1, "closed": 0}
    with engine.connect() as connection:
        (line,) = page(connection, Filter(), Sort()).lines
        assert line.purged_at is None
        assert "perhaps" in [cell.text for cell in case(connection, line.case_id).cells]
    profile = desk.text("better.toml", '[values.status]\n"perhaps" = "no_show"\n')
    assert desk.do("retry", again.told["run"], "--profile", profile).told["rows"]["loaded"] == 1


def test_a_workbook_of_purged_rows_still_mends_them(desk: Desk) -> None:
    """It holds the rows whole: corrected and imported it closes the case, untouched it fails as before."""
    first = desk.do("import", desk.sheet(GOOD, DOUBTFUL))
    workbook = Path(shutil.copy(first.told["reports"]["failed_rows"], desk.folder / "kept.xlsx"))
    _age(desk)
    _purge(desk)
    untouched = desk.do("import", workbook)
    assert untouched.told["failures"] == first.told["failures"]
    assert untouched.told["cases"]["new"] == 0
    book = openpyxl.load_workbook(workbook)
    sheet = book.worksheets[0]
    for cell in sheet[2]:
        if cell.value == "perhaps":
            cell.value = "Attended"
    book.save(workbook)
    mended = desk.do("import", workbook)
    assert (mended.told["rows"]["loaded"], mended.told["cases"]["closed"]) == (1, 1)


def test_ignored_and_fixed_cases_go_by_their_own_age(desk: Desk) -> None:
    """Also where the sheet that comes every night still holds the row."""
    desk.do("import", desk.sheet(DOUBTFUL, ODD))
    numbers = sorted(line["case_id"] for line in desk.do("failures").told["failures"])
    desk.do("failures", "ignore", str(numbers[0]), "--reason", "left")
    _age(desk)
    desk.do("import", desk.sheet(GOOD, DOUBTFUL, ODD, name="tonight.csv"))
    told = _purge(desk)
    assert (told["open"], told["ignored"]) == (0, 1)
    engine = create_engine(parse_url(desk.url), poolclass=NullPool)
    with engine.connect() as connection:
        cells = dict(connection.execute(select(rollbook_cases.c.case_id, rollbook_cases.c.cells)).tuples().all())
    assert (cells[numbers[0]], "quincy" in cells[numbers[1]]) == ("{}", True)


def test_an_interrupted_purge_is_finished_by_the_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It breaks off between the rows and the reports: the run is taken up again."""
    first = desk.do("import", desk.sheet(GOOD, DOUBTFUL, ODD))
    folder = Path(first.told["reports"]["failed_rows"]).parent
    _age(desk)

    def full(_: Path) -> None:
        raise PermissionError(13, "not allowed")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", full)
        broken = desk.type("purge", "--older-than", "90d")
    assert broken.exit == 2
    assert folder.is_dir()
    told = _purge(desk)
    assert (told["runs"], told["folders"], told["open"]) == (1, 1, 0)
    assert not folder.exists()
    assert _held(desk) == set()


def test_what_was_corrected_goes_too(desk: Desk) -> None:
    desk.do("import", desk.sheet(GOOD, DOUBTFUL))
    engine = create_engine(parse_url(desk.url), poolclass=NullPool)
    run = desk.do("runs").told["runs"][0]["run"]
    with engine.begin() as connection:
        case_id = connection.scalar(select(rollbook_cases.c.case_id))
        line = {
            "case_id": case_id,
            "run_id": run,
            "changed_through": "dashboard",
            "from_value": "8888",
            "to_value": "x",
        }
        at = connection.scalar(select(rollbook_runs.c.started_at))
        connection.execute(rollbook_changes.insert().values(**line, changed_at=at))
    _age(desk)
    _purge(desk)
    with engine.connect() as connection:
        changes = connection.execute(select(rollbook_changes.c.from_value, rollbook_changes.c.to_value)).all()
        assert [tuple(change) for change in changes] == [(None, None)]
        for table in (rollbook_rows, rollbook_failures):
            assert connection.execute(select(table)).all()


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "90 days", "1m", "999999d"])
def test_an_age_is_days_or_weeks(text: str) -> None:
    with pytest.raises(CannotBegin, match="90d"):
        age_of(text)


def test_ages() -> None:
    assert (age_of("90d"), age_of(" 12W ")) == (timedelta(days=90), timedelta(weeks=12))
