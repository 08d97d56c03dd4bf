"""A status over several columns of yes and no."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.errors import CannotBegin
from rollbook.profile import parse_profile
from tests.transforms.sheets import canonical_of, marked, part_of, plan_of, raw, table_of
from transforms.canonical import canonical_rows
from transforms.planning.sheet_plan import SheetPlan

HEAD = ["Email", "Session ID"]
BY_ITSELF = ["Registered", "Attended", "Completed", "Cancelled"]
PROFILE = '[columns]\nstatus = {columns = {Dropped = "cancelled", "Was there" = "attended", Done = "completed"}}\n'


def said(answers: list[str], headers: list[str] | None = None, profile: str = "") -> tuple[str | None, str | None]:
    """The status of a row with these answers in a sheet of others, and why it has none."""
    named = headers or BY_ITSELF
    others = [["z@b.org", "S1", *("Yes" if n == one else "No" for n in range(len(named)))] for one in range(len(named))]
    found = canonical_of([[*HEAD, *named], ["a@b.org", "S2", *answers], *others], profile)
    ((status,),) = table_of(found.rows[found.rows["row"] == 2], "status")
    reasons = table_of(found.failures[found.failures["row"] == 2], "detail")
    return status, reasons[0][0] if reasons else None


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        (["Yes", "Yes", "Yes", "No"], "completed"),
        (["Yes", "Yes", "No", "No"], "attended"),
        (["Yes", "No", "No", "No"], "no_show"),
        (["Yes", "", "", ""], "enrolled"),
        (["Yes", "No", "No", "Yes"], "cancelled"),
        (["", "", "", ""], None),
        (["y", "TRUE", "-", "0"], "attended"),
        (["✓", "", "Completed", ""], "completed"),
    ],
)
def test_the_furthest_that_says_yes_counts(answers: list[str], status: str | None) -> None:
    """Where only the enrollment says yes and the attendance says no, the learner was absent."""
    assert said(answers) == (status, None)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (["Yes", "Yes", "No", "Yes"], "“Cancelled” and “Attended” say yes"),
        (["Yes", "No", "Yes", "Yes"], "“Cancelled” and “Completed” say yes"),
        (["No", "", "No", "No"], "none of “Cancelled”, “Completed”, “Attended”, “Registered” says yes"),
    ],
)
def test_answers_that_exclude_each_other_or_say_nothing_are_refused(answers: list[str], why: str) -> None:
    """With the columns named, and all answers as the value."""
    assert said(answers) == (None, why)


def test_an_answer_that_is_none_is_refused() -> None:
    """Also where another column says yes."""
    rows = [[*HEAD, "Was there", "Done", "Dropped"], ["a@b.org", "S2", "perhaps", "yes", ""]]
    found = canonical_of(rows, PROFILE)
    assert table_of(found.failures, "column", "value", "detail") == [
        ("E", "- | perhaps | yes", "“perhaps” under “Was there” is neither yes, no nor a known status")
    ]


def test_in_a_profile_the_first_that_says_yes_counts() -> None:
    """In its own order, whatever the headers say; a word of its own decides all answers together."""
    headers = ["Was there", "Done", "Dropped"]
    assert said(["Yes", "Yes", "Yes"], headers, PROFILE) == ("cancelled", None)
    assert said(["Yes", "Yes", "no"], headers, PROFILE) == ("attended", None)
    assert said(["", "x", ""], headers, PROFILE)[0] is None
    word = PROFILE + '[values.status]\n"No | No | No" = "enrolled"\n'
    assert said(["No", "No", "No"], headers, word) == ("enrolled", None)


def test_a_cross_is_a_yes_where_no_other_mark_is() -> None:
    """As under one header."""
    rows = [[*HEAD, "Attended", "Cancelled"], ["a@b.org", "S1", "x", ""], ["c@d.org", "S1", "", "X"]]
    assert table_of(canonical_of(rows).rows, "status") == [("attended",), ("cancelled",)]


@pytest.mark.parametrize(
    ("headers", "cells", "column"),
    [
        (["Status", "Attended", "Cancelled"], ["completed", "Yes", "No"], "Status"),
        (["Attended", "Cancelled"], ["Yes", ""], "Attended"),
        (["Attended", "Certificate issued"], ["Yes", "No"], "Attended"),
    ],
)
def test_one_column_that_says_it_alone_stays_the_status(headers: list[str], cells: list[str], column: str) -> None:
    """A status beside them is better; a column without answers is none of them."""
    plan = plan_of([[*HEAD, *headers], ["a@b.org", "S1", *cells]])
    status = next(found for found in plan.columns if found.field == "status")
    assert (status.headers, status.answers) == ((column,), ())


def test_two_columns_of_one_status_are_asked_about() -> None:
    """Attended or present: where they differ, one has to be chosen."""
    plan = plan_of([[*HEAD, "Attended", "Present"], ["a@b.org", "S1", "Yes", "No"], ["c@d.org", "S1", "No", "Yes"]])
    assert plan.code == "file.ambiguous_columns"


def test_the_plan_comes_back_and_a_retry_reads_as_before() -> None:
    """The few rows that are tried again need not have every answer."""
    rows = [[*HEAD, *BY_ITSELF], ["a@b.org", "S1", "Yes", "Yes", "", "Yes"], ["c@d.org", "S1", "Yes", "No", "", "No"]]
    plan = plan_of(rows)
    assert SheetPlan.from_json(plan.to_json()) == plan
    few = raw([["a@b.org", "S1", "Yes", "Yes", "", ""]], first=2)
    again = plan_of(few, recorded=plan)
    assert again.columns == plan.columns
    assert table_of(canonical_rows(part_of(few), marked(), again).rows, "status") == [("attended",)]


def test_only_a_status_takes_several_columns_and_their_statuses_are_known() -> None:
    """A profile that says otherwise is refused."""
    with pytest.raises(CannotBegin, match="only status takes a table of columns"):
        parse_profile('[columns]\ngrade = {columns = {A = "attended"}}')
    with pytest.raises(CannotBegin, match="unknown: there"):
        parse_profile('[columns]\nstatus = {columns = {A = "there"}}')


@settings(max_examples=10)
@given(answers=st.lists(st.sampled_from(["Yes", "No", ""]), min_size=4, max_size=4), order=st.permutations(range(4)))
def test_the_order_of_columns_changes_nothing(answers: list[str], order: list[int]) -> None:
    """By themselves they count in a fixed order."""
    shuffled = said([answers[n] for n in order], [BY_ITSELF[n] for n in order])
    assert shuffled == said(answers)


@pytest.mark.parametrize("header", ["Registration Status", "Booking Status", "Enrolment Status", "Anmeldestatus"])
def test_that_somebody_was_booked_is_an_answer_beside_whether_they_came(header: str) -> None:
    """Who cancelled did so, whatever else the sheet says; a contradiction is refused."""
    rows = [
        ["Email", "Session ID", header, "Attended"],
        ["ann@x.org", "S1", "Booked", "Yes"],
        ["bo@x.org", "S1", "Booked", "No"],
        ["cy@x.org", "S1", "Cancelled", "No"],
        ["di@x.org", "S1", "Cancelled", "Yes"],
    ]
    assert table_of(canonical_of(rows).rows, "status") == [("attended",), ("no_show",), ("cancelled",), (None,)]


@pytest.mark.parametrize(
    ("header", "statuses"), [("Completed", ["completed", "enrolled"]), ("No show", ["no_show", "enrolled"])]
)
def test_a_booking_is_an_answer_beside_any_of_what_became_of_them(header: str, statuses: list[str]) -> None:
    """Nobody who completed, or did not come, is loaded as no more than enrolled."""
    rows = [["Email", "Session ID", "Booking Status", header], ["ann@x.org", "S1", "Booked", "Yes"]]
    found = canonical_of([*rows, ["bo@x.org", "S1", "Booked", "No"]])
    assert table_of(found.rows, "status") == [(status,) for status in statuses]


@pytest.mark.parametrize("word", ["Confirmed", "Active"])
def test_a_word_that_says_nothing_of_an_attendance_gives_way_to_answers(word: str) -> None:
    """Alone it is refused, row by row."""
    rows = [
        ["Email", "Session ID", "Status", "Attended"],
        ["ann@x.org", "S1", word, "Yes"],
        ["bo@x.org", "S1", word, "No"],
    ]
    assert table_of(canonical_of(rows).rows, "status") == [("attended",), ("no_show",)]
    assert table_of(canonical_of([row[:3] for row in rows]).rows, "status") == [(None,), (None,)]


@pytest.mark.parametrize(
    ("booking", "came", "status"),
    [
        ("Confirmed", "Yes", "attended"),
        ("approved", "No", "no_show"),
        ("Valid", "", "enrolled"),
        ("Cancelled", "No", "cancelled"),
        ("cancelled by self", "", "cancelled"),
        ("Waitlisted", "No", "enrolled"),
        ("Waitlisted", "Yes", "attended"),
        ("pending approval", "-", "enrolled"),
        ("", "No", "no_show"),
        ("Cancelled", "Yes", None),
        ("denied", "No", None),
        ("Void", "No", None),
    ],
)
@pytest.mark.parametrize("header", ["Approval Status", "Ticket status", "Registration Status", "RSVP"])
def test_who_came_decides_beside_a_booking(header: str, booking: str, came: str, status: str | None) -> None:
    """A cancelled booking is no absence, one on a waiting list neither; a word that may be both is asked about."""
    others = [["ann@x.org", "S1", "Confirmed", "Yes"], ["bo@x.org", "S1", "Confirmed", "No"]]
    found = canonical_of([["Email", "Session ID", header, "Attended"], *others, ["cy@x.org", "S1", booking, came]])
    assert table_of(found.rows, "status") == [("attended",), ("no_show",), (status,)]


@pytest.mark.parametrize(
    ("headers", "cells", "status"),
    [
        (["Registration Status", "Attendance Status"], ["Registered", "Attended"], "attended"),
        (["Registration Status", "Attendance Status"], ["Registered", "Absent"], "no_show"),
        (["Registration Status", "Attendance Status"], ["Cancelled", "Absent"], "cancelled"),
        (["Registration Status", "Attendance Status"], ["Cancelled", ""], "cancelled"),
        (["Registration Status", "Attendance Status"], ["Registered", ""], "enrolled"),
        (["Registration Status", "Attendance"], ["Approved", "Unknown"], "enrolled"),
        (["Statut", "Présence"], ["Annulé", ""], "cancelled"),
        (["Statut", "Présence"], ["Inscrite", "Absente"], "no_show"),
        (["Buchungsstatus", "Teilgenommen"], ["bestätigt", "nein"], "no_show"),
        (["Buchungsstatus", "Teilgenommen"], ["storniert", "nein"], "cancelled"),
        (["Stato prenotazione", "Presenza"], ["confermata", "assente"], "no_show"),
        (["Status rezerwacji", "Obecność"], ["potwierdzona", "nieobecny"], "no_show"),
        (["Estado de la reserva", "Asistió"], ["confirmada", "no"], "no_show"),
    ],
)
def test_words_of_who_came_are_answers_too(headers: list[str], cells: list[str], status: str) -> None:
    """In every language; a blank says that nobody noted who came."""
    came = {"Présence": "présente", "Presenza": "presente", "Obecność": "obecna"}.get(headers[1])
    yes = {"Teilgenommen": "ja", "Asistió": "sí"}.get(headers[1], came or "Attended")
    booked = {"Statut": "Inscrit", "Buchungsstatus": "gebucht"}.get(headers[0], "Registered")
    rows = [["Email", "Session ID", *headers], ["ann@x.org", "S1", booked, yes], ["bo@x.org", "S1", *cells]]
    assert table_of(canonical_of(rows).rows, "status") == [("attended",), (status,)]


def test_a_result_of_some_is_an_answer_beside_who_came() -> None:
    """Who came without one attended; one that failed is asked about."""
    rows = [
        ["Email", "Session ID", "Exam result", "Attended", "Booking status"],
        ["a@x.org", "S1", "Passed", "Yes", ""],
    ]
    others = [
        ["", "Yes", "Confirmed"],
        ["", "No", "Confirmed"],
        ["", "No", "Cancelled"],
        ["Failed", "Yes", "Confirmed"],
    ]
    found = canonical_of([*rows, *([f"{n}@x.org", "S1", *cells] for n, cells in enumerate(others))])
    statuses = ["completed", "attended", "no_show", "cancelled", None]
    assert table_of(found.rows, "status") == [(status,) for status in statuses]


def test_bookings_of_which_some_are_cancelled_count_whatever_their_header() -> None:
    """And a column of other words says nothing."""
    rows = [["Email", "Session ID", "Reply", "Attended"], ["a@x.org", "S1", "accepted", "No"]]
    assert table_of(canonical_of([*rows, ["b@x.org", "S1", "cancelled", "No"]]).rows, "status") == [
        ("no_show",),
        ("cancelled",),
    ]
    assert table_of(canonical_of([*rows, ["b@x.org", "S1", "by phone", "No"]]).rows, "status") == [("no_show",)] * 2


@pytest.mark.parametrize(
    ("order", "came", "status"),
    [
        ("Complete", "2023-05-20 08:51", "attended"),
        ("Paid", "2023-05-21 08:51", "attended"),
        ("Complete", "", "no_show"),
        ("Cancelled", "", "cancelled"),
        ("Refunded", "", None),
    ],
)
@pytest.mark.parametrize("header", ["Status", "Order Status", "Registration Status"])
def test_whoever_was_not_checked_in_did_not_come(header: str, order: str, came: str, status: str | None) -> None:
    """Whatever became of the order."""
    others = [["ann@x.org", "S1", "Complete", "2023-05-20 08:49"], ["bo@x.org", "S1", "Complete", ""]]
    others.append(["di@x.org", "S1", "Cancelled", ""])
    found = canonical_of([["Email", "Session ID", header, "Check-in time"], *others, ["cy@x.org", "S1", order, came]])
    assert [line[0] for line in table_of(found.rows, "status")] == ["attended", "no_show", "cancelled", status]


@pytest.mark.parametrize(
    ("headers", "cells", "status"),
    [
        (["Attended", "Excused"], ["No", "Yes"], None),
        (["Attended", "Excused"], ["No", "No"], "no_show"),
        (["Anwesend", "Entschuldigt"], ["nein", "ja"], None),
        (["Status", "Excused"], ["Absent", "x"], None),
        (["Status", "Excused"], ["Absent", ""], "no_show"),
        (["Attended", "Absent", "Declined"], ["", "", "x"], None),
    ],
)
def test_a_yes_under_a_word_of_two_senses_is_asked_about(
    headers: list[str], cells: list[str], status: str | None
) -> None:
    """The reason names both."""
    came = {"Anwesend": "ja", "Status": "Present"}.get(headers[0], "x" if len(headers) > 2 else "Yes")
    others = [[came, *[""] * (len(headers) - 1)], *([["", "x", ""]] if len(headers) > 2 else [])]
    rows = [[f"{n}@x.org", "S1", *answers] for n, answers in enumerate([*others, cells])]
    found = canonical_of([["Email", "Session ID", *headers], *rows])
    assert table_of(found.rows, "status")[-1] == (status,)
    assert status or "could mean" in str(table_of(found.failures, "detail")[-1][0])


def test_whoever_is_only_enrolled_is_judged_by_the_answer_beside_it() -> None:
    """Unless one contradicts the other."""
    head, rows = ["Email", "Session ID", "Status", "Attended"], [["a@x.org", "S1", "Completed", "Yes"]]
    rows += [["b@x.org", "S1", "Enrolled", "No"], ["c@x.org", "S1", "In progress", "Yes"]]
    statuses = [("completed",), ("no_show",), ("attended",)]
    assert table_of(canonical_of([head, *rows]).rows, "status") == statuses
    assert plan_of([head, *rows, ["d@x.org", "S1", "Completed", "No"]]).code == "file.ambiguous_columns"


@pytest.mark.parametrize(
    ("headers", "cells", "status"),
    [
        (["Attended", "Cancelled on"], ["No", "2023-01-04"], "cancelled"),
        (["Attended", "Cancelled on"], ["Yes", "2023-01-04"], None),
        (["Attended", "Cancelled on"], ["No", ""], "no_show"),
        (["Status", "Date of cancellation"], ["Registered", "2023-01-04"], "cancelled"),
        (["Status", "Date of cancellation"], ["Registered", ""], "enrolled"),
        (["Teilgenommen", "Storniert am"], ["nein", "04.01.2023"], "cancelled"),
        (["Attended", "Waitlisted"], ["No", "Yes"], "enrolled"),
        (["Attended", "Waitlisted"], ["No", "No"], "no_show"),
        (["Attended", "Comments"], ["No", "Sick"], "no_show"),
    ],
)
def test_who_cancelled_or_had_no_seat_was_not_absent(headers: list[str], cells: list[str], status: str | None) -> None:
    """A day says who cancelled; a remark changes nothing."""
    came = {"Status": "Attended", "Teilgenommen": "ja"}.get(headers[0], "Yes")
    other = {"Cancelled on": "2023-01-05", "Date of cancellation": "2023-01-05", "Storniert am": "14.01.2023"}
    beside = other.get(headers[1], "Yes" if headers[1] == "Waitlisted" else "Sick")
    rows = [["a@x.org", "S1", came, ""], ["b@x.org", "S1", "", beside], ["c@x.org", "S1", *cells]]
    assert table_of(canonical_of([["Email", "Session ID", *headers], *rows]).rows, "status")[-1] == (status,)


@pytest.mark.parametrize(
    ("headers", "answers", "statuses"),
    [
        (("Matricule", "Formation", "Date", "Présent"), "ON", ["attended", "no_show"]),
        (("Personalnummer", "Kurs", "Datum", "Anwesend"), "JN", ["attended", "no_show"]),
        (("Nr pracownika", "Szkolenie", "Data", "Obecność"), "TN", ["attended", "no_show"]),
        (("Matricola", "Corso", "Data", "Presente (S/N)"), "SS", ["attended", "attended"]),
        (("Matricule", "Formation", "Date", "Présent"), "OO", [None, None]),
        (("Employee ID", "Course", "Date", "Attended"), "JN", [None, "no_show"]),
    ],
)
def test_the_first_letters_of_yes_and_no_are_answers(
    headers: tuple[str, ...], answers: str, statuses: list[str | None]
) -> None:
    """In the sheet's own language, where both stand in the column or its header: a lone ring may be anything."""
    rows = [list(headers), *([f"N{n}1", "Lifts", "2023-06-14", letter] for n, letter in enumerate(answers, 7))]
    assert table_of(canonical_of(rows).rows, "status") == [(status,) for status in statuses]


def test_letters_are_answers_under_several_headers_too() -> None:
    """Whoever is excused is asked about, by whichever letter."""
    rows = [
        ["Personalnummer", "Kurs", "Datum", "Anwesend", "Entschuldigt"],
        ["N71", "Kran", "2023-06-14", "J", "N"],
        ["N72", "Kran", "2023-06-14", "N", "N"],
        ["N73", "Kran", "2023-06-14", "N", "J"],
    ]
    assert table_of(canonical_of(rows).rows, "status") == [("attended",), ("no_show",), (None,)]


def test_a_check_in_at_the_door_is_one() -> None:
    """Beside a booking that stands for all who booked."""
    rows = [
        ["Email", "Course", "Date", "Status", "On-site Check-in"],
        ["a@b.org", "Lifts", "2023-06-14", "Registered", "Y"],
        ["c@b.org", "Lifts", "2023-06-14", "Registered", "N"],
    ]
    assert table_of(canonical_of(rows).rows, "status") == [("attended",), ("no_show",)]


@pytest.mark.parametrize(
    ("came", "done", "enrolled", "status"),
    [
        ("Attended", "Completed", "Enrolled", "completed"),
        ("Attended", "Incomplete", "Enrolled", "attended"),
        ("Did not attend", "Not completed", "Enrolled", "no_show"),
        ("Did not attend", "Completed", "Enrolled", None),
        ("", "Not completed", "Enrolled", None),
        ("", "Not completed", "Dropped", "cancelled"),
        ("", "In progress", "Enrolled", "enrolled"),
    ],
)
def test_words_for_who_came_and_for_who_completed_are_read_together(
    came: str, done: str, enrolled: str, status: str | None
) -> None:
    """Two columns of equal rank; what they contradict each other in is asked about."""
    rows = [
        ["Email", "Session ID", "Attendance Status", "Completion Status", "Enrolment Status"],
        ["a@b.org", "S1", came, done, enrolled],
        ["c@b.org", "S1", "Attended", "Completed", "Enrolled"],
        ["d@b.org", "S1", "Did not attend", "Not completed", "Dropped"],
    ]
    assert table_of(canonical_of(rows).rows, "status")[0] == (status,)
