"""What is put right afterwards: retry under a better profile, undo, reference data; and who decides about copies."""

from pathlib import Path

import pytest

from tests.pipeline import app
from tests.pipeline.desk import BAD, CONFLICT, GOOD, Desk

REFERENCES = {
    "learners": "Email,Employee ID,Name\nana@example.com,1001,Ana\ncy@example.com,1003,Cy\n",
    "groups": "Group ID,Group name\nG1,Sales\n",
    "memberships": "Group ID,Employee ID\nG1,1001\n",
    "courses": "Course ID,Course name\nC-1,Safety\n",
    "group-courses": "Group ID,Course ID\nG1,C-1\n",
    "sessions": "Session ID,Course ID,Session date,Grade type\nS-1,C-1,2023-02-01,Percentage\n",
}


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """A place with nothing in it, on each of the three databases."""
    return Desk(tmp_path, prepared_url)


def _states(desk: Desk) -> dict[int, str]:
    return {case["row_no"]: case["state"] for case in app.contents(desk.url)["cases"]}


def test_retry_under_a_better_profile(desk: Desk) -> None:
    """A new run over what is still open; what was there before keeps its counts, its rows their places."""
    row = ("ben@example.com", "1002", "S-1", "perhaps", "", "2023-01-05")
    first = desk.do("import", desk.sheet(GOOD, row, BAD))
    same = desk.do("retry", "last")
    assert (same.exit, same.told["rows"]["rejected"], same.told["cases"]) == (1, 2, {"new": 0, "known": 2, "closed": 0})
    profile = desk.text("better.toml", '[values.status]\n"perhaps" = "no_show"\n')
    answer = desk.do("retry", first.told["run"], "--profile", profile)
    assert answer.told["rows"] | {"read": 2, "loaded": 1, "rejected": 1} == answer.told["rows"]
    assert answer.told["cases"]["new"] == 0
    assert _states(desk)[3] == "fixed"
    (ben,) = [line for line in app.enrollments(desk.url) if line["email"] == "ben@example.com"]
    assert (ben["status"], ben["source_file"], ben["source_row"]) == ("no_show", str(desk.folder / "history.csv"), 3)
    assert desk.do("show", first.told["run"]).told["rows"] == first.told["rows"]


def test_alike_rows_that_name_nobody_are_cases_of_their_own(desk: Desk) -> None:
    """In a sheet that names each learner once, above the rows: repairing one row leaves the others open."""
    row = ("", "", "S-1", "Attended", "", "2023-01-05")
    first = desk.do("import", desk.sheet(GOOD, row, BAD, row, row))
    assert first.told["cases"] == {"new": 4, "known": 0, "closed": 0}
    assert desk.do("retry", first.told["run"]).told["rows"]["read"] == 4
    assert desk.do("import", desk.sheet(GOOD, row, BAD, row, row, GOOD)).told["cases"]["new"] == 0


def test_retry_leaves_out_files_without_an_open_row(desk: Desk) -> None:
    """They have nothing to be read again; where no file has, there is nothing to retry."""
    good, bad = desk.sheet(GOOD, name="good.csv"), desk.sheet(BAD, name="bad.csv")
    first = desk.do("import", good, bad)
    again = desk.do("retry", first.told["run"])
    assert [(Path(file["path"]).name, file["state"]) for file in again.told["files"]] == [("bad.csv", "done")]
    assert again.told["rows"]["rejected"] == first.told["rows"]["rejected"] == 1
    desk.do("undo", first.told["run"])
    alone = desk.do("import", desk.sheet(GOOD, name="alone.csv"))
    nothing = desk.type("retry", alone.told["run"])
    assert nothing.exit == 2
    assert "there is nothing to retry" in nothing.errors


def test_undo_takes_a_run_back(desk: Desk) -> None:
    """Its enrollments, and the learners and sessions that only it made; then it can be imported again."""
    first = desk.do("import", desk.sheet(GOOD, BAD))
    undone = desk.do("undo", "last")
    assert (undone.exit, undone.told["deleted"], undone.told["left"]) == (0, 1, [])
    found = app.contents(desk.url)
    assert (found["enrollments"], found["employees"], found["sessions"]) == ([], [], [])
    assert desk.do("show", first.told["run"]).told["state"] == "undone"
    assert desk.do("import", desk.sheet(GOOD, BAD)).told["rows"] == first.told["rows"]
    assert desk.type("undo", first.told["run"]).exit == 2


def test_undo_of_one_file(desk: Desk) -> None:
    """The rows of the other files stay."""
    one, two = desk.sheet(GOOD, name="one.csv"), desk.sheet(CONFLICT[0], name="two.csv")
    desk.do("import", one, two)
    undone = desk.do("undo", "last", "--file", one)
    assert (undone.exit, undone.told["deleted"]) == (0, 1)
    assert [line["email"] for line in app.enrollments(desk.url)] == ["cy@example.com"]
    printed = desk.type("undo", "last", "--file", desk.folder / "three.csv")
    assert (printed.exit, "one.csv" in printed.errors) == (2, True)


def test_undo_leaves_what_a_later_run_changed(desk: Desk) -> None:
    """It lists it and exits with 1; what an update replaced comes back when the update is undone."""
    first = desk.do("import", desk.sheet(GOOD))
    changed = (*GOOD[:4], "95", GOOD[5])
    update = desk.do("import", desk.sheet(changed, name="later.csv"), "--on-existing", "update")
    assert update.told["rows"]["updated"] == 1
    undone = desk.do("undo", first.told["run"])
    assert (undone.exit, undone.told["deleted"], len(undone.told["left"])) == (1, 0, 1)
    assert undone.told["left"][0]["changed_by_run"] == update.told["run"]
    assert desk.do("undo", update.told["run"]).told["restored"] == 1
    (ana,) = app.enrollments(desk.url)
    assert (ana["grade"], Path(ana["source_file"]).name) == ("80", "history.csv")


@pytest.mark.parametrize(
    ("policy", "status"), [("reject", None), ("first", "attended"), ("last", "completed"), ("best", "completed")]
)
def test_who_wins_among_copies_is_said_by_option_or_profile(tmp_path: Path, policy: str, status: str | None) -> None:
    """Either road gives the same; the option stands above the profile."""
    for number, words in enumerate(
        (["--on-conflict", policy], ["--profile", "p.toml"], ["--on-conflict", policy, "--profile", "q.toml"])
    ):
        desk = Desk(tmp_path, f"sqlite:///{tmp_path / f'{number}.db'}")
        desk.text("p.toml", f'[rules]\non_conflict = "{policy}"\n')
        desk.text("q.toml", '[rules]\non_conflict = "reject"\n')
        told = [str(tmp_path / word) if word.endswith(".toml") else word for word in words]
        answer = desk.do("import", desk.sheet(*CONFLICT), *told)
        assert [line["status"] for line in app.enrollments(desk.url)] == ([status] if status else [])
        assert answer.told["rows"]["rejected"] == (0 if status else 2)


@pytest.mark.parametrize(("policy", "grade"), [("reject", "80"), ("update", "70"), ("best", "80")])
def test_what_happens_to_existing_ones_is_said_by_option_or_profile(tmp_path: Path, policy: str, grade: str) -> None:
    """`best` keeps the completed one against a mere attendance."""
    for number, words in enumerate((["--on-existing", policy], ["--profile", str(tmp_path / "p.toml")])):
        desk = Desk(tmp_path, f"sqlite:///{tmp_path / f'{number}.db'}")
        desk.text("p.toml", f'[rules]\non_existing = "{policy}"\n')
        desk.do("import", desk.sheet(GOOD))
        later = (*GOOD[:3], "Attended" if policy == "best" else GOOD[3], "70", GOOD[5])
        answer = desk.do("import", desk.sheet(later, name="later.csv"), *words)
        assert [line["grade"] for line in app.enrollments(desk.url)] == [grade]
        assert answer.told["failures"] == ({"enrollment.exists": 1} if policy == "reject" else {})


@pytest.mark.parametrize(
    ("name", "value"), [("max_rejected", "0"), ("max_rejected_percent", "10"), ("max_failed_files", "0")]
)
def test_limits_are_said_by_option_or_profile(tmp_path: Path, name: str, value: str) -> None:
    """Nothing is loaded; `resume` with a higher one loads it; the option stands above the profile."""
    option = f"--{name.replace('_', '-')}"
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")
    files = [desk.sheet(GOOD, BAD), desk.folder / "broken.xlsx"]
    files[1].write_bytes(b"PK\x03\x04")
    profile = desk.text("p.toml", f"[limits]\n{name} = {value}\n")
    for words in ([option, value], ["--profile", str(profile)]):
        stopped = desk.do("import", *files, *words)
        assert (stopped.exit, stopped.told["state"], stopped.told["rows"]["loaded"]) == (3, "stopped", 0)
        assert len(stopped.errors.strip().splitlines()[-1:]) == 1
        assert f"rollbook resume {stopped.told['run']}" in stopped.errors
        assert app.enrollments(desk.url) == []
    resumed = desk.do("resume", stopped.told["run"], option, "100")
    assert (resumed.exit, resumed.told["rows"]["loaded"]) == (1, 1)


def test_a_profile_fills_skips_translates_and_forgets(tmp_path: Path, sqlite_url: str) -> None:
    """[defaults], [rows] skip, [values] and `never`; what is never stored is in no table and no report."""
    headers = ("Email", "Role", "State", "Password")
    rows = [("ana@example.com", "pupil", "there", "hunter2"), ("t@example.com", "teacher", "there", "hunter3")]
    rows += [("ben@example.com", "pupil", "??", "hunter4")]
    desk = Desk(tmp_path, sqlite_url)
    profile = desk.text(
        "p.toml",
        '[columns]\nstatus = "State"\nnever = ["Password"]\n[rows]\nskip = {Role = ["teacher"]}\n'
        '[values.status]\nthere = "attended"\n[defaults]\nsession_id = {from = "file", pattern = "(S-\\\\d+)"}\n',
    )
    answer = desk.do("import", desk.sheet(*rows, name="list S-77.csv", headers=headers), "--profile", profile)
    assert answer.told["rows"] | {"read": 2, "loaded": 1, "rejected": 1, "ignored": 1} == answer.told["rows"]
    (ana,) = app.enrollments(desk.url)
    assert (ana["session_code"], ana["status"]) == ("S-77", "attended")
    held = {name: content for name, content in desk.files().items() if not name.endswith("S-77.csv")}
    assert [name for name, content in held.items() if b"hunter" in content] == []


def test_reference_data_of_every_kind(tmp_path: Path, sqlite_url: str) -> None:
    """Loaded once it is added, twice it is unchanged; then its rules hold and nothing is unchecked."""
    desk = Desk(tmp_path, sqlite_url)
    for kind, text in REFERENCES.items():
        path = desk.text(f"{kind}.csv", text)
        told = desk.do("reference load", kind, path).told
        assert list(told) == ["kind", "path", "added", "changed", "unchanged", "adopted", "exit", "problems", "unused"]
        assert (told["kind"], told["changed"], told["exit"], told["problems"], told["unused"]) == (kind, 0, 0, [], [])
        assert told["added"] == len(text.splitlines()) - 1
        again = desk.do("reference load", kind, path).told
        assert (again["added"], again["unchanged"]) == (0, told["added"])
    stranger = ("zoe@example.com", "1", "S-1", "Attended", "", "2023-01-05")
    percent = (*CONFLICT[1][:4], "120", CONFLICT[1][5])
    unknown = (*GOOD[:2], "S-2", *GOOD[3:])
    answer = desk.do("import", desk.sheet(GOOD, stranger, percent, unknown))
    assert answer.told["not_checked"] == []
    assert answer.told["rows"]["loaded"] == 1
    assert set(answer.told["failures"]) >= {"learner.unknown", "grade.percentage", "session.unknown"}
