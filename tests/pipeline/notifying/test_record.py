"""What is told, to whom and when: new cases, known ones, troubles and that they are over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from ledger.tables import rollbook_drops, rollbook_messages
from rollbook.clock import now
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, SECOND, write
from tests.pipeline.notifying.desk import OWNER, MailDesk
from tests.pipeline.test_round_trip import correct, edited
from tests.servers.mail import MailServer, attachments_of, mail_server, text_of

WELL = (SECOND[0], SECOND[2])
BAD = FIRST[7:]
NO_WORKBOOK = b"PK\x03\x04 this is no workbook"


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, server: MailServer) -> MailDesk:
    """A drop folder whose mail goes there."""
    return MailDesk(tmp_path, server.url)


def subjects(server: MailServer) -> list[str]:
    """What came since it was asked last, sorted."""
    told = sorted(str(message["Subject"]).removeprefix("Rollbook: ") for message in server.received)
    server.received.clear()
    server.recipients.clear()
    return told


def make_older(desk: MailDesk, days: float) -> None:
    """Let all that was told and taken be some days ago."""
    with create_engine(desk.url).begin() as connection:
        for table, name in ((rollbook_messages, "recorded_at"), (rollbook_drops, "taken_at")):
            for (moment,) in connection.execute(table.select().with_only_columns(table.c[name])).all():
                older = {name: moment - timedelta(days=days)}
                connection.execute(table.update().where(table.c[name] == moment).values(older))


def test_known_cases_stay_quiet_for_a_time(desk: MailDesk, server: MailServer) -> None:
    """And are counted beside new ones."""
    known, new = (*WELL, *BAD), ("no address", "", "Gil Gray", "S-9", "Attended", "", "")
    desk.put("monday.csv", known)
    desk.night()
    assert subjects(server) == ["1 row failed: monday.csv"]
    desk.put("tuesday.csv", (*known, SECOND[0]))
    assert desk.night().exit == 1
    assert subjects(server) == []
    desk.put("wednesday.csv", (*known, new))
    desk.night()
    assert "New: 1. Reported before and still open: 1." in text_of(server.received[0])
    assert subjects(server) == ["2 rows failed: wednesday.csv"]
    make_older(desk, days=8)
    desk.put("thursday.csv", known[::-1])
    desk.night()
    assert subjects(server) == ["1 row failed: thursday.csv"]


def test_ignored_cases_are_not_told(desk: MailDesk, server: MailServer) -> None:
    desk.put("monday.csv", (*WELL, *BAD))
    desk.night()
    assert app.run("failures", "ignore", "1", "--reason", "left us", *desk.shared[:2]).exit == 0
    make_older(desk, days=8)
    subjects(server)
    desk.put("tuesday.csv", (*WELL, *BAD, SECOND[0]))
    desk.night()
    assert subjects(server) == []


def test_a_file_that_cannot_be_read_and_the_next_one_that_can(desk: MailDesk, server: MailServer) -> None:
    """Of the same sender: another one's file says nothing of it."""
    hr, lms = desk.drop / "hr_1.xlsx", "lms_1.csv"
    hr.write_bytes(NO_WORKBOOK)
    desk.night()
    assert "the file cannot be read. It may be damaged." in text_of(server.received[0])
    assert subjects(server) == ["Not imported: hr_1.xlsx"]
    desk.put(lms, WELL)
    desk.night()
    assert subjects(server) == []
    desk.put("hr_2.xlsx", WELL).rename(desk.drop / "hr_2.csv")
    desk.night()
    assert subjects(server) == []
    desk.put("hr_3.xlsx", SECOND[:1])
    desk.night()
    assert subjects(server) == ["Imported again: hr_3.xlsx"]
    desk.put("hr_4.xlsx", SECOND[2:])
    desk.night()
    assert subjects(server) == []


def test_that_all_is_well_again_is_told_to_whoever_heard_that_it_was_not(desk: MailDesk, server: MailServer) -> None:
    """Not to owners that came later, nor to those whom a silent folder is no trouble of."""
    desk.notify(nightly=("expect_within = '26h'",))
    desk.put("hr_1.csv", WELL)
    desk.night(*desk.profile(OWNER))
    make_older(desk, days=2)
    desk.night(*desk.profile(OWNER))
    assert server.recipients == ["data@example.com"]
    subjects(server)
    desk.put("hr_2.csv", SECOND[:1])
    desk.night(*desk.profile(OWNER))
    assert server.recipients == ["data@example.com"]
    assert subjects(server) == ["Imported again: hr_2.csv"]
    (desk.drop / "hr_3.xlsx").write_bytes(NO_WORKBOOK)
    desk.night(*desk.profile(OWNER))
    assert sorted(server.recipients) == ["data@example.com", "hr@example.com"]
    subjects(server)
    desk.put("hr_4.xlsx", SECOND[2:])
    desk.night(*desk.profile(OWNER.replace("hr@", "new-hr@")))
    assert server.recipients == ["data@example.com"]


def test_a_limit_stops_a_file_with_the_rows_that_failed(desk: MailDesk, server: MailServer) -> None:
    desk.put("march.csv", FIRST)
    answer = desk.night("--max-rejected", "1", *desk.profile(OWNER))
    run = answer.told["runs"][0]["run"]
    told = dict(zip(server.recipients, server.received, strict=True))
    assert list(attachments_of(told["hr@example.com"])) == ["march.failed-rows.xlsx"]
    assert f"rollbook resume {run} --max-rejected 4" in text_of(told["data@example.com"])
    assert subjects(server) == ["Not imported: march.csv"] * 2
    assert app.run("resume", run, "--max-rejected", "4", *desk.shared).exit == 1
    assert subjects(server) == ["Imported again: march.csv"] * 2


def test_corrected_rows_of_a_run_that_was_stopped_say_that_its_other_rows_wait(
    desk: MailDesk, server: MailServer
) -> None:
    """In mails, with the command that loads them, and as JSON; what was corrected is not asked for again."""
    desk.put("march.csv", (*WELL, *BAD))
    owner = desk.profile(OWNER)
    run = desk.night("--max-rejected", "0", *owner).told["runs"][0]["run"]
    workbook = desk.drop / "failed" / "march.failed-rows.xlsx"
    edited(workbook, _correct_all).replace(desk.drop / "march.corrected.xlsx")
    subjects(server)
    answer = desk.night(*owner)
    told = dict(zip(server.recipients, map(text_of, server.received), strict=True))
    assert f"2 rows of run {run} are still not imported" in told["hr@example.com"]
    assert f"rollbook resume {run} --max-rejected 1" in told["data@example.com"]
    assert subjects(server) == ["Imported in part: march.corrected.xlsx"] * 2
    (corrected,) = answer.told["runs"]
    assert (corrected["rows"]["loaded"], corrected["held_back"]) == (1, [{"run": run, "rows": 2}])
    resumed = app.run("resume", run, "--max-rejected", "1", *desk.shared)
    assert (resumed.told["rows"]["loaded"], resumed.told["rows"]["rejected"]) == (2, 1)
    assert resumed.told["failures"] == {"learner.email": 1, "date.invalid": 1}
    assert "held_back" not in app.run("show", corrected["run"], *desk.shared).told
    assert not [name for message in server.received for name in attachments_of(message)]
    assert subjects(server) == ["Imported again: march.csv"] * 2


def _correct_all(sheet: Any) -> None:
    for header, value in (("Email", "fay@example.com"), ("Grade", "91"), ("Enrolled on", "2023-02-28")):
        correct(sheet, 2, header, value)


def test_a_known_file_ends_the_alarm_and_tells_so(desk: MailDesk, server: MailServer) -> None:
    desk.notify(nightly=("expect_within = '26h'",))
    desk.put("monday.csv", WELL)
    desk.night()
    make_older(desk, days=2)
    assert desk.night().exit == 1
    assert subjects(server) == [f"No new file: {desk.drop}"]
    desk.put("tuesday.csv", WELL)
    assert desk.night().exit == 0
    assert "tuesday.csv" in text_of(server.received[0])
    assert subjects(server) == [f"A file arrived again: {desk.drop}"]
    desk.put("wednesday.csv", WELL)
    assert desk.night().exit == 0
    assert subjects(server) == []


def test_a_stopped_file_that_was_moved_under_another_name_is_told_by_its_own(
    desk: MailDesk, server: MailServer
) -> None:
    """And its trouble is over when it is resumed, also without a profile."""
    for text in (FIRST, (*FIRST, SECOND[0])):
        desk.put("march.csv", text)
        run = desk.night("--max-rejected", "1").told["runs"][0]["run"]
    assert (desk.drop / "failed" / "march (2).csv").exists()
    subjects(server)
    assert app.run("resume", run, "--max-rejected", "4", *desk.shared).exit == 1
    assert subjects(server) == ["Imported again: march.csv"]


def test_a_silent_folder_is_told_once_in_a_while_and_when_it_is_over(desk: MailDesk, server: MailServer) -> None:
    desk.notify(nightly=("expect_within = '26h'",))
    desk.put("monday.csv", WELL)
    assert desk.night().exit == 0
    make_older(desk, days=2)
    assert desk.night().exit == 1
    last = now() - timedelta(days=2)
    assert f"The last one arrived on {last:%Y-%m-%d}" in text_of(server.received[0])
    assert subjects(server) == [f"No new file: {desk.drop}"]
    assert desk.night().exit == 1
    assert subjects(server) == []
    make_older(desk, days=7)
    assert desk.night().exit == 1
    assert subjects(server) == [f"No new file: {desk.drop}"]
    desk.put("later.csv", SECOND[:1])
    assert desk.night().exit == 0
    assert subjects(server) == ["Imported again: later.csv"]


def test_a_folder_that_cannot_be_read_and_can_again(desk: MailDesk, server: MailServer) -> None:
    """Told once in a while, again after it was well, and when it is over."""
    assert desk.night().exit == 0
    for _ in range(2):
        away = desk.drop.rename(desk.folder / "away")
        for _ in range(2):
            assert desk.night().exit == 2
        assert f"Nothing was imported from {desk.drop}: the folder" in text_of(server.received[0])
        assert subjects(server) == [f"Not imported: {desk.drop}"]
        away.rename(desk.drop)
        assert desk.night().exit == 0
        assert subjects(server) == [f"Imported again: {desk.drop}"]


def test_a_file_that_is_left_is_told_once(desk: MailDesk, server: MailServer) -> None:
    """Two profiles that apply keep it where it is, night after night."""
    for name in ("one", "two"):
        desk.profile("[applies]\nfiles = '*.csv'\n", f"profiles-{name}.toml")
    (desk.folder / "profiles").mkdir()
    for path in desk.folder.glob("profiles-*.toml"):
        path.rename(desk.folder / "profiles" / path.name)
    desk.put("march.csv", WELL)
    for _ in range(2):
        assert desk.night("--profile", str(desk.folder / "profiles")).exit == 2
    assert "Details: march.csv: several profiles apply" in text_of(server.received[0])
    assert subjects(server) == ["Not imported: march.csv"]
    assert desk.night().exit == 0
    assert subjects(server) == ["Imported again: march.csv"]


def test_a_migration_tells_each_owner_of_her_files(desk: MailDesk, server: MailServer) -> None:
    """In one message, with the workbooks of just these; whoever runs it hears of all."""
    legacy = desk.folder / "legacy"
    legacy.mkdir()
    write(legacy / "hr_1.csv", BAD)
    write(legacy / "hr_2.csv", (*WELL, ("no address", "", "Gil Gray", "S-9", "Attended", "", "")))
    write(legacy / "it_1.csv", (("none", "", "Jo Jay", "S-9", "Attended", "", ""),))
    profiles = desk.folder / "profiles"
    profiles.mkdir()
    for name in ("hr", "it"):
        text = f"[applies]\nfiles = '{name}_*.csv'\n[owner]\nmail = ['{name}@example.com']\n"
        (profiles / f"{name}.toml").write_text(text, encoding="utf-8")
    app.run("migrate", legacy, "--workers", "1", "--profile", profiles, "--out", desk.folder / "out", *desk.shared)
    told = dict(zip(server.recipients, server.received, strict=True))
    assert set(told) == {"hr@example.com", "it@example.com", "data@example.com"}
    assert list(attachments_of(told["hr@example.com"])) == ["hr_1.failed-rows.xlsx", "hr_2.failed-rows.xlsx"]
    assert list(attachments_of(told["it@example.com"])) == ["it_1.failed-rows.xlsx"]
    assert attachments_of(told["data@example.com"]) == {}
    assert told["hr@example.com"]["Subject"] == "Rollbook: 2 rows failed: hr_1.csv and 1 more file"
    assert told["data@example.com"]["Subject"] == "Rollbook: 3 rows failed: hr_1.csv and 2 more files"


def test_the_language_is_that_of_the_owner(desk: MailDesk, server: MailServer) -> None:
    desk.put("märz – عربي.csv", FIRST)
    desk.night(*desk.profile(f"{OWNER}language = 'ar'\n"))
    told = dict(zip(server.recipients, server.received, strict=True))["hr@example.com"]
    assert told["Content-Language"] == "ar"
    assert 'dir="rtl"' in text_of(told, "html")
    assert list(attachments_of(told)) == ["märz – عربي.failed-rows.xlsx"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("rows = 'counts'",), "Ask the person who imports your files"),
        (("rows = 'link'", "link = 'https://rollbook.example.com/'"), "https://rollbook.example.com/runs/"),
        (("rows = 'link'",), "Open the workbook {drop}/done/march.failed-rows.xlsx."),
        (("attach_mib = 0.0001",), "Open the workbook {drop}/done/march.failed-rows.xlsx."),
    ],
)
def test_rows_that_are_not_attached(desk: MailDesk, server: MailServer, lines: tuple[str, ...], words: str) -> None:
    """As the settings want it, and where the workbook is too large."""
    desk.notify(*lines, mail=())
    desk.put("march.csv", FIRST)
    desk.night(*desk.profile(OWNER))
    (told,) = server.received
    assert attachments_of(told) == {}
    assert words.format(drop=desk.drop) in text_of(told)


def test_what_was_not_sent_is_shown(desk: MailDesk, server: MailServer) -> None:
    """By `runs` and by `show`, without holding anything up."""
    server.replies["RCPT"] = ["550 5.1.1 No such user"]
    desk.put("march.csv", FIRST)
    answer = desk.night()
    run = answer.told["runs"][0]["run"]
    shown = app.printed("runs", *desk.shared)
    assert "1 message was not sent. To send what waits:" in shown
    line = "Mail to data@example.com: not sent, and not tried again: the mail server said: 550 5.1.1 No such user"
    assert line in shown
    assert line in app.printed("show", run, *desk.shared)
    (not_sent,) = app.run("runs", *desk.shared).told["not_sent"]
    assert (not_sent["run"], not_sent["state"], not_sent["recipient"]) == (run, "failed", "data@example.com")


def test_a_run_that_is_resumed_tells_those_that_the_settings_name_today(desk: MailDesk, server: MailServer) -> None:
    desk.put("march.csv", FIRST)
    run = desk.night("--max-rejected", "1").told["runs"][0]["run"]
    assert subjects(server) == ["Not imported: march.csv"]
    desk.notify(mail=("new@example.com",))
    app.run("resume", run, "--max-rejected", "4", *desk.shared)
    assert server.recipients == ["new@example.com"]
    with create_engine(desk.url).connect() as connection:
        told = connection.exec_driver_sql("SELECT request FROM rollbook_runs").scalars().all()
    assert "data@example.com" not in repr(told)


def test_a_database_that_does_not_answer_is_told_of_once_in_a_while(desk: MailDesk, server: MailServer) -> None:
    """Nothing can be recorded then; a file beside the reports remembers it until the database answers."""
    there = desk.url
    assert desk.night().exit == 0
    desk.notify(nightly=("",))
    with (desk.folder / "rollbook.toml").open("r+", encoding="utf-8") as settings:
        lines = settings.read()
        settings.seek(0)
        settings.write(f"out = '{desk.folder / 'out'}'\n{lines}")
    for _ in range(2):
        for _ in range(2):
            desk.url = "postgresql://rollbook:s3cret@127.0.0.1:1/training"
            assert desk.night().exit == 2
        told = text_of(server.received[0])
        assert "because the database postgresql://rollbook:***@127.0.0.1:1/training does not answer" in told
        assert "s3cret" not in told
        assert subjects(server) == ["Nothing was imported: the database does not answer"]
        desk.url = there
        assert desk.night().exit == 0
    assert subjects(server) == []


def test_moments_are_kept(desk: MailDesk) -> None:
    desk.put("march.csv", FIRST)
    desk.night()
    ((recorded, ended),) = desk.messages("recorded_at", "ended_at")
    assert isinstance(recorded, datetime)
    assert recorded <= ended <= now()
