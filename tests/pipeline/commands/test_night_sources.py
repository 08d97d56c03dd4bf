"""`[source.NAME]`: passed over by name or all together, each under its own profile, for its own owner and feed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from ledger.tables import rollbook_drops, rollbook_files
from pipeline.intake.night_sources import NightSource, request_for, sources_of
from rollbook.errors import CannotBegin
from rollbook.options import JudgingOptions
from rollbook.profile import choose_profile, matching_nothing, parse_profile
from rollbook.settings import Settings
from tests.pipeline import app
from tests.pipeline.attendance import BEFORE, SECOND, write
from tests.pipeline.commands.test_nightly import BAD, GOOD, Desk
from tests.servers.sshd import Sshd, make_key
from tests.servers.web import Page, Web, web


class Sources(Desk):
    """A desk with several sources."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.tables: dict[str, dict[str, str]] = {}
        self.more: list[str] = []

    def add(self, name: str, **keys: object) -> None:
        """A source of the settings."""
        self.tables[name] = {
            key: json.dumps(value if isinstance(value, list) else str(value)) for key, value in keys.items()
        }
        lines = [
            f"[source.{each}]\n" + "\n".join(f"{k} = {v}" for k, v in table.items())
            for each, table in self.tables.items()
        ]
        self.set(*self.more, *lines)

    def every(self, *words: str) -> app.Answer:
        """A pass over all."""
        return app.run("nightly", *words, "--create", "--out", self.folder / "out", *self.shared)

    def profiles(self) -> dict[str, str]:
        """The profile that each file was read under."""
        with create_engine(self.url).connect() as connection:
            lines = connection.execute(select(rollbook_files.c.path, rollbook_files.c.profile)).all()
            return {Path(path).name: profile or "" for path, profile in lines}

    def folders(self) -> list[str]:
        """The folder of each file that was taken."""
        with create_engine(self.url).connect() as connection:
            return list(connection.scalars(select(rollbook_drops.c.folder).order_by(rollbook_drops.c.drop_id)))


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """None yet."""
    return Sources(tmp_path)


@pytest.fixture
def site() -> Iterator[Web]:
    """A web server without a page."""
    with web() as started:
        yield started


def test_all_of_them_with_the_folder_of_the_settings(sources: Sources, sftp_server: Sshd) -> None:
    """One that cannot be read is reported, and keeps none of the others."""
    write(sftp_server.drop / "hr.csv", SECOND[:1])
    (sources.folder / "second").mkdir()
    write(sources.folder / "second" / "local.csv", GOOD[:1])
    sources.more = [f'folder = "{sources.drop}"']
    sources.put("mine.csv", BEFORE[:1])
    sources.add("gone", address=sources.folder / "nowhere")
    login = {"key_file": sftp_server.key_file, "known_hosts": sftp_server.known_hosts}
    sources.add("hr", address=sftp_server.url, **login)
    sources.add("second", address=sources.folder / "second")
    answer = sources.every()
    assert [Path(run["files"][0]["path"]).name for run in answer.told["runs"]] == ["mine.csv", "hr.csv", "local.csv"]
    assert answer.exit == 2
    assert f"gone: There is no folder {sources.folder / 'nowhere'}. Create it" in answer.errors
    assert sources.folders() == [str(sources.drop), sftp_server.url, str(sources.folder / "second")]
    assert (sftp_server.drop / "done" / "hr.csv").exists()


def test_one_of_them_by_its_name(sources: Sources, sftp_server: Sshd) -> None:
    write(sftp_server.drop / "hr.csv", SECOND[:1])
    sources.put("mine.csv", BEFORE[:1])
    sources.add("local", address=sources.drop)
    sources.add("hr", address=sftp_server.url, key_file=sftp_server.key_file, known_hosts=sftp_server.known_hosts)
    answer = sources.every("hr")
    assert (answer.exit, sources.there()) == (0, ["mine.csv"])
    sftp_server.know(make_key(sftp_server.folder / "other"))
    assert (sources.every("hr").exit, sources.every("local").exit) == (2, 0)


def test_a_web_page_is_imported_when_it_changed_and_never_moved(sources: Sources, site: Web) -> None:
    sources.add("lms", address=f"{site.address}/export?key=s3cret")
    for rows, imported in ((SECOND[:1], 1), (SECOND[:1], 0), ((*SECOND[:1], *GOOD[:1]), 1)):
        content = write(sources.folder / "x.csv", rows).read_bytes()
        site.pages["/export?key=s3cret"] = Page(content, headers={"Content-Disposition": "a; filename=hr.csv"})
        answer = sources.every("lms")
        assert (answer.exit, len(answer.told["runs"])) == (0, imported)
    assert "hr.csv holds what was imported before: it is not imported again." in sources.every().errors
    assert [line[1] for line in sources.drops()] == ["done", "skipped", "done", "skipped"]
    assert "s3cret" not in json.dumps(app.contents(sources.url), default=str)


def test_an_overdue_page_is_told(sources: Sources, site: Web) -> None:
    sources.add("lms", address=f"{site.address}/a.csv")
    site.pages["/a.csv"] = Page(write(sources.folder / "x.csv", SECOND[:1]).read_bytes())
    assert sources.every().exit == 0
    sources.more = ['expect_within = "0.0001m"']
    sources.add("lms", address=f"{site.address}/a.csv")
    again = sources.every()
    assert (again.exit, f"Nothing new in {site.address}/a.csv" in again.errors) == (1, True)


def test_one_file_that_is_written_over_each_night(sources: Sources, sftp_server: Sshd) -> None:
    """On a server or here; it stays where it is."""
    login = {"key_file": sftp_server.key_file, "known_hosts": sftp_server.known_hosts}
    sources.add("hr", address=f"{sftp_server.url}/hr.csv", **login)
    sources.add("here", address=sources.drop / "here.csv")
    for rows in ((SECOND[0],), (SECOND[0], GOOD[0])):
        write(sftp_server.drop / "hr.csv", rows)
        sources.put("here.csv", (*rows, BEFORE[1]))
        answer = sources.every()
        assert [run["rows"]["read"] for run in answer.told["runs"]] == [len(rows), len(rows) + 1]
    assert (sources.every().told["runs"], sources.there()) == ([], ["here.csv"])
    assert [path.name for path in sftp_server.drop.iterdir()] == ["hr.csv"]


def test_the_failed_rows_of_a_source_that_is_one_file_are_where_a_person_finds_them(sources: Sources) -> None:
    """Nothing can be put beside it: they are among the reports, and imported by the command that is printed."""
    sources.add("one", address=write(sources.folder / "one.csv", (*GOOD, *BAD)))
    (run,) = sources.every("one").told["runs"]
    workbook = Path(run["reports"]["failed_rows"])
    assert workbook == sources.folder / "out" / run["run"] / "failed-rows.xlsx"
    assert workbook.exists()
    assert sources.drops() == [("one.csv", "done", "one.csv", True)]


def test_owner_feed_and_profile_hold_for_the_files_of_a_source(sources: Sources) -> None:
    """What a profile says itself stands above; a file that no profile is for has the source's words alone."""
    profiles = sources.folder / "profiles"
    profiles.mkdir()
    (profiles / "north.toml").write_text('[applies]\nfiles = "north/*"\n[owner]\nmail = ["north@example.com"]\n')
    (profiles / "south.toml").write_text(
        '[applies]\nfiles = "south/*"\n[dates]\norder = "DMY"\n[feed]\ncomplete = true # all of it\n'
    )
    for name, rows in (("north/n.csv", SECOND[:1]), ("south/s.csv", GOOD[:1]), ("rest.csv", BEFORE[:1])):
        sources.put(name, rows)
    sources.add("hr", address=sources.drop, profile=profiles, owner=["hr@example.com"], feed="hris")
    assert sources.every().exit == 0
    read = {name: parse_profile(text) for name, text in sources.profiles().items()}
    assert {name: profile.owner.mail for name, profile in read.items()} == {
        "n.csv": ["north@example.com"],
        "s.csv": ["hr@example.com"],
        "rest.csv": ["hr@example.com"],
    }
    assert (read["s.csv"].dates.order, read["s.csv"].applies.files) == ("DMY", "south/*")
    assert (read["s.csv"].feed.name, read["s.csv"].feed.complete, read["rest.csv"].feed.name) == ("hris", True, "hris")


def test_a_source_without_owner_leaves_profiles_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("# as it is\n")
    settings = Settings.model_validate({"source": {"hr": {"address": "drop", "profile": str(tmp_path / "a.toml")}}})
    request = request_for(NightSource("drop", "hr"), settings, JudgingOptions())
    assert request.profiles == ((str(tmp_path / "a.toml"), "# as it is\n"),)


def test_a_profile_of_the_command_line_stands_above(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("")
    settings = Settings.model_validate({"source": {"hr": {"address": "drop", "profile": "nowhere.toml"}}})
    request = request_for(NightSource("drop", "hr"), settings, JudgingOptions(profile=tmp_path / "a.toml"))
    assert [name for name, _ in request.profiles] == [str(tmp_path / "a.toml")]


def test_the_profile_without_a_name_is_for_the_rest() -> None:
    profiles = [("a.toml", '[applies]\nfiles = "a*"\n'), ("", "# rest\n")]
    assert choose_profile(Path("a.csv"), profiles) == profiles[0][1]
    assert choose_profile(Path("b.csv"), profiles) == "# rest\n"
    assert matching_nothing([Path("a.csv")], profiles) is None


def test_a_name_that_is_also_a_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hr").mkdir()
    settings = Settings.model_validate({"source": {"hr": {"address": "sftp://files.example.com/hr"}}})
    with pytest.raises(
        CannotBegin, match=r"hr is a folder here, and a source in the settings. Write \./hr for the folder"
    ):
        sources_of("hr", settings)
    assert sources_of("./hr", settings) == [NightSource("./hr")]


def test_a_name_that_is_nearly_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.model_validate({"source": {"hr-north": {"address": "x"}}})
    with pytest.raises(CannotBegin, match=r"There is no folder or source hr-nort. Did you mean the source hr-north"):
        sources_of("hr-nort", settings)


def test_nothing_to_pass_over() -> None:
    with pytest.raises(CannotBegin, match="Which folder"):
        sources_of(None, Settings())


@pytest.mark.parametrize("name", ["HR", "hr.north", "-hr", "h r"])
def test_the_name_of_a_source_is_plain(sources: Sources, name: str) -> None:
    sources.set(f'[source."{name}"]', 'address = "drop"')
    answer = sources.every()
    assert (answer.exit, "source" in answer.errors) == (2, True)


def test_a_password_in_the_address_of_a_source(sources: Sources) -> None:
    sources.add("hr", address="sftp://ann:s3cret@files.example.com/drop")
    answer = sources.every()
    assert (answer.exit, "into ROLLBOOK_SOURCE_HR_PASSWORD" in answer.errors) == (2, True)
    assert "s3cret" not in answer.errors
