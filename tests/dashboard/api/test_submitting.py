"""Files sent by programs: imported or only checked, as the command line would, and refused with what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.uploads import jobs
from rollbook.settings import Settings
from tests.dashboard.api.programs import ROLES, SHEET, Program, installation, program, token_of
from tests.pipeline import app


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation."""
    return installation(tmp_path)


@pytest.fixture
def here(settings: Settings) -> Iterator[Program]:
    """A program that may import."""
    with program(settings, "import") as one:
        yield one


def test_files_of_a_form_are_imported(here: Program, settings: Settings) -> None:
    """The run is told at once, and is what the command line says of it."""
    answer = here.send({"march.csv": SHEET, "april.csv": SHEET.replace("S-1", "S-2")})
    assert answer.status_code == 202
    run = answer.json()["run"]
    assert answer.headers["location"] == f"/api/v1/runs/{run}"
    told = here.ended(run)
    assert (told["state"], told["rows"]["loaded"], told["rows"]["rejected"]) == ("with_failures", 2, 2)
    shown = app.run("show", run, "--database", settings.database).told
    assert {**told, "seconds": 0} == {**shown, "seconds": 0}  # it may be written a moment later
    (line,) = app.run("runs", "--database", settings.database).told["runs"]
    assert (line["by"], line["files"]) == ("importr", ["march.csv", "april.csv"])


def test_the_body_may_be_the_file(here: Program) -> None:
    answer = here.post("/imports", params={"name": "march.csv"}, content=SHEET.encode())
    told = here.ended(answer.json()["run"])
    assert told["rows"]["loaded"] == 1
    assert Path(told["files"][0]["path"]).name == "march.csv"


def test_too_many_at_once_are_to_come_again(here: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, which programs repeat; nothing is kept of what was sent."""
    monkeypatch.setattr(jobs, "MOST_AT_ONCE", 0)
    for check in ("true", "false"):
        answer = here.send({"march.csv": SHEET}, check=check)
        assert (answer.status_code, answer.json()["detail"][-26:]) == (503, "on. Try again in a moment.")
    assert here.get("/runs").json()["runs"] == []


def test_a_check_imports_nothing(here: Program, settings: Settings) -> None:
    """Its object, rows and changes can be read like those of a run."""
    run = here.send({"march.csv": SHEET}, check="true").json()["run"]
    told = here.ended(run)
    assert (told["state"], told["rows"]["loaded"], told["rows"]["rejected"]) == ("checked", 1, 1)
    rows = here.get(f"/runs/{run}/rows").json()
    assert [row["outcome"] for row in rows["rows"]] == ["loaded", "rejected"]
    assert here.get(f"/runs/{run}/rows", outcome="rejected").json()["rows"] == rows["rows"][1:]
    assert here.get(f"/runs/{run}/changes").json() == {"run": run, "changes": []}
    assert app.run("runs", "--database", settings.database).told["runs"] == []


def test_a_profile_is_named_and_not_sent(settings: Settings, tmp_path: Path) -> None:
    """One of the settings, or a preset; no path."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "north.toml").write_text('[applies]\nfiles = "none"\n[values.status]\nperhaps = "attended"\n')
    with program(settings.model_copy(update={"profile": folder}), "import") as other:
        told = other.ended(other.send({"march.csv": SHEET}, profile="north").json()["run"])
        assert told["rows"]["loaded"] == 2
        for name in ("south", "../north", str(folder / "north.toml")):
            answer = other.send({"march.csv": SHEET}, profile=name)
            assert (answer.status_code, "There is no profile" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("fields", "told"),
    [({"to": "nowhere"}, "There is no destination"), ({"check": "perhaps"}, "check is true or false")],
)
def test_what_cannot_be_asked_for_is_refused(
    here: Program, settings: Settings, fields: dict[str, str], told: str
) -> None:
    answer = here.send({"march.csv": SHEET}, **fields)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert told in answer.json()["detail"]
    assert list((settings.out / "uploads").iterdir()) == []


def test_no_file_too_much_and_no_form_are_refused(here: Program) -> None:
    for answer, status in (
        (here.post("/imports", content=b"x"), 400),
        (here.post("/imports", data={"to": "database"}), 400),
        (here.post("/imports", files=[("to", (None, "database"))]), 400),
        (here.send({"march.csv": b"x" * (3 * 2**20)}), 413),
        (here.post("/imports", params={"name": "a.csv"}, content=b"x" * (3 * 2**20)), 413),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["status"] == status


def test_a_file_that_cannot_be_read_fails_as_on_the_command_line(here: Program) -> None:
    told = here.ended(here.send({"march.xlsx": b"PK\x03\x04nothing"}).json()["run"])
    assert (told["state"], told["files"][0]["state"]) == ("with_failures", "failed")


def test_only_who_may_import_sends_files(settings: Settings) -> None:
    """A cookie is no token, and neither is a wrong one."""
    with program(settings, "look") as one:
        assert one.send({"march.csv": SHEET}).status_code == 403
        for header in ("", "Bearer", "Bearer x", f"Basic {token_of('import')}", "Bearer ä"):
            wrong = {"authorization": header.encode("latin-1")}
            answer = one.post("/imports", files=[("file", ("a.csv", SHEET))], headers=wrong)
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        del one.client.headers["authorization"]
        one.client.headers["x-remote-user"] = "importr"  # a browser's session of that user
        assert one.send({"march.csv": SHEET}).status_code == 401
    assert not (settings.out / "uploads").exists()
    for role in ROLES[1:]:
        with program(settings, role) as one:
            assert one.send({"march.csv": SHEET}, check="true").status_code == 202
