"""The order of files and loads, how rows are split, repeats and crashes change nothing in what is stored."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipeline import app
from tests.pipeline.killing import at_statements, killed, points_of
from tests.pipeline.rollbook_model import Row
from tests.pipeline.test_model import EXAMPLES, Played, emptied_of, outcomes, sheet, stored, table
from tests.servers.prepared import KINDS

__all__ = ["emptied_of"]

# An example is a dozen commands.
FEW = max(3, EXAMPLES // 6)
LEARNERS = (("a@x.org", "1"), ("b@x.org", "2"), ("c@x.org", ""))
NAMES = (*LEARNERS, ("a@x.org", ""), ("", "1"), ("b@x.org", ""), ("", "2"))
# One content for each session, so that whatever names the same attendance says the same.
CONTENT = {"S1": {"status": "attended"}, "": {"status": "completed", "grade": "A", "completed": "2024-03-06"}}
ROWS = st.lists(
    st.builds(
        lambda name, session: Row(name[0], name[1], session, **CONTENT[session]),
        st.sampled_from(NAMES),
        st.sampled_from(sorted(CONTENT)),
    ),
    min_size=2,
    max_size=8,
)
SESSIONS = [("L1", "F-1", "Fire Safety", "2024-03-05"), ("S1", "F-1", "Fire Safety", "2023-03-05")]
LOADS = ("learners", "sessions")


class Desk:
    """Commands on a database of its own. runs: those that refused some rows."""

    def __init__(self, played: Played) -> None:
        self.url, self.folder, self.runs = played.url, played.folder, list[str]()

    def do(self, *words: str | Path) -> app.Answer:
        return app.run(*words, "--database", self.url)

    def import_(self, path: Path) -> app.Answer:
        answer = self.do("import", path, "--out", self.folder / "out")
        if answer.told["rows"]["rejected"]:
            self.runs.append(answer.told["run"])
        return answer

    def load(self, kind: str) -> None:
        assert self.do("reference", "load", kind, reference(self.folder, kind)).exit == 0

    def retry_all(self) -> None:
        """What one order had to refuse, for two learners that only a later load made one, is loaded now."""
        for run in list(self.runs):
            self.do("retry", run, "--out", self.folder / "out")

    def held(self) -> dict[str, list[tuple[str, ...]]]:
        return {kind: lines for kind, lines in stored(self.url).items() if kind != "cases"}


def reference(folder: Path, kind: str) -> Path:
    """A file of learners or sessions."""
    if kind == "learners":
        return table(folder, ("email", "employee_number"), LEARNERS)
    return table(folder, ("session_id", "course_id", "course_name", "session_date"), SESSIONS)


def halves(rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


@settings(max_examples=FEW)
@given(ROWS, st.permutations(["first", "second", *LOADS]), st.permutations(KINDS))
def test_the_order_of_files_and_loads_changes_nothing(
    emptied_of: Callable[[str], Played], rows: list[Row], order: list[str], kinds: list[str]
) -> None:
    """Loading reference data before or after the history, and the history in any order, whatever the databases."""
    found = []
    for kind, steps in zip(kinds, (order, [*LOADS, "first", "second"]), strict=False):
        desk = Desk(emptied_of(kind))
        files = dict(zip(("first", "second"), halves(rows), strict=True))
        for step in steps:
            if step in files:
                desk.import_(sheet(desk.folder, files[step]))
            else:
                desk.load(step)
        desk.retry_all()
        found.append(desk.held())
    assert found[0] == found[1]
    assert found[0]["enrollments"]


@settings(max_examples=FEW)
@given(ROWS, st.permutations(KINDS))
def test_how_rows_are_split_into_files_changes_nothing(
    emptied_of: Callable[[str], Played], rows: list[Row], kinds: list[str]
) -> None:
    """In one file, in one run of several, in a run each, on a database each; and whatever comes again adds nothing."""
    found = []
    for kind, parts in zip(kinds, ([rows], halves(rows), [[row] for row in rows]), strict=True):
        desk = Desk(emptied_of(kind))
        for reference_kind in LOADS:
            desk.load(reference_kind)
        for part in parts:
            desk.import_(sheet(desk.folder, part))
        again = desk.import_(sheet(desk.folder, rows))
        assert set(outcomes(again)) <= {"read", "unchanged", "duplicate"}
        found.append(desk.held())
    assert found[0] == found[1] == found[2]


BEFORE = [
    Row("a@x.org", "", "", "completed"),
    Row("", "1", "", "completed"),
    Row("", "1", "S1"),
    Row("c@x.org", "", "S1"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", ["learners", "sessions", "forget", "undo"])
def test_a_command_that_is_killed_anywhere_is_done_or_not_at_all(
    emptied_of: Callable[[str], Played], kind: str, command: str
) -> None:
    """A real SIGKILL at statements that write; done again, everything is as if nothing had happened."""

    def prepared() -> tuple[Desk, list[str]]:
        desk = Desk(emptied_of(kind))
        for rows in (BEFORE[:1], BEFORE[1:]):
            desk.import_(sheet(desk.folder, rows))
        words = {
            "learners": ["reference", "load", "learners", str(reference(desk.folder, "learners"))],
            "sessions": ["reference", "load", "sessions", str(reference(desk.folder, "sessions"))],
            "forget": ["reference", "forget", "learners"],
            "undo": ["undo", "last"],
        }[command]
        if command in ("forget", "undo"):
            desk.load("learners")
        return desk, [*words, "--database", desk.url]

    desk, words = prepared()
    points = points_of(words, at_statements)
    whole = desk.held()
    for point in range(1, len(points) + 1, -(-len(points) // FEW)):
        desk, words = prepared()
        before = desk.held()
        assert killed(words, at_statements, point) == -9
        assert desk.held() in (before, whole)
        if desk.held() == before:
            assert app.run(*words).exit == 0
        assert desk.held() == whole
