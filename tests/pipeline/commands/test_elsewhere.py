"""Files on an SFTP server: imported by their address, and night after night."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import obstore
import pytest
from sqlalchemy import create_engine, select

from ledger.tables import rollbook_files
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, SECOND, write
from tests.pipeline.commands.test_nightly import BAD, GOOD, Desk
from tests.pipeline.commands.test_nightly_crash import KILLED, at_files
from tests.pipeline.killing import Fuse, around, at_statements, killed, points_of
from tests.servers.bucket import BUCKET, bucket
from tests.servers.sshd import Sshd, make_key
from tests.servers.web import Page, web


class Away(Desk):
    """A desk whose drop folder is on the server."""

    def __init__(self, folder: Path, server: Sshd, home: Path) -> None:
        super().__init__(folder)
        self.server, self.drop = server, server.drop
        login = {"IdentityFile": server.key_file, "UserKnownHostsFile": server.known_hosts}
        lines = [f"  {name} {value}" for name, value in login.items()]
        (home / ".ssh" / "config").write_text("\n".join(["Host 127.0.0.1", *lines]))

    def import_(self, *words: str | Path) -> app.Answer:
        """An import."""
        return app.run("import", *words, "--out", self.folder / "out", *self.shared)

    def copies(self) -> list[Path]:
        """What is left of copies on this machine."""
        return list((self.folder / "out" / "fetched").rglob("*"))

    def recorded(self) -> list[str]:
        """The paths of all files in the ledger."""
        with create_engine(self.url).connect() as connection:
            return list(connection.scalars(select(rollbook_files.c.path).order_by(rollbook_files.c.path)))


@pytest.fixture
def away(tmp_path: Path, sftp_server: Sshd, home: Path) -> Away:
    """One with an empty folder."""
    return Away(tmp_path, sftp_server, home)


def test_only_copies_are_for_this_user_alone(away: Away) -> None:
    """The reports beside them are as they are after an import of a local file."""
    away.put("a.csv", FIRST)
    assert away.import_(f"{away.server.url}/a.csv", "--max-rejected", "0").exit == 3
    modes = [path.stat().st_mode & 0o777 for path in (away.folder / "out", away.folder / "out" / "fetched")]
    assert (modes[0] & 0o055, modes[1]) == (0o055, 0o700)


def test_a_night_moves_files_there_and_puts_workbooks_beside_them(away: Away) -> None:
    away.put("good.csv")
    away.put("team/mixed.csv", FIRST)
    away.put("bad.csv", BAD)
    answer = away.night(folder=away.server.url)
    assert answer.exit == 1
    assert away.there() == [
        "done/good.csv",
        "done/team/mixed.csv",
        "done/team/mixed.failed-rows.xlsx",
        "failed/bad.csv",
        "failed/bad.failed-rows.xlsx",
    ]
    assert away.recorded() == [
        f"{away.server.url}/done/good.csv",
        f"{away.server.url}/done/team/mixed.csv",
        f"{away.server.url}/failed/bad.csv",
    ]
    assert away.copies() == []
    again = away.night(folder=f"{away.server.url}/")
    assert (again.exit, again.told["runs"]) == (0, [])


def test_an_archive_there_is_a_file_for_each_of_its_own(away: Away) -> None:
    with zipfile.ZipFile(away.drop / "may.zip", "w") as archive:
        archive.write(write(away.folder / "a.csv", SECOND[:1]), "north/a.csv")
        archive.write(write(away.folder / "b.csv", GOOD[:1]), "b.csv")
    assert away.night(folder=away.server.url).exit == 0
    assert away.recorded() == [f"{away.server.url}/done/may.zip/{name}" for name in ("b.csv", "north/a.csv")]
    assert away.copies() == []


def test_content_that_is_done_is_not_imported_again(away: Away) -> None:
    away.put("good.csv")
    away.night(folder=away.server.url)
    away.put("again.csv")
    answer = away.night(folder=away.server.url)
    assert answer.told["runs"] == []
    assert away.there() == ["done/again.csv", "done/good.csv"]
    assert away.copies() == []


def test_without_the_right_to_rename_nothing_is_imported_twice(away: Away) -> None:
    """The pass stops and says so; when the right is granted, the file is moved."""
    away.put("good.csv")
    away.server.stop()
    away.server.start("-P rename,posix-rename")
    first, second = away.night(folder=away.server.url), away.night(folder=away.server.url)
    assert (first.exit, second.exit) == (3, 3), first.errors
    assert "good.csv was to be moved to done/good.csv. The right to do so is missing: grant it." in first.errors
    assert away.runs() == 1
    away.server.stop()
    away.server.start()
    assert away.night(folder=away.server.url).exit == 0
    assert (away.runs(), away.there()) == (1, ["done/good.csv"])


def test_a_changed_host_key_ends_the_pass_before_it_begins(away: Away) -> None:
    away.put("good.csv")
    away.server.know(make_key(away.server.folder / "other"))
    answer = away.night(folder=away.server.url)
    assert answer.exit == 2
    assert "has changed" in answer.errors
    assert away.there() == ["good.csv"]


@pytest.mark.parametrize("points", [at_files, at_statements])
def test_killed_anywhere_the_next_pass_ends_every_file_once(
    away: Away, points: Callable[[Fuse], None], tmp_path: Path
) -> None:
    """The same journal as for a local folder: the killed night and the next one are as good as one undisturbed."""

    def fresh(number: int) -> list[str]:
        for path in sorted(away.drop.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        away.url = f"sqlite:///{tmp_path / f'{number}.db'}"
        away.put("a.csv", FIRST)
        away.put("b.csv", SECOND[:1])
        words = ("nightly", away.server.url, "--create", "--out", away.folder / f"out{number}", *away.shared)
        return [*map(str, words)]

    passed = points_of(fresh(0), points)
    expected = app.contents(away.url), away.there(), away.drops()
    step = max(len(passed) // 6, 1)
    for number in range(1, len(passed) + 1, step):
        words = fresh(number)
        assert killed(words, points, number) == KILLED
        assert app.run(*words).exit in (0, 1)
        assert (app.contents(away.url), away.there(), away.drops()) == expected, passed[number - 1]


def test_an_import_names_files_and_folders_there(away: Away) -> None:
    away.put("a.csv", SECOND[:1])
    away.put("deep/b.csv", SECOND[1:2])
    (away.drop / "letter.pdf").touch()
    one = away.import_(f"{away.server.url}/a.csv")
    assert [file["path"] for file in one.told["files"]] == [f"{away.server.url}/a.csv"]
    both = away.import_(away.server.url)
    assert [file["path"] for file in both.told["files"]] == [f"{away.server.url}/{x}" for x in ("a.csv", "deep/b.csv")]
    assert f"Not read, because it is not a spreadsheet: {away.server.url}/letter.pdf." in both.errors
    assert (both.told["rows"]["read"], away.there()) == (2, ["a.csv", "deep/b.csv", "letter.pdf"])
    assert away.copies() == []


def test_the_same_file_again_is_answered_from_the_ledger(away: Away) -> None:
    away.put("a.csv", SECOND[:1])
    away.import_(f"{away.server.url}/a.csv")
    answer = away.import_(f"{away.server.url}/a.csv")
    assert (answer.told["rows"]["unchanged"], answer.told["files"][0]["state"]) == (1, "unchanged")
    assert away.copies() == []


def test_check_and_inspect_read_there_and_leave_nothing_here(away: Away) -> None:
    away.put("a.csv", SECOND[:1])
    url = f"{away.server.url}/a.csv"
    checked = app.run("check", url, "--out", away.folder / "out", *away.shared)
    assert (checked.exit, checked.told["rows"]["loaded"]) == (0, 1)
    inspected = app.run("inspect", url)
    assert [file["path"] for file in inspected.told["files"]] == [url]
    assert away.copies() == []


def test_an_import_that_cannot_begin_leaves_no_copy(away: Away) -> None:
    away.put("a.csv", SECOND[:1])
    url = ("--database", "postgresql://nobody@127.0.0.1:1/none")
    answer = app.run("import", f"{away.server.url}/a.csv", "--out", away.folder / "out", *url)
    assert (answer.exit, away.copies()) == (2, [])


@pytest.mark.parametrize(
    ("name", "hint"),
    [("nowhere.csv", ""), ("a%20b.csv", "spaces and not %20"), ("*.csv", "Patterns do not work in addresses")],
)
def test_a_file_that_is_not_there(away: Away, name: str, hint: str) -> None:
    answer = away.import_(f"{away.server.url}/{name}")
    assert answer.exit == 2
    assert f"There is no {away.server.url}/{name}." in answer.errors
    assert hint in answer.errors


def test_a_run_that_was_stopped_is_finished_from_its_copy(away: Away) -> None:
    """What is there now does not matter: it was fetched when the run began. Its reports may go elsewhere meanwhile."""
    away.put("a.csv", FIRST)
    stopped = away.import_(f"{away.server.url}/a.csv", "--max-rejected", "0")
    assert (stopped.exit, len(away.copies()) > 0) == (3, True)
    away.put("a.csv", BAD)
    other = away.folder / "elsewhere"
    run, limit = stopped.told["run"], ("--max-rejected", "99")
    ended = app.run("resume", run, *limit, "--out", other, *away.shared)
    assert ended.told["rows"]["loaded"] > 0
    assert (away.copies(), list((other / "fetched").rglob("*"))) == ([], [])


def test_a_night_that_a_limit_stopped_is_finished_from_its_copy(away: Away) -> None:
    """The file was moved there meanwhile; whatever becomes of it, the printed command loads what was read."""
    away.put("mixed.csv", (*GOOD, *BAD))
    answer = away.night("--max-rejected", "0", folder=away.server.url)
    (run,) = answer.told["runs"]
    assert (answer.exit, (away.server.drop / "failed" / "mixed.csv").exists()) == (3, True)
    (away.server.drop / "failed" / "mixed.csv").unlink()
    ended = app.run("resume", run["run"], "--max-rejected", "1", *away.shared)
    assert (ended.exit, ended.told["rows"]["loaded"], away.copies()) == (1, len(GOOD), [])


def test_a_run_whose_copy_is_gone_fails_that_file(away: Away) -> None:
    away.put("a.csv", FIRST)
    words = ["import", f"{away.server.url}/a.csv", "--out", str(away.folder / "out"), *map(str, away.shared)]
    passed = points_of(words, at_statements)
    away.url = f"sqlite:///{away.folder / 'second.db'}"
    words = [*words[:4], *map(str, away.shared)]
    at = next(number for number, point in enumerate(passed, 1) if "rollbook_parts" in point)
    killed(words, at_statements, at)
    for path in away.copies():
        if path.is_file():
            path.unlink()
    ended = app.run("resume", *away.shared)
    assert json.dumps(ended.told).count("file.changed") >= 1


def test_a_profile_is_chosen_by_the_folder_there(away: Away) -> None:
    """As by local folders: `[applies] files` is compared with the end of the address."""
    (away.folder / "profiles").mkdir()
    (away.folder / "profiles" / "north.toml").write_text(
        '[applies]\nfiles = "north/*"\n[values.status]\n"Turned up" = "attended"\n'
    )
    away.put("north/a.csv", [(*SECOND[0][:4], "Turned up", *SECOND[0][5:])])
    away.put("south/b.csv", [(*SECOND[1][:4], "Turned up", *SECOND[1][5:])])
    answer = away.night("--profile", str(away.folder / "profiles"), folder=away.server.url)
    assert [run["rows"]["loaded"] for run in answer.told["runs"]] == [1, 0]


def test_a_night_in_a_bucket(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as on a server, by copying and removing."""
    url = f"s3://{BUCKET}/drop"
    with bucket() as there:
        for name, value in there.environment.items():
            monkeypatch.setenv(name, value)
        there.put("drop/good.csv", write(away.folder / "good.csv", GOOD).read_bytes())
        there.put("drop/team/bad.csv", write(away.folder / "bad.csv", BAD).read_bytes())
        assert away.night(folder=url).exit == 1
        assert there.keys() == [f"drop/{x}" for x in ("done/good.csv", *_FAILED)]
        assert away.recorded() == [f"{url}/done/good.csv", f"{url}/failed/team/bad.csv"]
        there.put("drop/again.csv", (away.folder / "good.csv").read_bytes())
        assert away.night(folder=url).told["runs"] == []
        one = away.import_(f"{url}/done/good.csv")
        assert one.told["files"][0]["path"] == f"{url}/done/good.csv"
    assert away.copies() == []


def at_removal(fuse: Fuse) -> None:
    """Points: before and after a file of a bucket is removed."""
    around(fuse, (obstore, "delete"))


_FAILED = ("failed/team/bad.csv", "failed/team/bad.failed-rows.xlsx")


def test_a_pass_that_was_killed_between_copy_and_removal_is_finished(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The original that is left is removed, and not imported again."""
    with bucket() as there:
        for name, value in there.environment.items():
            monkeypatch.setenv(name, value)
        there.put("drop/good.csv", write(away.folder / "good.csv", GOOD).read_bytes())
        words = ["nightly", f"s3://{BUCKET}/drop", "--create", "--out", str(away.folder / "out")]
        words += map(str, away.shared)
        assert killed(words, at_removal, 1) == KILLED
        assert there.keys() == ["drop/done/good.csv", "drop/good.csv"]
        assert app.run(*words).exit == 0
        assert (there.keys(), away.runs()) == (["drop/done/good.csv"], 1)


def test_a_file_of_a_web_server_bears_its_own_name(away: Away) -> None:
    content = write(away.folder / "a.csv", SECOND[:1]).read_bytes()
    with web() as site:
        site.pages["/export?key=s3cret"] = Page(content, headers={"Content-Disposition": 'a; filename="march.csv"'})
        answer = away.import_(f"{site.address}/export?key=s3cret")
        again = away.import_(f"{site.address}/export?key=s3cret")
    (path,) = away.recorded()[:1]
    assert (answer.exit, again.told["files"][0]["state"]) == (0, "unchanged")
    assert path.startswith(f"{site.address}/export-")
    assert path.endswith("/march.csv")
    assert "s3cret" not in json.dumps([answer.told, app.contents(away.url)], default=str)
    assert away.copies() == []


def test_a_folder_of_a_web_server_is_refused(away: Away) -> None:
    answer = away.night(folder="https://files.example.com/drop")
    assert (answer.exit, "a web server lists no folder. Name one file of it." in answer.errors) == (2, True)


def test_standard_input_is_a_file_too(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    content = write(away.folder / "a.csv", SECOND[:1])
    for state in ("done", "unchanged"):
        with content.open() as piped:
            monkeypatch.setattr("sys.stdin", piped)
            answer = away.import_("-")
        assert (answer.exit, answer.told["files"][0]["state"]) == (0, state)
    assert away.recorded()[0].endswith("/standard input")
    assert away.copies() == []
