"""Headers that name a field, above columns that are about something else, or say less than another column."""

import pytest

from tests.transforms.sheets import mapping, plan_of

_UUIDS = ("7b0c6a2e-1d3f-4a55-9c70-0d5f2a1b3c4d", "8c1d7b3f-2e40-4b66-8d81-1e603b2c4d5e")
_TOKENS = ("kT4xQ9mLb2wZ", "pW7rNs3Vc8Ya")
_OBJECTS = ("64b0f2a1c3d4e5f6a7b8c9d0", "64b0f2a1c3d4e5f6a7b8c9d1")
_REST = ["Email", "Course", "Session Date", "Status"]
_ROWS = [["ann@x.org", "Ladders", "2023-05-20", "Attended"], ["bo@x.org", "Ladders", "2023-05-20", "Attended"]]


@pytest.mark.parametrize("header", ["User ID", "Learner ID", "Student ID", "user_id"])
@pytest.mark.parametrize("ids", [_UUIDS, _OBJECTS, _TOKENS], ids=["uuid", "object", "token"])
def test_an_id_that_a_machine_made_up_is_no_employee_id(header: str, ids: tuple[str, str]) -> None:
    """But under `Employee ID` the organization says what it is; and a number is one as before."""
    rows = [[one, *row] for one, row in zip(ids, _ROWS, strict=True)]
    assert "learner_employee_id" not in mapping(plan_of([[header, *_REST], *rows]))
    assert mapping(plan_of([["Employee ID", *_REST], *rows]))["learner_employee_id"] == "Employee ID"
    numbered = [[number, *row] for number, row in zip(("E71", "E72"), _ROWS, strict=True)]
    assert mapping(plan_of([[header, *_REST], *numbered]))["learner_employee_id"] == header


@pytest.mark.parametrize("header", ["Participant ID", "Participant No.", "participantId"])
def test_the_number_of_a_booking_is_no_employee_id_beside_an_address(header: str) -> None:
    """An event numbers its people anew; where nothing else identifies them, the number does."""
    rows = [["2211", *_ROWS[0]], ["2212", *_ROWS[1]]]
    assert "learner_employee_id" not in mapping(plan_of([[header, *_REST], *rows]))
    alone = plan_of([[header, *_REST[1:]], *([row[0], *row[2:]] for row in rows)])
    assert mapping(alone)["learner_employee_id"] == header


@pytest.mark.parametrize("beside", ["First Name", "Company", "Surname", "Phone"])
def test_the_title_of_a_person_is_no_course(beside: str) -> None:
    """It stands beside a part of the name, or where the person works; elsewhere it is that of a course."""
    rest = ["Session Date", "Status", "Email"]
    rows = [["Picker", "Ann", "2023-05-20", "Attended", "ann@x.org"]]
    assert "course_name" not in mapping(plan_of([["Title", beside, *rest], *rows]))
    assert mapping(plan_of([["Title", *rest], *([row[0], *row[2:]] for row in rows)]))["course_name"] == "Title"


def test_a_description_is_the_name_of_a_course_only_beside_its_code() -> None:
    """Elsewhere it may be a page of text about the course."""
    head = ["Course Code", "Course Description", "Email", "Session Date", "Status"]
    coded = plan_of([head, ["L1", "Ladders", "a@x.org", "2023-05-20", "p"]])
    assert mapping(coded)["course_name"] == "Course Description"
    named = plan_of([["Course Description", *_REST], ["How to use one", *_ROWS[0]]])
    assert mapping(named)["course_name"] == "Course"
    alone = plan_of([["Course Description", "Email", "Session Date", "Status"], ["How", "a@x.org", "2023-05-20", "p"]])
    assert "course_name" not in mapping(alone)


@pytest.mark.parametrize("around", ["Program Name", "Learning Path", "Curriculum Title", "Content Name"])
def test_what_holds_courses_ranks_behind_them(around: str) -> None:
    """Alone it is the course, as before."""
    both = plan_of([[around, *_REST], ["Safety", *_ROWS[0]]])
    assert mapping(both)["course_name"] == "Course"
    alone = plan_of([[around, *(header for header in _REST if header != "Course")], ["Safety", *_ROWS[0][::2], "p"]])
    assert mapping(alone)["course_name"] == around


_TICKETS = ["Order ID", "Email", "Course", "Session Date", "Status", "Checked in"]


def test_the_status_of_an_order_says_nothing_of_who_came() -> None:
    """Where some are complete although nobody came, it is one; where all came, other columns of tickets say so."""
    rows = [["O1", *_ROWS[0][:3], "Complete", "Yes"], ["O2", *_ROWS[1][:3], "Complete", "No"]]
    statuses = mapping(plan_of([_TICKETS[1:], *(row[1:] for row in rows)]))["status"]
    assert statuses == "Checked in+Status"
    came = rows[:1]
    assert mapping(plan_of([_TICKETS, *came]))["status"] == "Checked in"
    assert mapping(plan_of([_TICKETS[1:], *(row[1:] for row in came)]))["status"] == "Status"


def test_the_status_of_an_order_is_asked_about_beside_who_attended() -> None:
    """Where some are cancelled, neither column says all."""
    headers = [*_TICKETS[:-1], "Attended"]
    rows = [["O1", *_ROWS[0][:3], "Complete", "Yes"], ["O3", *_ROWS[1][:3], "Cancelled", "No"]]
    asked = plan_of([headers, *rows])
    assert (asked.state, asked.code) == ("failed", "file.ambiguous_columns")
    assert '[columns] status = "Attended"' in (asked.message or "")


@pytest.mark.parametrize("header", ["Is Assigned", "Invited", "Registered"])
def test_that_people_were_enrolled_is_no_status_beside_days_of_completion(header: str) -> None:
    """The days say more."""
    rows = [["ann@x.org", "Ladders", "2023-05-20", "Yes"], ["bo@x.org", "Ladders", "2023-05-21", "No"]]
    plan = plan_of([["Email", "Course", "Completion Date", header], *rows])
    assert mapping(plan)["status"] == "Completion Date"


@pytest.mark.parametrize(("event", "fields"), [("Safety Day", "course_name"), ("EV-2023-7", "session_id")])
def test_an_event_is_a_code_or_a_name(event: str, fields: str) -> None:
    """By what stands below."""
    plan = plan_of([["Email", "Event", "Event Date", "Status"], ["ann@x.org", event, "2023-05-20", "p"]])
    assert {field for field, header in mapping(plan).items() if header == "Event"} == {fields}


@pytest.mark.parametrize("header", ["Employee", "Mitarbeiter", "Medewerker", "Pracownik"])
def test_numbers_under_a_word_for_employees_are_their_ids(header: str) -> None:
    """And names there are names."""
    rest = ["Course", "Session Date", "Status"]
    numbered = plan_of([[header, *rest], ["1041", *_ROWS[0][1:]]])
    assert mapping(numbered)["learner_employee_id"] == header
    named = plan_of([["Email", header, *rest], ["a@x.org", "Ann Lee", *_ROWS[0][1:]]])
    assert mapping(named)["learner_name"] == header
    assert "learner_employee_id" not in mapping(named)


def test_a_name_of_one_word_beside_a_surname_is_a_first_name() -> None:
    """A whole one stays whole."""
    rest = ["Email", "Session ID", "Status"]
    apart = plan_of([["Name", "Surname", *rest], ["Ann", "Lee", "a@x.org", "S1", "p"]])
    assert mapping(apart)["learner_name"] == "Name+Surname"
    whole = plan_of([["Name", "Surname", *rest], ["Ann Lee", "Lee", "a@x.org", "S1", "p"]])
    assert mapping(whole)["learner_name"] == "Name"


def test_number_signs_before_all_numbers_are_left_out() -> None:
    """Brightspace writes them; one that stands before some only is a part of them."""
    rest = ["Email", "Session ID", "Status"]
    signed = plan_of([["OrgDefinedId", *rest], ["#40012", "a@x.org", "S1", "p"], ["#40013", "b@x.org", "S1", "p"]])
    (column,) = (column for column in signed.columns if column.field == "learner_employee_id")
    assert column.pattern is not None
    mixed = plan_of([["OrgDefinedId", *rest], ["#40012", "a@x.org", "S1", "p"], ["40013", "b@x.org", "S1", "p"]])
    assert {column.pattern for column in mixed.columns if column.field == "learner_employee_id"} == {None}


def test_the_status_of_a_course_gives_way_to_that_of_its_learners() -> None:
    """Where both say the same it stays; two that contradict each other, neither of a course, are asked about."""
    rows = [["a@x.org", "S1", "Completed", "Pass"], ["b@x.org", "S1", "Completed", "Did not attend"]]
    of_course = plan_of([["Email", "Session ID", "Course Status", "Result"], *rows])
    assert mapping(of_course)["status"] == "Result"
    assert mapping(plan_of([["Email", "Session ID", "Course Status", "Result"], rows[0]]))["status"] == "Course Status"
    of_both = plan_of([["Email", "Session ID", "Status", "Result"], *rows])
    assert (of_both.state, of_both.code) == ("failed", "file.ambiguous_columns")


def test_a_day_says_nothing_of_who_came_where_another_column_says_that_somebody_did_not() -> None:
    """The status is asked for."""
    rows = [["a@x.org", "Ladders", "2023-05-20", "Unexcused absence"], ["b@x.org", "Ladders", "2023-05-20", "Present"]]
    plan = plan_of([["Email", "Course", "Date attended", "Why"], *rows])
    assert (plan.state, plan.code) == ("failed", "file.missing_columns")
    assert "status" in (plan.message or "")
    coded = plan_of([["Email", "Course", "Attendance Date", "Attendance Description"], *rows])
    assert mapping(coded)["status"] == "Attendance Description"


@pytest.mark.parametrize(
    ("years", "is_grade"),
    [
        (("09", "10"), False),
        (("K", "3"), False),
        (("9th", "10th Grade"), False),
        (("9", "85"), True),
        (("A", "B"), True),
    ],
)
def test_the_year_of_a_pupil_is_no_grade(years: tuple[str, str], *, is_grade: bool) -> None:
    """Schools call both so."""
    rows = [[year, *row] for year, row in zip(years, _ROWS, strict=True)]
    assert ("grade" in mapping(plan_of([["Grade", *_REST], *rows]))) is is_grade


@pytest.mark.parametrize(
    ("beside", "numbers", "field"),
    [
        ({"Payroll Name": ["Lee, Ann", "Ray, Bo"]}, ["0412", "0977"], "learner_employee_id"),
        ({"Company Code": ["K7", "K7"]}, ["0412", "0977"], "learner_employee_id"),
        ({"Company Code": ["K7", "M2"]}, ["0412", "0412"], None),
        ({"Case": ["open", "shut"]}, ["0412", "0977"], None),
    ],
)
def test_a_file_number_is_a_persons_in_the_payroll_of_one_company(
    beside: dict[str, list[str]], numbers: list[str], field: str | None
) -> None:
    """Two companies number their own."""
    ((header, cells),) = beside.items()
    rows = [[number, cell, *_ROWS[0][1:]] for number, cell in zip(numbers, cells, strict=True)]
    plan = plan_of([["File Number", header, "Course", "Session Date", "Status"], *rows])
    assert next((name for name, said in mapping(plan).items() if said == "File Number"), None) == field


@pytest.mark.parametrize(
    ("own", "works"),
    [
        ("Personal Email", "Work Email"),
        ("Home email", "Email"),
        ("E-Mail (privat)", "E-Mail"),
        ("Courriel personnel", "Courriel professionnel"),
        ("Correo personal", "Correo electrónico"),
        ("Email personale", "Email"),
        ("E-mail pessoal", "E-mail"),
        ("Privé e-mail", "E-mail"),
        ("E-mail prywatny", "E-mail"),
    ],
)
def test_an_address_of_people_at_home_counts_only_where_it_is_alone(own: str, works: str) -> None:
    """In every language; `Personal` is German for the staff, and `personnel` French for one's own."""
    rest = ["Course", "Session Date", "Status"]
    plan = plan_of([[own, works, *rest], ["ann@home.org", "ann@x.org", *_ROWS[0][1:]]])
    assert mapping(plan)["learner_email"] == works
    assert mapping(plan_of([[own, *rest], ["ann@home.org", *_ROWS[0][1:]]]))["learner_email"] == own


@pytest.mark.parametrize(
    ("header", "texts", "field"),
    [
        ("Event", ("Rigging", "Splicing"), "course_name"),
        ("Event", ("RG-4", "RG-5"), "session_id"),
        ("Meeting Title", ("Meeting 4", "Meeting 5"), None),
        ("Session Name", ("Lesson 4", "2. Lesson"), None),
        ("Session Name", ("Rigging 4", "Rigging 5"), "course_name"),
        ("Course Name", ("Workshop 4", "Workshop 5"), "course_name"),
    ],
)
def test_an_event_is_named_by_words_and_numbered_by_codes(
    header: str, texts: tuple[str, ...], field: str | None
) -> None:
    """The number of a meeting of whatever course names none."""
    rows = [
        ["Email", header, "Day", "Status"],
        *([f"a{n}@b.org", x, "2023-06-14", "Present"] for n, x in enumerate(texts)),
    ]
    found = {column.field for column in plan_of(rows).columns if header in column.headers}
    assert found == ({field} if field else set())


def test_an_event_with_a_number_is_named_by_its_description() -> None:
    """Elsewhere a description is any text."""
    rows = [["Email", "Event ID", "Event Description", "Event Date", "Status"]]
    rows += [["a@b.org", "4071", "Rigging", "2023-06-14", "Present"]]
    assert {column.field: column.headers for column in plan_of(rows).columns}["course_name"] == ("Event Description",)
    bare = [["Email", "Event Description", "Event Date", "Status"], ["a@b.org", "Rigging", "2023-06-14", "Present"]]
    assert plan_of(bare).state == "failed"


@pytest.mark.parametrize(
    ("headers", "texts", "is_status"),
    [
        (("Employee ID", "Course", "Completion Date", "Status"), ("In date", "Lapsed", "Due soon"), False),
        (("Personalnummer", "Kurs", "Abgeschlossen am", "Status"), ("aktuell", "abgelaufen", "überfällig"), False),
        (("Matricule", "Formation", "Terminé le", "Statut"), ("à jour", "périmée", "à renouveler"), False),
        (("Employee ID", "Course", "Completion Date", "Status"), ("Completed", "Expired", "Overdue"), True),
        (("Employee ID", "Course", "Completion Date", "Status"), ("Overdue", "Overdue", "Overdue"), True),
        (("Employee ID", "Course", "Session Date", "Status"), ("Valid", "Expired", "Valid"), True),
    ],
)
def test_what_became_of_a_certificate_is_no_status(
    headers: tuple[str, ...], texts: tuple[str, ...], is_status: bool
) -> None:
    """Where days of completion say who completed; beside other words of a status it is asked about."""
    rows = [list(headers), *([f"N{n}", "Lifts", "2023-06-14", text] for n, text in enumerate(texts))]
    fed = {letter for column in plan_of(rows).columns if column.field == "status" for letter in column.letters}
    assert ("D" in fed) == is_status
