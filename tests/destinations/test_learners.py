"""Who a row is about: what makes an e-mail and an employee ID one learner, and what does not."""

import pytest
from sqlalchemy import Connection, insert, select

from ledger.reference.load import load_references
from ledger.tables import employees, rollbook_references
from tests.destinations.stage import (
    NOW,
    Driven,
    Row,
    enrolled,
    failures,
    learner,
    messages,
    outcomes,
    row,
    stage,
    terms,
)

DATABASE = Driven("database")


def load(connection: Connection, *rows: Row, run_id: str = "r1") -> None:
    stage(connection, rows, run_id)
    DATABASE.decide(connection, terms(run_id))
    DATABASE.load(connection, terms(run_id))


def people(connection: Connection) -> list[tuple[str | None, str | None, str | None, str, str | None]]:
    who = employees.c
    query = select(who.employee_number, who.email, who.name, who.origin, who.run_id)
    found = [(number, mail, name, origin, run_id) for number, mail, name, origin, run_id in connection.execute(query)]
    return sorted(found, key=str)


def test_an_email_and_an_id_that_rows_pair_only_with_each_other_are_one_learner(connection: Connection) -> None:
    load(connection, row("a@x.org", "1"), row("a@x.org", "", "S2"), row("", "1", "S3"))
    assert people(connection) == [("1", "a@x.org", None, "import", "r1")]
    assert enrolled(connection) == [("1", "S1"), ("1", "S2"), ("1", "S3")]


def test_ids_are_text(connection: Connection) -> None:
    load(connection, row("", "007"), row("", "7"), row("", "7 "))
    assert enrolled(connection) == [("007", "S1"), ("7", "S1"), ("7 ", "S1")]


def test_an_email_with_two_ids_is_two_learners_but_the_email_alone_is_one(connection: Connection) -> None:
    load(connection, row("a@x.org", "1"), row("a@x.org", "2"), row("a@x.org", "", "S2"), row("", "2", "S2"))
    assert outcomes(connection) == ["rejected", "rejected", "accepted", "accepted"]
    assert failures(connection) == [
        (2, "row.two_learners", "learner_employee_id", "1"),
        (3, "row.two_learners", "learner_employee_id", "2"),
    ]
    assert "other rows pair them otherwise" in messages(connection)[0]
    assert enrolled(connection) == [("2", "S2"), ("a@x.org", "S2")]


def test_an_id_with_two_emails_disputes_every_pair_that_it_touches(connection: Connection) -> None:
    load(connection, row("a@x.org", "1"), row("b@x.org", "1"), row("b@x.org", "2"), row("c@x.org", "3"))
    assert outcomes(connection) == ["rejected", "rejected", "rejected", "accepted"]


@pytest.mark.parametrize("origin", ["reference", "import"])
def test_an_existing_employee_settles_what_rows_dispute(connection: Connection, origin: str) -> None:
    learner(connection, origin, employee_number="1", email="a@x.org")
    load(connection, row("a@x.org", "1"), row("a@x.org", "2"), row("b@x.org", "1"))
    assert outcomes(connection) == ["accepted", "rejected", "rejected"]
    assert "a@x.org has the employee ID 1" in messages(connection)[0]
    assert "1 has the e-mail a@x.org" in messages(connection)[1]
    assert enrolled(connection) == [("1", "S1")]


def test_two_existing_employees_are_never_merged(connection: Connection) -> None:
    learner(connection, "import", employee_number="1")
    learner(connection, "import", email="a@x.org")
    load(connection, row("a@x.org", "1"), row("a@x.org", "", "S2"), row("", "1", "S3"))
    assert outcomes(connection) == ["rejected", "accepted", "accepted"]
    assert "they are two existing learners" in messages(connection)[0]
    assert enrolled(connection) == [("1", "S3"), ("a@x.org", "S2")]


@pytest.mark.parametrize(
    "known", [{"employee_number": "1", "email": None}, {"employee_number": None, "email": "a@x.org"}]
)
def test_an_undisputed_pair_completes_an_employee_that_an_import_made(
    connection: Connection, known: dict[str, str | None]
) -> None:
    learner(connection, "import", run_id="r0", **known)
    load(connection, row("a@x.org", "1"), row("a@x.org", "", "S2"), row("", "1", "S3"))
    assert people(connection) == [("1", "a@x.org", None, "import", "r0")]
    assert enrolled(connection) == [("1", "S1"), ("1", "S2"), ("1", "S3")]


def test_what_a_run_adds_to_a_reference_employee_is_read_by_no_rule(connection: Connection) -> None:
    """Else the next sheet, which names the learner by the e-mail alone, would make a second one."""
    learner(connection, employee_number="1", name="Ann")
    connection.execute(insert(rollbook_references).values(kind="learners", generation=1, loaded_at=NOW, row_count=1))
    load(connection, row("a@x.org", "1"), row("a@x.org", "", "S2"))
    assert people(connection) == [("1", "a@x.org", "Ann", "reference", None)]
    assert enrolled(connection) == [("1", "S1"), ("1", "S2")]
    known = load_references(connection).learners
    assert known is not None
    assert known.isna().to_dict("records") == [{"email": True, "employee_number": False, "name": False}]


def test_a_pair_that_decided_is_kept_where_its_own_row_was_a_duplicate(connection: Connection) -> None:
    load(connection, row("b@x.org"))
    load(connection, row("b@x.org", session="S2"), row("b@x.org", "2", "S2"), run_id="r2")
    assert outcomes(connection, "r2") == ["accepted", "duplicate"]
    load(connection, row("", "2", "S2"), run_id="r3")
    assert outcomes(connection, "r3") == ["unchanged"]
    assert people(connection) == [("2", "b@x.org", None, "import", "r1")]


@pytest.mark.parametrize("again", ["completed", "no_show"])
def test_a_pair_that_decided_is_kept_where_its_own_rows_were_refused(connection: Connection, again: str) -> None:
    """As `enrollment.exists`, or as copies in conflict."""
    load(connection, row("", "3"))
    load(connection, row("c@x.org", "3", status="completed"), row("c@x.org", "3", status=again), run_id="r2")
    assert set(outcomes(connection, "r2")) <= {"rejected", "duplicate"}
    assert people(connection) == [("3", "c@x.org", None, "import", "r1")]


def test_a_disputed_pair_completes_nobody(connection: Connection) -> None:
    learner(connection, "import", employee_number="1", run_id="r0")
    load(connection, row("a@x.org", "1"), row("b@x.org", "1"))
    assert outcomes(connection) == ["rejected", "rejected"]
    assert people(connection) == [("1", None, None, "import", "r0")]


def test_an_email_of_several_employees_names_none_of_them_but_their_ids_do(connection: Connection) -> None:
    learner(connection, employee_number="1", email="a@x.org")
    learner(connection, employee_number="2", email="a@x.org")
    load(connection, row("a@x.org"), row("a@x.org", "2"), row("", "1"), row("a@x.org", "3"))
    assert outcomes(connection) == ["rejected", "accepted", "accepted", "rejected"]
    assert [failure[1] for failure in failures(connection)] == ["learner.ambiguous", "row.two_learners"]
    assert enrolled(connection) == [("1", "S1"), ("2", "S1")]


def test_rejected_rows_neither_dispute_nor_create(connection: Connection) -> None:
    load(
        connection,
        row("a@x.org", "1"),
        row("a@x.org", "2", outcome="rejected"),
        row("z@x.org", "9", outcome="rejected"),
    )
    assert people(connection) == [("1", "a@x.org", None, "import", "r1")]


def test_a_new_learner_gets_a_name_that_rows_give(connection: Connection) -> None:
    load(connection, row("a@x.org", "1"), row("a@x.org", "", "S2", learner_name="Ann"))
    assert people(connection) == [("1", "a@x.org", "Ann", "import", "r1")]


def test_an_address_of_several_people_is_nobody_s(connection: Connection) -> None:
    """Whatever the rest of the run says, in whatever part of it; those who are one person load."""
    names: dict[str, list[str | None]] = {
        "desk@x.org": ["Eva Orr", "Tom Roy", "Kim Day"],
        "e@x.org": ["Eva Orr", "Orr, E.", "Eva Roy"],
    }
    rows = [
        row(mail, session=f"S{number}", learner_name=name, part_id=number * 1_000_000)
        for mail, people in names.items()
        for number, name in enumerate(people, start=1)
    ]
    load(connection, *rows)
    assert outcomes(connection) == ["rejected", "accepted"] * 3
    assert {(code, field, value) for _, code, field, value in failures(connection)} == {
        ("learner.shared", "learner_email", "desk@x.org")
    }
    assert "Eva Orr, Kim Day, Tom Roy" in messages(connection)[0]
    assert enrolled(connection) == [("e@x.org", "S1"), ("e@x.org", "S2"), ("e@x.org", "S3")]


def test_rows_that_name_a_learner_by_one_half_count_too(connection: Connection) -> None:
    """The e-mail alone, the ID alone and both, each with a name of its own."""
    shared = [
        row("a@x.org", "1", learner_name="Eva Orr"),
        row("a@x.org", session="S2", learner_name="Tom Roy"),
        row("", "1", "S3", learner_name="Eva Orr"),
    ]
    load(connection, *shared, row("", "7", learner_name="Kim Day"), row("", "7", "S2", learner_name="Jo Fox"))
    assert outcomes(connection) == ["rejected"] * 5
    assert failures(connection)[-1] == (6, "learner.shared", "learner_employee_id", "7")


def test_an_address_of_several_people_does_not_become_an_employee_s(connection: Connection) -> None:
    """Not even where the employee is there already."""
    learner(connection, "reference", email="desk@x.org", name="Eva Orr")
    load(connection, row("desk@x.org", learner_name="Eva Orr"), row("desk@x.org", "", "S2", learner_name="Tom Roy"))
    assert outcomes(connection) == ["rejected", "rejected"]


def test_the_stored_name_counts_as_well(connection: Connection) -> None:
    """The address of somebody who is there, with the name of somebody else; a new last name is no other person."""
    learner(connection, "import", email="eva@x.org", name="Eva Orr")
    learner(connection, "reference", employee_number="7", name="Kim Day")
    load(connection, row("eva@x.org", learner_name="Tom Roy"), row("", "7", learner_name="Kim Fox"))
    assert outcomes(connection) == ["rejected", "accepted"]
    assert failures(connection) == [(2, "learner.shared", "learner_email", "eva@x.org")]
    assert "Eva Orr (already stored), Tom Roy" in messages(connection)[0]


def test_other_first_names_are_told(connection: Connection) -> None:
    """They load as one learner, whether they meet in the run or the database."""
    learner(connection, "import", email="kit@x.org", name="Kit Day")
    rows = [
        row("orr@x.org", learner_name="Eva Orr"),
        row("orr@x.org", session="S2", learner_name="Tom Orr"),
        row("kit@x.org", learner_name="Jo Day"),
        row("", "9", learner_name="Alexandra Fox"),
        row("", "9", "S2", learner_name="Alex Fox"),
    ]
    stage(connection, rows, "r1")
    tally = DATABASE.decide(connection, terms("r1"))
    assert tally.doubtful_people == (
        ("kit@x.org", "Jo Day", "Kit Day (already stored)"),
        ("orr@x.org", "Eva Orr", "Tom Orr"),
    )
    assert outcomes(connection) == ["accepted"] * 5


@pytest.mark.parametrize("theirs", ["Ann.Lee@X.org", " ann.lee@x.org", "ANN.LEE@X.ORG"])
def test_an_address_that_another_program_wrote_is_the_same_address(connection: Connection, theirs: str) -> None:
    """By the address alone, and beside the number; it stays there as it is written."""
    learner(connection, "reference", email=theirs, employee_number="7")
    load(connection, row("ann.lee@x.org"), row("ann.lee@x.org", "7", "S2"), row("", "7", "S3"))
    assert outcomes(connection) == ["accepted"] * 3
    assert [(number, mail) for number, mail, *_ in people(connection)] == [("7", theirs)]


def test_two_spellings_of_one_address_are_two_employees(connection: Connection) -> None:
    """Which of them is meant is for their numbers to say."""
    learner(connection, "reference", email="Ann@x.org", employee_number="7")
    learner(connection, "reference", email="ann@x.org", employee_number="8")
    load(connection, row("ann@x.org"), row("ann@x.org", "7", "S2"))
    assert outcomes(connection) == ["rejected", "accepted"]
    assert failures(connection)[0][1] == "learner.ambiguous"


@pytest.mark.parametrize(("one", "other"), [("МОР-7", "MOP-7"), ("MOP-7", "МОР-7"), ("ΚΑΤΩ", "KATΩ"), ("РО7", "ΡΟ7")])
def test_a_new_id_that_looks_like_another_one_is_nobodys(connection: Connection, one: str, other: str) -> None:
    """Against what is stored, and against another row of the run; what is stored is still read."""
    load(connection, row("", one), row("x@x.org", "ЖУК"))
    load(connection, row("", one, "S2"), row("new@x.org", other, "S2"), row("", "ЖУК", "S2"), run_id="r2")
    assert outcomes(connection, "r2") == ["accepted", "rejected", "accepted"]
    assert failures(connection, "r2") == [(3, "learner.lookalike", "learner_employee_id", other)]
    assert f"“{one}”, which is stored already" in messages(connection, "r2")[0]
    stage(connection, [row("", "СЕ-1"), row("", "CE-1"), row("", "CE-2")], "r3")
    DATABASE.decide(connection, terms("r3"))
    assert outcomes(connection, "r3") == ["rejected", "rejected", "accepted"]
    assert "CYRILLIC CAPITAL LETTER ES (U+0421)" in messages(connection, "r3")[1]


def test_loaded_learners_may_look_alike(connection: Connection) -> None:
    """Whoever keeps the list told them apart: IDs, and addresses."""
    for number, mail in [("МОР", "сора@почта.рф"), ("MOP", "copa@почта.рф")]:
        learner(connection, employee_number=number, email=mail)
    load(connection, row("", "МОР"), row("", "MOP"), row("сора@почта.рф", session="S2"), row("copa@почта.рф"))
    assert outcomes(connection) == ["accepted", "accepted", "accepted", "duplicate"]
    load(connection, row("", "МОР", "S9"), row("сорo@почта.рф", "", "S9"), run_id="r2")
    assert outcomes(connection, "r2") == ["accepted", "accepted"]


def test_a_new_session_that_looks_like_another_one_is_refused(connection: Connection) -> None:
    """By its own ID, or by the ID of the course that its code is made of; courses by name are told elsewhere."""
    load(connection, row("a@x.org", session="ТО-3"), row("a@x.org", session="АС|2023-04-05", course_id="АС"))
    load(
        connection,
        row("a@x.org", session="TO-3"),
        row("a@x.org", session="AC|2023-04-05", course_id="AC"),
        row("a@x.org", session="хор|2023-04-05", course_name="Хор"),
        row("a@x.org", session="xop|2023-04-05", course_name="Xop"),
        run_id="r2",
    )
    assert outcomes(connection, "r2") == ["rejected", "rejected", "accepted", "accepted"]
    assert failures(connection, "r2") == [
        (2, "value.lookalike", "session_id", "TO-3"),
        (3, "value.lookalike", "course_id", "AC"),
    ]
