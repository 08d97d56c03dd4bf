"""The set-up of docs/operating-install.md and docs/operating.md, with their very lines, on a machine of its own."""

import re
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.destinations.http.test_connection import self_signed
from tests.pipeline.printed_commands import commands_in
from tests.servers.machine import ROOT, Machine, machine, why_no_machine
from tests.servers.mail import MailServer, mail_server, text_of

PAGE = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("operating-install.md", "operating.md"))
HEADERS = "Email,Employee ID,Session ID,Status\n"
_SECONDS = 240


def block(before: str) -> str:
    """The lines that the pages have behind a text: the next ones that are fenced or indented."""
    assert PAGE.count(before) == 1, before
    rest = PAGE.partition(before)[2]
    found = re.search(r"^```\w*\n(.*?)^```$|((?:^    [^\n]*\n)+)", rest, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1] or re.sub(r"^    ", "", found[2], flags=re.MULTILINE)


def adapted(text: str, **changes: tuple[str, str]) -> str:
    """The page's text but for what a test has to change, each of which is there once."""
    for was, is_now in changes.values():
        assert text.count(was) == 1, (was, text)
        text = text.replace(was, is_now)
    return text


@pytest.fixture
def mails(tmp_path: Path) -> Iterator[tuple[MailServer, Path]]:
    """A mail server that wants TLS and a login, and its certificate."""
    certificate = self_signed(tmp_path)
    with mail_server(certificate, starttls=True, login=("rollbook@example.com", "a-mail-password")) as server:
        yield server, certificate[0]


@pytest.fixture
def installed(tmp_path: Path, mails: tuple[MailServer, Path]) -> Iterator[Machine]:
    """A machine on which steps 1 to 5 of the pages were followed."""
    if reason := why_no_machine():
        pytest.skip(reason)
    server, certificate = mails
    folder = tmp_path / "machine"
    folder.mkdir()
    with machine(folder) as made:
        steps = block("## 1. Install").splitlines()
        assert [step.split()[1] for step in steps if "/opt/rollbook" in step] == ["git", "make"]
        for step in steps:
            if "/opt/rollbook" not in step:  # the program is there already
                made.do(step.removeprefix("sudo "))
        url = adapted(
            block("nowhere else, with mode 600:"),
            url=("postgresql://rollbook:a-long-password@127.0.0.1/training", "sqlite:////srv/rollbook/rollbook.db"),
        )
        made.write("/etc/rollbook.env", url, 0o600)
        settings = block("`/srv/rollbook/rollbook.toml`, with absolute paths:")
        without_profiles = adapted(settings, profile=('profile = "/srv/rollbook/profiles"\n', ""))
        made.write("/srv/rollbook/rollbook.toml", without_profiles)
        made.write("/usr/local/bin/rollbook", block("Save this as `/usr/local/bin/rollbook`, with mode 755:"), 0o755)
        msmtp = adapted(
            block("`/etc/msmtprc`, with mode 600:"),
            host=("host smtp.example.com", "host 127.0.0.1"),
            port=("port 587", f"port {server.url.rpartition(':')[2]}"),
            trust=("/etc/ssl/certs/ca-certificates.crt", "/etc/msmtp.crt"),
        )
        made.write("/etc/msmtp.crt", certificate.read_text(encoding="utf-8"))
        made.write("/etc/msmtprc", msmtp, 0o600)
        yield made


def drop(machine: Machine, folder: str, name: str, *rows: str) -> None:
    """Put a sheet into a drop folder."""
    machine.do(f"install -d -o rollbook -g hr -m 2770 /srv/rollbook/{folder}")
    if rows:
        machine.write(f"/srv/rollbook/{folder}/{name}", HEADERS + "".join(f"{row}\n" for row in rows))


def wait_for(server: MailServer, number: int) -> list[EmailMessage]:
    """So many mails, in the order of their texts."""
    until = time.monotonic() + _SECONDS
    while len(server.received) < number and time.monotonic() < until:
        time.sleep(0.2)
    return sorted(server.received, key=text_of)


def test_a_night_with_cron(installed: Machine, mails: tuple[MailServer, Path]) -> None:
    """Failed rows, a failed file and an overdue folder are mailed, a line each; of a folder that is well nothing is.

    The command in the mail can be pasted.
    """
    drop(installed, "drop", "lms_export.csv", "ada@example.com,1,S-1,Attended", "bo@example.com,2,S-1,perhaps")
    first = installed.sh(block("Put a sheet into the drop folder, then run:").removeprefix("sudo "))
    assert first.returncode == 1, first.stdout
    assert "/srv/rollbook/drop/done/lms_export.csv: read, 1 failed row" in first.stdout
    assert "Correct the red cells in drop/done/lms_export.failed-rows.xlsx" in first.stdout
    drop(installed, "drop", "märz.csv", "cy@example.com,3,S-1,Attended", "di@example.com,4,S-1,never seen")
    installed.write("/srv/rollbook/drop/broken.xlsx", "PK\x03\x04 no workbook")
    drop(installed, "well", "april.csv", "ed@example.com,5,S-1,Attended")
    drop(installed, "late", "")
    crontab = block("`/etc/cron.d/rollbook`:")
    for folder in ("drop", "well", "late"):
        night = adapted(crontab, schedule=("15 2 * * *", "@reboot"), folder=("nightly drop ", f"nightly {folder} "))
        installed.write(f"/etc/cron.d/rollbook-{folder}", night)
    server, _ = mails
    cron = installed.start("cron", "-f", "-L", "15")
    try:
        failed, late = wait_for(server, 2)
        wait_until_done(installed, "/srv/rollbook/well/done/april.csv")
    finally:
        cron.terminate()
        cron.wait()
    assert {str(mail["To"]) for mail in (failed, late)} == {"ops@example.com"}
    assert "/usr/local/bin/rollbook nightly drop --quiet" in str(failed["Subject"])
    lines = sorted(text_of(failed).splitlines())
    assert [line.partition(": ")[2].partition(": ")[0] for line in lines] == [
        "/srv/rollbook/drop/done/märz.csv",
        "/srv/rollbook/drop/failed/broken.xlsx",
    ]
    assert "1 row failed. Correct /srv/rollbook/drop/done/märz.failed-rows.xlsx." in lines[0]
    assert "Nothing new in /srv/rollbook/late within 26 hours: no file has ever arrived." in text_of(late)
    (command,) = commands_in(lines[0])
    assert "never seen" in installed.do(command)


def wait_until_done(machine: Machine, path: str) -> None:
    """Until a file is there."""
    until = time.monotonic() + _SECONDS
    while machine.sh(f"test -e {path}").returncode:
        assert time.monotonic() < until, path
        time.sleep(0.5)


def test_a_night_with_systemd(installed: Machine, mails: tuple[MailServer, Path]) -> None:
    """The units are sound; what the service runs fails, quietly, where something is wrong; the alarm sends a mail."""
    if installed.sh("command -v systemd-analyze").returncode:
        pytest.skip("units cannot be verified: no systemd-analyze (Debian: package systemd)")
    for name in ("rollbook-nightly.service", "rollbook-alarm@.service", "rollbook-nightly.timer"):
        installed.write(f"/etc/systemd/system/{name}", block(f"`/etc/systemd/system/{name}`"))
    units = "rollbook-nightly.service rollbook-alarm@x.service rollbook-nightly.timer"
    assert installed.do(f"cd /etc/systemd/system && systemd-analyze verify --recursive-errors=no {units}") == ""
    service = dict(re.findall(r"^(\w+)=(.*)$", block("`/etc/systemd/system/rollbook-nightly.service`"), re.MULTILINE))
    assert service["OnFailure"] == "rollbook-alarm@%n.service"
    drop(installed, "drop", "march.csv", "cy@example.com,3,S-1,Attended")
    night = (
        f"set -a; . {service['EnvironmentFile']}; cd {service['WorkingDirectory']}; umask {service['UMask']}; "
        f"exec setpriv --reuid={service['User']} --regid={service['User']} --init-groups {service['ExecStart']}"
    )
    installed.do("rollbook nightly drop --create --quiet")
    drop(installed, "drop", "april.csv", "ed@example.com,5,S-1,Attended")
    well = installed.sh(night)
    assert (well.returncode, well.stdout) == (0, "")
    drop(installed, "drop", "may.csv", "di@example.com,4,S-1,never seen")
    failed = installed.sh(night)
    assert (failed.returncode, failed.stdout.count("\n")) == (1, 1), failed.stdout
    alarm = re.search(r"^ExecStart=(.*)$", block("`/etc/systemd/system/rollbook-alarm@.service`"), re.MULTILINE)
    assert alarm is not None
    installed.do(alarm[1].replace("%i", "rollbook-nightly.service").replace("%H", "here"))
    (mail,) = wait_for(mails[0], 1)
    assert (str(mail["Subject"]), str(mail["To"])) == ("rollbook-nightly.service failed on here", "ops@example.com")


def test_a_mail_by_hand(installed: Machine, mails: tuple[MailServer, Path]) -> None:
    """The page's test mail arrives, by STARTTLS and with a login."""
    installed.do(block("Try it. The mail should arrive at once:").replace("sudo ", ""))
    (mail,) = wait_for(mails[0], 1)
    assert str(mail["Subject"]) == "A test of Rollbook"
