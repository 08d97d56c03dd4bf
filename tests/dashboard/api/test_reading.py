"""Runs, rows, changes and cases as the command line tells them; a run undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rollbook.settings import Settings
from tests.dashboard.api.programs import SHEET, Program, installation, program
from tests.pipeline import app


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with two runs; the second changed what the first loaded."""
    settings = installation(tmp_path)
    for name, text in (("a.csv", SHEET), ("b.csv", SHEET.replace("attended", "completed"))):
        (tmp_path / name).write_text(text)
        where = ("--database", settings.database, "--out", settings.out, "--by", "importr")
        app.run("import", tmp_path / name, "--on-existing", "update", *where)
    return settings


@pytest.fixture
def here(settings: Settings) -> Iterator[Program]:
    """A program that may do everything."""
    with program(settings) as one:
        yield one


def test_everything_is_what_the_command_line_says(here: Program, settings: Settings) -> None:
    where = ("--database", settings.database)
    runs = app.run("runs", *where).told["runs"]
    assert here.get("/runs").json() == {"runs": runs, "next": None}
    for run in (runs[0]["run"], "last"):
        assert here.get(f"/runs/{run}").json() == app.run("show", run, *where).told
        assert here.get(f"/runs/{run}/rows").json() == app.run("rows", run, *where, "--out", settings.out).told
        assert here.get(f"/runs/{run}/changes").json() == app.run("changes", run, *where, "--out", settings.out).told
    changed = here.get("/runs/last/changes").json()["changes"]
    assert ("status", "attended", "completed") in [(line["field"], line["was"], line["is"]) for line in changed]


def test_runs_come_page_by_page(here: Program) -> None:
    first = here.get("/runs", limit=1).json()
    second = here.get("/runs", limit=1, older=first["next"]).json()
    found = [run["run"] for page in (first, second) for run in page["runs"]]
    assert found == [run["run"] for run in here.get("/runs").json()["runs"]]
    assert second["next"] is None
    assert here.get("/runs", older="261130-zzzzz").status_code == 404


def test_cases_are_those_of_the_failures(here: Program, settings: Settings) -> None:
    """By the same names; filtered as on the page."""
    first = here.get("/runs").json()["runs"][-1]["run"]
    lines = app.run("failures", first, "--database", settings.database).told["failures"]
    (case,) = here.get("/cases").json()["cases"]
    (problem,) = case["problems"]
    for name in ("case_id", "state", "source_sheet", "source_row", "times"):
        assert case[name] == lines[0][name], name
    for name in ("first_seen", "last_seen"):
        assert lines[0][name].startswith(case[name])
    for name in ("code", "header", "value", "message", "remedy"):
        assert problem[name] == lines[0][name], name
    assert case["cells"] == {"A": "ben@example.com", "B": "S-1", "C": "perhaps"}
    for query in ({"state": "fixed"}, {"code": "date.ambiguous"}, {"text": "nobody"}):
        assert here.get("/cases", **query).json() == {"cases": [], "next": None}
    assert here.get("/cases", code="status.unknown", text="perh").json()["cases"] == [case]


def test_a_run_is_undone(here: Program) -> None:
    told = here.post("/runs/last/undo").json()
    assert (told["exit"], told["restored"], told["left"]) == (0, 1, [])
    assert here.get(f"/runs/{told['run']}").json()["state"] == "undone"
    answer = here.post("/runs/nothing/undo")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_program_that_may_only_import_undoes_its_own_runs(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(SHEET.replace("S-1", "S-3"))
    app.run("import", tmp_path / "c.csv", "--database", settings.database, "--out", settings.out, "--by", "somebody")
    with program(settings, "import") as one:
        runs = {run["by"]: run["run"] for run in one.get("/runs").json()["runs"]}
        assert one.post(f"/runs/{runs['somebody']}/undo").status_code == 403
        assert one.post(f"/runs/{runs['importr']}/undo").status_code == 200
    with program(settings, "look") as one:
        assert one.post(f"/runs/{runs['somebody']}/undo").status_code == 403


@pytest.mark.parametrize("path", ["/runs/nothing", "/runs/nothing/rows", "/runs/..%2F..", "/nothing", "/runs/A%00"])
def test_what_is_not_there_is_a_problem(here: Program, path: str) -> None:
    answer = here.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["status"] == 404


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/runs", {"limit": 0}),
        ("/runs", {"older": "<b>"}),
        ("/runs/last/rows", {"outcome": "x"}),
        ("/cases", {"stat": "fixed"}),
        ("/cases", {"state": "shut"}),
    ],
)
def test_a_wrong_parameter_is_named(here: Program, path: str, query: dict[str, str | int]) -> None:
    answer = here.get(path, **query)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert next(iter(query)) in answer.json()["detail"]
