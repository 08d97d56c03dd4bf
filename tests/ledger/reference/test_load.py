"""Reference data is added or changed, never removed; what contradicts is told by its row and left out."""

from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Connection, insert, select, update

from ledger.reference.load import load_references, loaded_kinds, store
from ledger.reference.upserts import Loaded
from ledger.tables import courses, employees, groups, rollbook_references, training_sessions
from rollbook.errors import CannotBegin
from tests.ledger.judged import NOON


def load(connection: Connection, kind: str, *records: dict[str, Any]) -> Loaded:
    """Load records, numbered from 2 on, as a cleaned sheet would bring them."""
    frame = pd.DataFrame([{"row": number, **record} for number, record in enumerate(records, 2)])
    for name in frame.columns.difference(["row", "session_date", "max_participants"]):
        frame[name] = frame[name].astype("str")
    if "session_date" in frame:
        frame["session_date"] = pd.to_datetime(frame["session_date"]).astype("datetime64[s]")
    if "max_participants" in frame:
        frame["max_participants"] = frame["max_participants"].astype("Int64")
    return store(connection, kind, frame, loaded_at=NOON, loaded_by="ann", source="a.xlsx")


def counted(loaded: Loaded) -> tuple[int, int, int]:
    return loaded.added, loaded.changed, loaded.unchanged


def problems(loaded: Loaded) -> list[tuple[int, str]]:
    return list(loaded.problems.itertuples(index=False, name=None))


def lines(frame: pd.DataFrame | None) -> list[tuple[Any, ...]]:
    assert frame is not None
    plain = frame.astype("object").where(frame.notna(), None)
    return list(plain.itertuples(index=False, name=None))


ANN = {"email": "ann@x.org", "employee_number": "007", "name": "Ann"}


def test_nothing_is_loaded_at_first(connection: Connection) -> None:
    references = load_references(connection)
    assert references.learners is references.sessions is None
    assert loaded_kinds(connection) == {}


def test_learners_are_added_changed_and_left_alone(connection: Connection) -> None:
    assert counted(load(connection, "learners", ANN, {"email": "bob@x.org"})) == (2, 0, 0)
    again = load(
        connection, "learners", {"employee_number": "007", "name": "Ann B."}, {"email": "bob@x.org", "name": None}
    )
    assert counted(again) == (0, 1, 1)
    assert lines(load_references(connection).learners) == [("ann@x.org", "007", "Ann B."), ("bob@x.org", None, None)]


def test_loading_again_is_a_new_generation(connection: Connection) -> None:
    load(connection, "learners", ANN)
    load(connection, "learners", ANN, {"email": None, "employee_number": None})
    load(connection, "courses", {"course_id": "C1"})
    assert loaded_kinds(connection) == {"learners": 2, "courses": 1}
    known = rollbook_references.c
    query = select(known.row_count, known.loaded_at, known.loaded_by, known.source).where(known.kind == "learners")
    assert tuple(connection.execute(query).one()) == (1, NOON, "ann", "a.xlsx")


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({"employee_number": "007"}, (None, "007", None)),
        ({"email": "ann@x.org"}, ("ann@x.org", None, None)),
        (ANN, ("ann@x.org", "007", "Ann")),
    ],
)
def test_a_learner_that_an_import_made_becomes_reference_data(
    connection: Connection, said: dict[str, str], known: tuple[str | None, ...]
) -> None:
    """What the import told beyond what is loaded stays, but no rule reads it."""
    connection.execute(insert(employees).values(**ANN, origin="import", run_id="r1"))
    loaded = load(connection, "learners", said)
    assert (counted(loaded), loaded.adopted) == ((0, 1, 0), 1)
    assert lines(load_references(connection).learners) == [known]
    there = employees.c
    query = select(there.email, there.employee_number, there.name, there.origin, there.run_id)
    assert tuple(connection.execute(query).one()) == ("ann@x.org", "007", "Ann", "reference", None)


def test_learners_that_imports_made_are_no_reference_data(connection: Connection) -> None:
    connection.execute(insert(employees).values(email="made@x.org", origin="import", run_id="r1"))
    load(connection, "learners", ANN)
    assert lines(load_references(connection).learners) == [("ann@x.org", "007", "Ann")]


def test_rows_of_one_learner_are_put_together(connection: Connection) -> None:
    loaded = load(
        connection, "learners", {"email": "ann@x.org"}, ANN, {"employee_number": "007", "name": "Ann B."}, ANN
    )
    assert counted(loaded) == (1, 0, 3)
    assert lines(load_references(connection).learners) == [("ann@x.org", "007", "Ann")]


def test_rows_that_contradict_each_other_are_told(connection: Connection) -> None:
    loaded = load(
        connection,
        "learners",
        {"email": "a@x.org", "employee_number": "1"},
        {"email": "a@x.org", "employee_number": "2"},
        {"email": "b@x.org", "employee_number": "3"},
        {"email": "c@x.org", "employee_number": "3"},
        {"email": None, "employee_number": None},
        {"email": "d@x.org", "employee_number": "4"},
    )
    assert counted(loaded) == (1, 0, 0)
    assert problems(loaded) == [
        (2, "The e-mail a@x.org appears in several rows with different values."),
        (3, "The e-mail a@x.org appears in several rows with different values."),
        (4, "The employee number 3 appears in several rows with different values."),
        (5, "The employee number 3 appears in several rows with different values."),
        (6, "The row names no learner."),
    ]


@pytest.mark.parametrize(
    ("kind", "key", "others"),
    [
        ("courses", "course_id", ({"name": "Fire"}, {"name": "First aid"})),
        ("groups", "group_id", ({"name": "Sales"}, {"name": "Staff"})),
        ("sessions", "session_id", ({"session_date": "2020-01-31"}, {"session_date": "2020-02-01"})),
        ("sessions", "session_id", ({"max_participants": 3}, {"max_participants": 4})),
    ],
)
def test_rows_of_one_line_that_differ_are_left_out(
    connection: Connection, kind: str, key: str, others: tuple[dict[str, Any], ...]
) -> None:
    """A blank differs from nothing, and neither does the case of a name."""
    rows = [{key: "X1", **others[0]}, {key: "X1", **others[1]}, {key: "X2", **others[0]}, {key: "X2"}]
    loaded = load(connection, kind, *rows)
    assert counted(loaded) == (1, 0, 1)
    assert [row for row, _ in problems(loaded)] == [2, 3]


def test_two_existing_learners_are_never_made_one(connection: Connection) -> None:
    load(connection, "learners", {"email": "a@x.org", "employee_number": "1"}, {"email": "b@x.org"})
    loaded = load(
        connection,
        "learners",
        {"email": "b@x.org", "employee_number": "1"},
        {"email": "a@x.org", "employee_number": "9"},
    )
    assert problems(loaded) == [
        (2, "The e-mail b@x.org belongs to another learner than the employee number 1."),
        (3, "The e-mail a@x.org belongs to a learner with another employee number already."),
    ]
    assert lines(load_references(connection).learners) == [("a@x.org", "1", None), ("b@x.org", None, None)]


def test_a_learner_without_number_gets_it_by_the_email(connection: Connection) -> None:
    load(connection, "learners", {"email": "a@x.org"})
    assert counted(load(connection, "learners", {"email": "a@x.org", "employee_number": "1"})) == (0, 1, 0)
    assert lines(load_references(connection).learners) == [("a@x.org", "1", None)]


def test_rows_that_mean_the_same_existing_learner_are_put_together(connection: Connection) -> None:
    load(connection, "learners", ANN)
    loaded = load(
        connection, "learners", {"email": "ann@x.org", "name": "A."}, {"employee_number": "007", "name": "B."}
    )
    assert counted(loaded) == (0, 1, 1)
    assert lines(load_references(connection).learners) == [("ann@x.org", "007", "B.")]


def test_groups_are_matched_by_id_and_by_name(connection: Connection) -> None:
    load(connection, "groups", {"group_id": "G1", "name": "Sales"}, {"name": "Staff"})
    loaded = load(
        connection,
        "groups",
        {"group_id": "G1", "name": "Sales EU"},
        {"group_id": "G2", "name": "Staff"},
        {"group_id": None, "name": "Staff"},
        {"group_id": None, "name": None},
    )
    assert problems(loaded) == [(5, "The row names no group.")]
    assert lines(load_references(connection).groups) == [("G1", "Sales EU"), ("G2", "Staff")]


def test_memberships_and_courses_of_groups_name_what_is_loaded(connection: Connection) -> None:
    load(connection, "learners", ANN, {"email": "bob@x.org"})
    load(connection, "groups", {"group_id": "G1", "name": "Sales"}, {"name": "Staff"})
    load(connection, "courses", {"course_id": "C1", "name": "Fire safety"})
    members = load(
        connection,
        "memberships",
        {"group_id": "G1", "email": "ann@x.org"},
        {"group_name": "Staff", "employee_number": "007"},
        {"group_name": "Staff", "employee_number": "007"},
        {"group_name": "Nowhere", "employee_number": "007"},
        {"group_name": "Staff", "email": "zoe@x.org"},
        {"group_name": "Staff", "email": "bob@x.org", "employee_number": "007"},
    )
    assert counted(members) == (2, 0, 1)
    assert [row for row, _ in problems(members)] == [5, 6, 7]
    assert "load groups first" in problems(members)[0][1]
    assert "load learners first" in problems(members)[1][1]
    taught = load(
        connection, "group-courses", {"group_id": "G1", "course_id": "C1"}, {"group_id": "G1", "course_id": "C9"}
    )
    assert counted(taught) == (1, 0, 0)
    assert [row for row, _ in problems(taught)] == [3]
    references = load_references(connection)
    assert lines(references.memberships) == [("G1", "Sales", "ann@x.org", "007"), (None, "Staff", "ann@x.org", "007")]
    assert lines(references.group_courses) == [("G1", "Sales", "C1")]
    assert counted(load(connection, "memberships", {"group_id": "G1", "email": "ann@x.org"})) == (0, 0, 1)


SESSION = {
    "session_id": "S1",
    "course_id": "C1",
    "course_name": "Fire safety",
    "session_date": "2020-01-31",
    "session_start": "09:00",
    "grade_type": "Letter Grade",
    "max_participants": 12,
    "status": "Closed",
}


def test_sessions_bring_their_courses_where_none_were_loaded(connection: Connection) -> None:
    loaded = load(connection, "sessions", SESSION, {"session_id": "S2", "course_name": "First  Aid"})
    assert counted(loaded) == (2, 0, 0)
    references = load_references(connection)
    day = pd.Timestamp(2020, 1, 31)
    assert lines(references.sessions) == [
        ("S1", "C1", "Fire safety", day, "09:00", "LetterGrade", 12, "Closed"),
        ("S2", "first aid", "First  Aid", None, None, None, None, None),
    ]
    assert references.sessions is not None
    assert str(references.sessions["session_date"].dtype) == "datetime64[s]"
    assert references.courses is None
    assert counted(load(connection, "sessions", SESSION)) == (0, 0, 1)
    changed = load(connection, "sessions", {"session_id": "S1", "max_participants": 10, "grade_type": "Pass/Fail"})
    assert counted(changed) == (0, 1, 0)
    assert lines(load_references(connection).sessions)[0] == (
        *("S1", "C1", "Fire safety", day, "09:00"),
        *("PassFail", 10, "Closed"),
    )


def test_sessions_name_loaded_courses_where_they_were_loaded(connection: Connection) -> None:
    load(connection, "courses", {"course_id": "C1", "name": "Fire safety"})
    loaded = load(
        connection,
        "sessions",
        {**SESSION, "session_id": "S1", "course_id": None},
        {**SESSION, "session_id": "S2", "course_id": "C9"},
        {**SESSION, "session_id": None},
        {**SESSION, "session_id": "S4", "max_participants": -1},
        {**SESSION, "session_id": "S5", "grade_type": "Stars"},
        {**SESSION, "session_id": "S6", "status": "postponed until further notice"},
    )
    assert counted(loaded) == (1, 0, 0)
    assert problems(loaded) == [
        (3, "The course C9 is not among the loaded courses."),
        (4, "The row has no session ID."),
        (5, "The greatest number of participants is below 0."),
        (6, "The grade type Stars is not one of LetterGrade, PassFail, Percentage, NotGraded."),
        (7, "The status postponed until further notice is too long."),
    ]
    assert lines(load_references(connection).sessions)[0][:3] == ("S1", "C1", "Fire safety")


def test_a_session_that_an_import_made_becomes_reference_data(connection: Connection) -> None:
    connection.execute(insert(training_sessions).values(session_code="S1", origin="import", run_id="r1"))
    assert counted(load(connection, "sessions", SESSION)) == (0, 1, 0)
    references = load_references(connection)
    assert lines(references.sessions)[0][:2] == ("S1", "C1")
    assert connection.execute(
        select(courses.c.origin, groups.c.id).outerjoin(groups, groups.c.id == courses.c.id)
    ).all()


def test_an_unknown_kind_is_told(connection: Connection) -> None:
    with pytest.raises(CannotBegin, match="group-courses"):
        load(connection, "teachers", {"name": "x"})


def test_an_empty_sheet_loads_nothing_but_counts_as_loaded(connection: Connection) -> None:
    frame = pd.DataFrame({"row": pd.Series(dtype="int64"), "email": pd.Series(dtype="str")})
    loaded = store(connection, "learners", frame, loaded_at=NOON)
    assert counted(loaded) == (0, 0, 0)
    assert lines(load_references(connection).learners) == []


def test_an_address_that_another_program_wrote_is_found(connection: Connection) -> None:
    """Whatever its case: it is the learner of the loaded row, and read in the spelling that rows are compared in."""
    load(connection, "learners", ANN)
    connection.execute(update(employees).values(email="Ann@X.org"))
    assert counted(load(connection, "learners", {"email": "ann@x.org", "name": "Ann Lee"})) == (0, 1, 0)
    assert lines(load_references(connection).learners) == [("ann@x.org", "007", "Ann Lee")]
