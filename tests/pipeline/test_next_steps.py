"""Each next step of each kind of ending, pasted into a shell from another folder, does what it says."""

import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.pipeline.attendance import HEADERS, write
from tests.pipeline.printed_commands import commands_in
from tests.pipeline.rest_desk import AXCELERATE_HEADERS, MOON_HEADERS, axcelerate_row, moon_row
from tests.pipeline.shell import Shell
from tests.servers.axcelerate import axcelerate_server
from tests.servers.moon import moon_server

GOOD = ("ada@example.com", "1", "Ada", "S-1", "Attended", "", "")
BAD = ("bo@example.com", "2", "Bo", "S-1", "perhaps", "", "")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell with a sheet of one good row and one that fails, and settings that hurry."""
    shell = Shell(tmp_path)
    write(shell.home / "my rows.csv", [GOOD, BAD], HEADERS)
    quick = "".join(f"[{system}]\npause = 0.001\n" for system in ("moon", "axcelerate", "smarteru"))
    (shell.home / "rollbook.toml").write_text(quick, encoding="utf-8")
    return shell


def correct(command: str) -> None:
    """Correct the workbook that a command names, in its place."""
    path = next(Path(word) for word in shlex.split(command) if word.endswith(".xlsx"))
    book = openpyxl.load_workbook(path)
    rows = book.worksheets[0]
    rows.cell(2, [cell.value for cell in rows[1]].index("Status") + 1).value = "Attended"
    book.save(path)


@pytest.mark.parametrize("given", ["", " --database 'sqlite:///my own.db' --out 'my reports' --profile p.toml"])
def test_rejected_rows(shell: Shell, given: str) -> None:
    """The workbook is imported into the database that it came from."""
    (shell.home / "p.toml").write_text("[limits]\nmax_rejected = 9\n", encoding="utf-8")
    (step,) = shell.steps(f"rollbook import 'my rows.csv'{given}")
    correct(step)
    answer = shell.paste(step)
    assert (answer.exit, answer.told["rows"]["loaded"], answer.told["cases"]["closed"]) == (0, 1, 1), answer


def test_a_check_before_there_is_a_database(shell: Shell) -> None:
    """What it names imports the corrected row into the database that the check spoke of."""
    (step,) = [line for line in shell.steps("rollbook check 'my rows.csv'") if " import " in line]
    correct(step)
    assert shell.paste(step).told["rows"]["loaded"] == 1
    assert (shell.home / "rollbook.db").exists()


@pytest.mark.parametrize("quiet", ["", " --quiet", " --json"])
def test_stopped_by_limits(shell: Shell, quiet: str) -> None:
    """The command that is printed raises the limit far enough."""
    steps = shell.steps(f"rollbook import 'my rows.csv' --max-rejected-percent 10{quiet}")
    answer = shell.paste(next(step for step in steps if " resume " in step))
    assert (answer.exit, answer.told["rows"]["loaded"]) == (1, 1), answer


def test_killed(shell: Shell) -> None:
    """`runs` and `show` tell of it, with the command that finishes it."""
    many = [(f"p{number}@example.com", str(number), "", "S-1", "Attended", "", "") for number in range(20_000)]
    write(shell.home / "many.csv", many, HEADERS)
    command = [sys.executable, "-m", "cli", "import", "many.csv"]
    with subprocess.Popen(command, cwd=shell.home, env=shell.environment, stdout=subprocess.DEVNULL) as running:
        until = time.monotonic() + 60
        while "running" not in shell.type("rollbook runs").stdout and time.monotonic() < until:
            time.sleep(0.1)
        running.send_signal(signal.SIGKILL)
    (step,) = shell.steps("rollbook runs")
    assert step in shell.steps("rollbook show last")
    assert shell.paste(step).told["rows"]["loaded"] == 20_000


def test_a_file_that_needs_a_profile(shell: Shell) -> None:
    """`inspect` writes the profile that is named."""
    write(shell.home / "odd.csv", [("ada@example.com", "S-1", "x")], ("Email", "Session ID", "Whatever"))
    (step, *_) = shell.steps("rollbook import odd.csv")
    assert shell.paste(step).exit == 0
    assert (shell.elsewhere / "odd.toml").exists()


def _protected(path: Path) -> None:
    """The beginning of an encrypted workbook: a compound file with the stream of an encrypted package."""
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le") * 40)


_HEADER = "Email,Session ID,Status\n"
_FAILING: dict[str, Callable[[Path], object]] = {
    "damaged.xlsx": lambda path: path.write_bytes(b"PK\x03\x04 and nothing more"),
    "protected.xlsx": _protected,
    "empty.csv": lambda path: path.touch(),
    "no headers.csv": lambda path: path.write_text("1,2\n3,4\n", encoding="utf-8"),
    "two of one.csv": lambda path: path.write_text("Email,E-mail,Session ID,Status\na@x.org,b@x.org,S,attended\n"),
    "dates.csv": lambda path: path.write_text("Email,Session ID,Status,Held\na@x.org,S,attended,2024-03-05\n"),
    "two tables.csv": lambda path: path.write_text(f"{_HEADER}a@x.org,S,attended\n\n{_HEADER}b@x.org,S,attended\n"),
    "not ours.csv": lambda path: path.write_text("Rollbook row,Problems,What to do,Email\n7-ab12-zzzzzz,x,y,a@x.org\n"),
}


@pytest.mark.parametrize("name", _FAILING)
def test_a_file_that_failed(shell: Shell, name: str) -> None:
    """Whatever its code, each command that import, show and failures print is one that can be pasted and does it."""
    _FAILING[name](shell.home / name)
    ended = shell.type(f"rollbook import '{name}' 'my rows.csv'")
    assert ended.returncode == 1, ended.stderr
    printed = [ended, shell.type("rollbook show last"), shell.type("rollbook failures last")]
    steps = dict.fromkeys(step for each in printed for step in commands_in(each.stdout + each.stderr))
    assert any(f" {command} " in step for step in steps for command in ("import", "inspect"))
    for step in steps:
        pasted = shell.type(step, elsewhere=True)
        assert pasted.returncode in (0, 1), (step, pasted.stderr)
        assert "Traceback" not in pasted.stderr
    assert not list(shell.elsewhere.glob("*.db*"))


def test_rows_that_wait_for_moon(shell: Shell) -> None:
    """It did not answer: what is printed finishes the run when it does."""
    with moon_server() as server:
        keys = {"ROLLBOOK_MOON_URL": server.url, "ROLLBOOK_MOON_TOKEN": server.token}
        assert_resumed(shell, "moon", write(shell.home / "sent.csv", [moon_row(1)], MOON_HEADERS), keys)


def test_rows_that_wait_for_axcelerate(shell: Shell) -> None:
    """The same."""
    with axcelerate_server() as server:
        tokens = {"API": server.api_token, "WS": server.ws_token}
        keys = {f"ROLLBOOK_AXCELERATE_{name}_TOKEN": token for name, token in tokens.items()}
        sheet = write(shell.home / "sent.csv", [axcelerate_row(1001)], AXCELERATE_HEADERS)
        assert_resumed(shell, "axcelerate", sheet, {"ROLLBOOK_AXCELERATE_URL": server.url, **keys})


def assert_resumed(shell: Shell, system: str, sheet: Path, keys: dict[str, str]) -> None:
    """Whatever prints it, the command finishes a run that was begun while the system was away."""
    away = {name: "http://127.0.0.1:9" if name.endswith("_URL") else value for name, value in keys.items()}
    shell.environment |= away
    for line in (f"rollbook import {sheet.name} --to {system}", "rollbook show last", "rollbook runs"):
        (step,) = [step for step in shell.steps(line) if " resume " in step]
    shell.environment |= keys
    answer = shell.paste(step)
    assert (answer.exit, answer.told["rows"]["loaded"]) == (0, 1), answer


def test_profiles_for_several_kinds(shell: Shell) -> None:
    """All files are checked under all of them, by one command."""
    other = [("ada@example.com", "S-7", "Attended", "9")]
    write(shell.home / "other.csv", other, ("Email", "Session ID", "Status", "Size"))
    (step,) = shell.steps("rollbook inspect 'my rows.csv' other.csv --write-profile kinds")
    assert shell.paste(step).told["rows"]["read"] == 3


def test_a_folder_with_a_workbook_of_another_database(shell: Shell) -> None:
    """No database is made for it; the command that fits is printed."""
    (step,) = shell.steps("rollbook import 'my rows.csv'")
    correct(step)
    drop = shell.home / "drop"
    drop.mkdir()
    Path(next(word for word in shlex.split(step) if word.endswith(".xlsx"))).rename(drop / "book.xlsx")
    (fits,) = shell.steps("rollbook nightly drop --create --database sqlite:///new.db")
    assert not (shell.home / "new.db").exists()
    assert (drop / "book.xlsx").exists()
    assert shell.paste(fits).told["rows"]["loaded"] == 1


def test_a_workbook_of_another_database(shell: Shell) -> None:
    """The refusal names the command that fits."""
    (step,) = shell.steps("rollbook import 'my rows.csv'")
    correct(step)
    path = next(word for word in shlex.split(step) if word.endswith(".xlsx"))
    (fits,) = shell.steps(f"rollbook import {shlex.quote(path)} --database sqlite:///other.db")
    assert not (shell.home / "other.db").exists()
    assert shell.paste(fits).told["rows"]["loaded"] == 1


def test_a_workbook_of_rows_for_a_system(shell: Shell) -> None:
    """Not loaded into the database, where nobody looks for it; and the other way round. No case is closed by that."""
    with moon_server() as server:
        shell.environment |= {"ROLLBOOK_MOON_URL": server.url, "ROLLBOOK_MOON_TOKEN": server.token}
        write(shell.home / "moon.csv", [moon_row(1, 302, "perhaps")], MOON_HEADERS)
        (step,) = shell.steps("rollbook import moon.csv --to moon")
        correct(step)
        for wrong in (step.replace(" --to moon", ""), step.replace("moon --", "smarteru-xml --")):
            (fits,) = shell.steps(wrong)
            assert not server.enrollments
        assert shell.paste(fits).told["rows"]["loaded"] == 1
        (step,) = shell.steps("rollbook import 'my rows.csv'")
        correct(step)
        refused = shell.paste(f"{step} --to moon")
        assert refused.told["files"][0]["code"] == "file.other_destination"
        assert shell.paste(step).told["rows"]["loaded"] == 1


def test_failures_that_are_many(shell: Shell) -> None:
    """All of them are exported by the command that is printed."""
    write(shell.home / "bad.csv", [(*BAD[:3], f"S-{n}", *BAD[4:]) for n in range(60)], HEADERS)
    shell.type("rollbook import bad.csv")
    (step,) = shell.steps("rollbook failures last")
    assert shell.paste(step).exit == 0
    assert (shell.elsewhere / "failures.xlsx").exists()


def test_an_undo_of_a_repetition(shell: Shell) -> None:
    """It names the run whose rows they are, and the database."""
    for _ in range(2):
        shell.type("rollbook import 'my rows.csv'")
    (step,) = shell.steps("rollbook undo last")
    assert shell.paste(step).exit == 0


def test_emitted_batches(shell: Shell) -> None:
    """What waits to be sent is named; without keys it says what is missing and where, and finds the run."""
    rows = [("ada@example.com", "S-1", "2023-05-04", "Attended", "Sales", "C-1")]
    write(shell.home / "sent.csv", rows, ("Email", "Session ID", "Session Date", "Status", "Group", "Course ID"))
    emitted = shell.steps("rollbook import sent.csv --to smarteru-xml")
    step = next((line for line in emitted if " send " in line), "")
    assert step, shell.type("rollbook show last").stdout
    answer = shell.paste(step)
    assert answer.exit == 2
    assert "There is no" not in answer.errors
