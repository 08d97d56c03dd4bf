"""Whatever the situation: every command that any answer prints can be pasted as it stands, from another folder."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.pipeline.attendance import FIRST, HEADERS, write
from tests.pipeline.printed_commands import commands_in
from tests.pipeline.shell import Shell
from tests.pipeline.smarteru_desk import HEADERS as SMARTERU_HEADERS
from tests.pipeline.smarteru_desk import mail, row
from tests.servers.smarteru import smarteru_server

GOOD = ("ada@example.com", "1", "Ada", "S-1", "Attended", "", "")
BAD = ("bo@example.com", "2", "Bo", "S-1", "perhaps", "", "")
CLASH = ("ada@example.com", "9", "Ada", "S-2", "Attended", "", "")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell with a sheet of one good row and one that fails, and settings that hurry."""
    shell = Shell(tmp_path)
    write(shell.home / "my rows.csv", [GOOD, BAD], HEADERS)
    (shell.home / "rollbook.toml").write_text("[nightly]\nsettled_seconds = 0.01\n", encoding="utf-8")
    return shell


def failed_rows(_: Shell) -> Iterable[str]:
    """Rows fail, of which one needs what only an administrator has; the same again."""
    write(_.home / "clash.csv", [CLASH, BAD], HEADERS)
    yield "rollbook import 'my rows.csv'"
    yield "rollbook import clash.csv 'my rows.csv'"


def settings_database_profile_and_out(shell: Shell) -> Iterable[str]:
    """All that a command can be given."""
    (shell.home / "p 1.toml").write_text("[limits]\nmax_rejected = 9\n", encoding="utf-8")
    (shell.home / "s.toml").write_text("", encoding="utf-8")
    yield (
        "rollbook import 'my rows.csv' --settings s.toml --database 'sqlite:///it'\"'\"'s.db' "
        "--profile 'p 1.toml' --out 'my [1] reports'"
    )
    yield "rollbook retry last --settings s.toml --database 'sqlite:///it'\"'\"'s.db' --out 'my [1] reports'"


def several_workbooks_in_a_folder_with_brackets(shell: Shell) -> Iterable[str]:
    """They are named by a pattern."""
    write(shell.home / "b.csv", [BAD], HEADERS)
    yield "rollbook import 'my rows.csv' b.csv --out 'out [2023]'"


def limits(_: Shell) -> Iterable[str]:
    """They stop an import, and would stop what is checked."""
    yield "rollbook check 'my rows.csv' --max-rejected 0"
    yield "rollbook import 'my rows.csv' --max-rejected 0"
    yield "rollbook runs"


def an_unclear_file_and_many(shell: Shell) -> Iterable[str]:
    """A profile is begun for one, and for a folder of them."""
    for number in range(12):
        path = shell.home / "un clear" / f"odd {number}.csv"
        path.parent.mkdir(exist_ok=True)
        write(path, [("ada@example.com", "S-1", "x")], ("Email", "Session ID", "Whatever"))
    yield "rollbook import 'un clear/odd 1.csv'"
    yield "rollbook import 'un clear'"


def a_drop_folder(shell: Shell) -> Iterable[str]:
    """Failed rows, a limit, and a folder into which nothing came."""
    (shell.home / "empty").mkdir()
    drop = shell.home / "drop here"
    drop.mkdir()
    write(drop / "a b.csv", [GOOD, BAD], HEADERS)
    write(drop / "c.csv", FIRST, HEADERS)
    text = '[nightly]\nsettled_seconds = 0.01\nexpect_within = "26h"\n'
    (shell.home / "rollbook.toml").write_text(text, encoding="utf-8")
    yield "rollbook nightly 'drop here'"
    yield "rollbook nightly 'drop here' --create --max-rejected 1"
    yield "rollbook nightly 'drop here' --quiet"
    yield "rollbook nightly empty --quiet"


def an_undo_that_leaves_something(shell: Shell) -> Iterable[str]:
    """A later run changed it."""
    write(shell.home / "later.csv", [(*GOOD[:4], "Completed", "", "")], HEADERS)
    yield "rollbook import 'my rows.csv'"
    first = shell.type("rollbook runs").stdout.splitlines()[1].split()[0]
    yield "rollbook import later.csv --on-existing update"
    yield f"rollbook undo {first}"


def nothing_is_there(_: Shell) -> Iterable[str]:
    """No database, no run, no case, no file, and words that are wrong."""
    yield "rollbook runs"
    yield "rollbook import 'my rows.csv' --database sqlite:///made.db"
    for wrong in ("show x", "failures ignore 7 --reason r", "failures ignore x --reason r", "import nothing.csv"):
        yield f"rollbook {wrong} --database sqlite:///made.db"
    yield "rollbook import"
    yield "rollbook undo --all"


def many_runs_and_problems(shell: Shell) -> Iterable[str]:
    """More than are shown."""
    write(shell.home / "many.csv", [(*BAD[:3], f"S-{number}", *BAD[4:]) for number in range(60)], HEADERS)
    yield "rollbook import many.csv"


def words_and_templates(shell: Shell) -> Iterable[str]:
    """The workbook of unknown words, of files of which one cannot be read; a template to fill in."""
    (shell.home / "no book.xlsx").write_bytes(b"PK\x03\x04 no")
    yield "rollbook values 'my rows.csv' 'no book.xlsx' --workbook 'my words.xlsx' --database sqlite:///w.db"
    yield "rollbook template 'my template.xlsx'"
    yield "rollbook inspect 'my rows.csv' --write-profile 'my profile.toml'"


def rows_that_need_no_retry(_: Shell) -> Iterable[str]:
    """They are ignored."""
    yield "rollbook import 'my rows.csv'"
    yield "rollbook failures ignore 1 --reason r"
    yield "rollbook retry last"


SITUATIONS: tuple[Callable[[Shell], Iterable[str]], ...] = (
    failed_rows,
    settings_database_profile_and_out,
    several_workbooks_in_a_folder_with_brackets,
    limits,
    an_unclear_file_and_many,
    a_drop_folder,
    an_undo_that_leaves_something,
    nothing_is_there,
    many_runs_and_problems,
    words_and_templates,
    rows_that_need_no_retry,
)
# What is said of each run, wherever it is in the database.
_LOOKING = ("runs", "show last", "failures last")


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
def test_every_command_that_is_printed(shell: Shell, situation: Callable[[Shell], Iterable[str]]) -> None:
    """It is understood, finds what it names, and fails for no other reason than rows that fail."""
    printed: dict[str, str] = {}
    for line in situation(shell):
        where = line[line.find(" --database") :] if " --database" in line and "'\"'" not in line else ""
        for typed in (line, *(f"rollbook {look}{where}" for look in _LOOKING)):
            ended = shell.type(typed)
            assert "Traceback" not in ended.stderr, (typed, ended.stderr)
            printed |= dict.fromkeys(commands_in(ended.stdout + ended.stderr), typed)
    assert printed
    for command, of in printed.items():
        pasted = shell.type(command, elsewhere=True)
        assert pasted.returncode in (0, 1), (of, command, pasted.stderr)
        assert "Traceback" not in pasted.stderr
    assert not list(shell.elsewhere.glob("*.db*"))


def test_batches_for_smarteru(shell: Shell) -> None:
    """Written, looked at, and sent by what is printed; then there is nothing more to send."""
    with smarteru_server() as server:
        shell.environment |= {
            "ROLLBOOK_SMARTERU_URL": server.url,
            "ROLLBOOK_SMARTERU_ACCOUNT_API": server.account_api,
            "ROLLBOOK_SMARTERU_USER_API": server.user_api,
        }
        write(shell.home / "sent.csv", [row(mail(1)), row(mail(2), status="maybe")], SMARTERU_HEADERS)
        printed = shell.type("rollbook import sent.csv --to smarteru-xml")
        steps = commands_in(printed.stdout + printed.stderr)
        (send,) = [step for step in steps if " send " in step]
        answer = shell.paste(send)
        assert (answer.exit, answer.told["rows"]["loaded"]) == (1, 1), answer
        for step in steps:
            if step != send:
                assert shell.type(step, elsewhere=True).returncode in (0, 1), step


def test_a_program_that_no_shell_finds_by_name(tmp_path: Path) -> None:
    """It is printed by its path, quoted: in a usage error, too."""
    home = tmp_path / "my environment"
    home.mkdir()
    program = home / "rollbook"
    program.write_text(f"#!{sys.executable}\nfrom cli.main import main\nraise SystemExit(main())\n", encoding="utf-8")
    program.chmod(0o755)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).resolve().parents[2])}

    def type_in(line: str) -> "subprocess.CompletedProcess[str]":
        words = ["/bin/sh", "-c", line]
        return subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    wrong = type_in("'my environment/rollbook' import --no-such-option")
    assert wrong.returncode == 2
    see = wrong.stderr.strip().partition("See: ")[2]
    assert see == f"'{program}' import --help"
    assert type_in(see).returncode == 0
