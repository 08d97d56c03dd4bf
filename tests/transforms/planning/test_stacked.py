"""Tables below each other: each is read under its own titles, or told."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.profile import parse_profile
from tests.transforms.sheets import Rows, marked, part_of, plan_of, raw
from transforms.canonical import canonical_rows
from transforms.planning.sheet_plan import SheetPlan
from transforms.planning.stacked import plan_tables

HEAD = ["Email", "Name", "Status"]
NARROW = [
    ["Course: Ropes"],
    ["Date: 2024-03-01"],
    ["Email", "Status"],
    ["ann@b.c", "attended"],
    ["bo@b.c", "attended"],
]


def plans_of(rows: Rows, profile: str = "") -> tuple[SheetPlan, ...]:
    return plan_tables(raw(rows), partial(plan_of, profile=profile), parse_profile(profile))


def records(rows: Rows, profile: str = "") -> dict[int, tuple[str, str]]:
    """Row -> course and day of each record of all tables."""
    found: dict[int, tuple[str, str]] = {}
    for plan in plans_of(rows, profile):
        last = plan.to_row or len(rows)
        part = part_of(raw(rows))
        part = part[part["row"].between(plan.from_row, last)].reset_index(drop=True)
        made: Any = canonical_rows(part, marked(), plan).rows
        days = made["session_date"].dt.strftime("%Y-%m-%d")
        found |= dict(zip(made["row"], zip(made["course_name"], days, strict=True), strict=True))
    return found


def block(course: str, day: str, *people: str, blank: bool = False) -> list[list[str]]:
    return [[f"Course: {course}"], ["Date", day], *[[]] * blank, HEAD, *[[f"{p}@b.c", p, "attended"] for p in people]]


@given(
    st.lists(
        st.tuples(st.integers(1, 28), st.lists(st.sampled_from(["ann", "bob", "cy"]), min_size=1, unique=True)),
        min_size=1,
        max_size=5,
    ),
    st.booleans(),
    st.booleans(),
)
def test_each_table_goes_to_its_own_session(tables: list[tuple[int, list[str]]], blank: bool, apart: bool) -> None:
    """However many, with blank rows between them or none."""
    rows: list[list[str]] = []
    expected: dict[int, tuple[str, str]] = {}
    for number, (day, people) in enumerate(tables):
        rows += [[]] * (apart and number > 0)
        rows += block(f"Course {number}", f"2024-03-{day:02}", *people, blank=blank)
        at = len(rows) - len(people) + 1
        expected |= dict.fromkeys(range(at, len(rows) + 1), (f"Course {number}", f"2024-03-{day:02}"))
    assert records(rows) == expected


@pytest.mark.parametrize(
    "second",
    [
        [["Course: Knots"], HEAD, ["bob@b.c", "Bob", "attended"]],  # no day
        [["Waiting list"], ["Name", "Email", "Status"], ["Bob", "bob@b.c", "attended"]],  # neither
    ],
)
def test_a_table_without_a_session_of_its_own_is_told(second: list[list[str]]) -> None:
    """It does not go to the session of the table above it."""
    first = block("Ropes", "2024-03-01", "ann")
    rows = [*first, [], *second]
    (plan,) = plans_of(rows)
    assert plan.other_row == 6
    assert "Another table begins in row 6" in str(plan.note)
    assert list(records(rows)) == [4]


def test_the_same_people_once_more_are_no_second_record() -> None:
    """Which is said."""
    again = [[], ["Details"], ["Name", "Join time", "Email"], ["Ann", "2024-03-01 10:00", "ann@b.c"]]
    (plan,) = plans_of([*block("Ropes", "2024-03-01", "ann", "bob"), *again])
    assert (plan.other_row, plan.last_row) == (None, 6)
    assert "The table in row 7 has the same people once more and is not read." in str(plan.note)


def test_a_default_for_all_rows_is_not_for_several_tables() -> None:
    """What the profile says of the sheet may be meant for the first table only."""
    rows = [*block("Ropes", "2024-03-01", "ann"), [], *block("Knots", "2024-03-02", "ann")]
    (plan,) = plans_of(rows, '[defaults]\ncourse_name = "Ropes"')
    assert plan.other_row == 6


def test_a_printed_header_on_every_page_is_no_other_table() -> None:
    """Its page has a number and no label."""
    page = [["Page 2 of 2"], HEAD, ["bob@b.c", "Bob", "attended"]]
    rows = [*block("Ropes", "2024-03-01", "ann"), *page]
    assert records(rows) == {4: ("Ropes", "2024-03-01"), 7: ("Ropes", "2024-03-01")}


def test_headers_in_known_words_of_any_language_begin_another_table() -> None:
    """Behind a blank row."""
    second = [["Kurs: Knoten"], ["Datum: 22.03.2024"], [], ["Teilnehmername", "E-Mail-Adresse", "Teilnahmestatus"]]
    rows = [*block("Ropes", "2024-03-01", "ann"), [], *second, ["Bo Lund", "bo@b.c", "attended"]]
    assert records(rows) == {4: ("Ropes", "2024-03-01"), 10: ("Knoten", "2024-03-22")}


def test_a_table_above_one_with_more_columns_is_read_too() -> None:
    """The first of them is not the one with the most headers."""
    wide = ["Email", "Name", "Status", "Grade"]
    own = [["Course: Knots"], ["Date: 2024-03-02"], wide, ["ann@b.c", "Ann", "attended", "90"]]
    assert records([*NARROW, [], *own]) == {
        4: ("Ropes", "2024-03-01"),
        5: ("Ropes", "2024-03-01"),
        10: ("Knots", "2024-03-02"),
    }


def test_a_table_under_a_title_without_labels_does_not_go_to_the_session_above() -> None:
    """Neither table is read: the message says why."""
    other = [["Fire, 2 March"], ["Email", "Name", "Status", "Grade"], ["ann@b.c", "Ann", "attended", "90"]]
    (plan,) = plans_of([*NARROW, [], *other])
    assert plan.state == "failed"
    assert "headers in rows 3 and 8" in str(plan.message)


def test_sections_of_one_meeting_share_its_titles() -> None:
    """The one with the attendees is read; that of those who held it is named."""
    panel = ["Attended", "User Name (Original Name)", "Email", "Join Time"]
    rows = [
        ["Topic", "Webinar ID", "Actual Start Time"],
        ["Ropes", "123 456 789", "2024-03-01 09:50"],
        ["Panelist Details"],
        panel,
        ["Yes", "Ira Ash", "ira@b.c", "2024-03-01 09:50"],
        ["Yes", "Ian Ash", "ian@b.c", "2024-03-01 09:51"],
        ["Attendee Details"],
        ["Attended", "First Name", "Last Name", "Email", "Registration Time", "Join Time"],
        ["Yes", "Bo", "Lund", "bo@b.c", "2024-02-01", "2024-03-01 09:50"],
        ["No", "Cy", "Lund", "cy@b.c", "2024-02-01", "--"],
    ]
    (plan,) = plans_of(rows)
    assert "with its header in row 4, is not read: it is of those who held the meeting" in str(plan.note)
    assert records(rows) == {9: ("Ropes", "2024-03-01"), 10: ("Ropes", "2024-03-01")}


@pytest.mark.parametrize(
    ("course", "day", "header"),
    [
        ("Curso", "Fecha", ["Nº empleado", "Nombre", "Asistencia"]),
        ("Formation", "Date", ["N° employé", "Prénom et nom", "Présence"]),
        ("Treinamento", "Data", ["Matrícula", "Nome", "Presença"]),
        ("Szkolenie", "Data", ["Nr ewid.", "Imię i nazwisko", "Obecność"]),
    ],
)
@pytest.mark.parametrize("again", [True, False])
def test_headers_with_accents_begin_a_table_too(course: str, day: str, header: list[str], again: bool) -> None:
    """The same as above or others, below several lines of titles: nobody goes to the session of the table before."""
    second = header if again else [header[0], header[2], header[1]]
    person = {header[0]: "0072", header[1]: "Joss Kerrigan", header[2]: "ok"}
    rows = [
        [f"{course}: Cuerdas"],
        [f"{day}: 17/05/2022"],
        header,
        *[[f"006{number}", "Ines Mallow", "P"] for number in range(9)],
        [],
        [f"{course}: Grúas"],
        [f"{day}: 18/05/2022"],
        second,
        [person[name] if name != header[2] else "P" for name in second],
        ["0074", *(["P", "Lena Oster"] if not again else ["Lena Oster", "P"])],
    ]
    found = records(rows)
    assert found[4] == ("Cuerdas", "2022-05-17")
    assert {row: found.get(row) for row in (17, 18)} == {17: ("Grúas", "2022-05-18"), 18: ("Grúas", "2022-05-18")}


TITLES = [["Course: Ropes"], ["Date: 17 May 2022"], ["No", "Staff ID", "Name", "Attended"]]
FIRST = [["1", "0071", "Ines Mallow", "yes"], ["2", "0072", "Joss Kerrigan", "no"]]
AGAIN = [["1", "0071", "Ines Mallow", "yes"], ["2", "0073", "Lena Oster", "yes"]]
OTHER = [["1", "0073", "Lena Oster", "yes"]]


@pytest.mark.parametrize(
    ("between", "people"),
    [
        ([["Day 2 - 18 May 2022"]], AGAIN),
        ([["Group B, 18 May"]], OTHER),
        ([["Date: 18/05/2022"]], OTHER),
        ([["Course: Slings"]], OTHER),
        ([[], ["Slings"], TITLES[-1]], OTHER),
        ([["", "Slings"], TITLES[-1]], OTHER),
        ([["Slings"]], AGAIN),
        ([["Session", "18/05/2022"]], OTHER),
    ],
)
def test_a_line_between_learners_that_may_be_a_title_is_asked_about(
    between: list[list[str]], people: list[list[str]]
) -> None:
    """Nobody below it goes to the session of the titles above the table."""
    rows = [*TITLES, *FIRST, *between, *people]
    plans = plans_of(rows)
    assert all(plan.state == "failed" for plan in plans) or records(rows).get(len(rows)) != ("Ropes", "2022-05-17")
    assert (
        plans_of([*rows[:2], *rows[2:]], '[defaults]\ncourse_name = "Ropes"\nsession_date = "2022-05-17"')[0].state
        == "read"
    )


@pytest.mark.parametrize(
    "between",
    [[], [["Warehouse"]], [["Page 2"], TITLES[-1]], [[], TITLES[-1]], [["Total: 2"]], [["* arrived late"]]],
)
def test_a_line_between_learners_that_heads_people_changes_nothing(between: list[list[str]]) -> None:
    """A department, a page, a sum, the header once more."""
    rows = [*TITLES, *FIRST, *between, *OTHER, [], ["Trainer: Rae Moss", "", "Date: 18 May 2022"]]
    assert records(rows)[3 + len(FIRST) + len(between) + 1] == ("Ropes", "2022-05-17")


def test_rows_with_days_of_their_own_need_no_title() -> None:
    """The course is that of the title; learners come again on other days."""
    rows = [TITLES[0], ["Staff ID", "Date", "Attended"]]
    rows += [["0071", "2022-05-17", "yes"], ["Warehouse"], ["0071", "2022-05-18", "yes"]]
    assert records(rows)[5] == ("Ropes", "2022-05-18")


@pytest.mark.parametrize(
    ("meeting", "header"),
    [
        (
            ["Tópico", "ID da reunião", "Hora de início", "E-mail do usuário", "Participantes"],
            ["Nome (nome original)", "E-mail do usuário", "Hora de entrada", "Hora de saída", "Convidado"],
        ),
        (
            ["Argomento", "ID riunione", "Ora di inizio", "Indirizzo e-mail utente", "Partecipanti"],
            ["Nome (nome originale)", "Indirizzo e-mail utente", "Ora di ingresso", "Ora di uscita", "Ospite"],
        ),
    ],
)
def test_the_line_of_a_meeting_with_its_host_is_no_table_of_learners(meeting: list[str], header: list[str]) -> None:
    """It counts the participants and names nobody: what it says is for all rows."""
    rows = [
        meeting,
        ["Ropes", "811 22", "2024-03-01 09:50", "host@b.c", "2"],
        header,
        ["Bo Lund", "bo@b.c", "2024-03-01 09:52", "2024-03-01 10:50", "-"],
        ["Cy Lund", "cy@b.c", "2024-03-01 09:53", "2024-03-01 10:51", "-"],
    ]
    assert records(rows) == {4: ("Ropes", "2024-03-01"), 5: ("Ropes", "2024-03-01")}
