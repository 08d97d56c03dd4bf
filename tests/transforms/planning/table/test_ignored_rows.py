"""Rows that carry no record, and rows that only look so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.sheets import Rows, canonical_of, table_of

HEAD = ["Employee ID", "Name", "Session ID", "Status", "Score"]
ANN = ["E1", "Ann", "S1", "attended", "90"]
BOB = ["E2", "Bob", "S1", "completed", "80"]


def ignored(rows: Rows, profile: str = "") -> list[tuple[object, ...]]:
    return table_of(canonical_of(rows, profile).ignored, "row", "reason")


def test_rows_without_a_record_are_ignored_with_their_reason() -> None:
    """Repeated header, blank lines, totals and notes."""
    rows = [
        HEAD,
        ANN,
        [],
        HEAD,
        ["", "", "", "", "Sales"],
        BOB,
        ["Total", "2"],
        ["", "", "", "", "85"],
        ["Exported by the HR department on 1 May"],
    ]
    assert ignored(rows) == [
        (3, "blank"),
        (4, "repeated header"),
        (5, "note"),
        (7, "totals"),
        (8, "totals"),
        (9, "note"),
    ]


def test_lines_of_another_kind_under_the_header_are_notes() -> None:
    """Points possible in the column of names, weekdays."""
    rows = [
        ["Name", "Session ID", "Status", "Score"],
        ["    Points Possible", "", "", "10.00"],
        ["", "Mon", "Tue"],
        ["Ann", "S1", "p", "9"],
    ]
    assert ignored(rows) == [(2, "note"), (3, "note")]


@pytest.mark.parametrize(
    "row",
    [
        ["E3", "", "", "", ""],
        ["", "Total Jane", "S1", "attended", ""],
        ["", "Mo", "S1", "attended", ""],
        ["", "", "S1", "attended", ""],
        ["Total", "", "S1", "attended", ""],
    ],
)
def test_a_row_that_names_a_learner_or_holds_a_record_is_never_ignored(row: list[str]) -> None:
    """Whatever else it lacks; its problems are told instead."""
    assert ignored([HEAD, ANN, row]) == []


@pytest.mark.parametrize(
    ("row", "is_heading"),
    [
        (["Paint shop"], True),
        (["Lager"], True),
        (["Paint shop", "Ann"], False),
        (["Hall 7"], False),
        (["", "Ann"], False),
    ],
)
def test_a_word_alone_among_ids_with_figures_is_the_heading_of_a_department(row: list[str], is_heading: bool) -> None:
    """Where IDs are words, or too few to tell, it may be one."""
    head, rest = ["Employee ID", "Name", "Session ID", "Status"], ["Ann", "S1", "p"]
    learners = [[f"E{n}", *rest] for n in range(6)]
    reasons = canonical_of([head, row, *learners]).ignored["reason"].tolist()
    assert reasons == (["note"] if is_heading else [])
    assert canonical_of([head, row, *([name, *rest] for name in ("Ann", "Bo", "Cy"))]).ignored.empty


@pytest.mark.parametrize("cell", ["1", "7", "P"])
def test_a_row_whose_cells_are_all_alike_is_a_record(cell: str) -> None:
    """Learner 1 attended session 1."""
    head = ["Employee ID", "Session ID", "Attended"]
    found = canonical_of([head, [cell] * 3, ["2", "1", "1"], [cell] * 3])
    assert found.rows["learner_employee_id"].tolist() == [cell, "2", cell]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["E3", "Total Jane", "1", "1"], None),
        (["", "Total Jane", "1", "1"], None),
        (["3", "Total", "1", "1"], None),
        (["Total", "2", "1", "1"], "totals"),
        (["Grand total:", "", "12", "10"], "totals"),
        (["3", "Total"], "totals"),
        (["3", "Total Jane"], None),
        (["KEY-001"], None),
        (["Report7"], None),
        (["Key: P = present"], "note"),
        (["", "Ana Maria de la Cruz Vega"], None),
        (["", "Rows below come from the old system"], "note"),
        (["Employee ID", "Name"], None),
        (["Employee ID", "Name", "S1", "Status"], None),
        (["Employee ID", "Name", "Session ID", "Status"], "repeated header"),
        ([" EMPLOYEE ID ", "name", "Session ID", "STATUS "], "repeated header"),
        (["", "Name", "Session ID", "attended"], None),
        (["Total records: 12"], "totals"),
        (["Summe Teilnehmer:", "6"], "totals"),
        (["Totaal deelnemers", "", "", "", "6"], "totals"),
        (["Razem: 12 osób"], "totals"),
        (["Total : 12 inscriptions", "", "", "", "84,00"], "totals"),
        (["", "Total de presentes", "", "7"], "totals"),
        (["عدد الحضور: ٧"], "totals"),
        (["Totale presenti", "", "", "٧"], "totals"),
        (["", "Compliant", "", "0.9", "0.7"], "totals"),
        (["Unterschrift Referent:"], "note"),
        (["Firma del instructor: ______"], "note"),
        (["Instrutor: Iris Holt"], "note"),
        (["Firma del docente"], "note"),
        (["Unterschrift Referentin:"], "note"),
        (["Paula Firma"], None),
        (["Page"], None),
        (["Trainer:", "Iris Holt", "Date:", "14/03/2023"], "note"),
        (["Podpis", "Iris Holt"], None),
        (["✓ = present"], "note"),
        (["* If somebody joins twice, the visits are added up."], "note"),
        (["Trainer: Iris Holt", "", "", "attended"], None),
        (["Trainer: Iris", "iris@example.com"], None),
        (["Total: 3", "Ann", "S1", "attended"], None),
        (["Media Lopez", "", "S1", "1"], None),
        (["E3", "Summe", "S1", "attended"], None),
        (["Totaal"], "totals"),
    ],
)
def test_only_what_names_no_learner_is_ignored(row: list[str], reason: str | None) -> None:
    """Words of totals, notes and headers in some cells do not make a row one."""
    assert ignored([HEAD, ANN, row, BOB]) == ([(3, reason)] if reason else [])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["E1", "7", "a b", "Key", "Sales", "Student"]),
            st.sampled_from(["", "Total", "Average", "Note", "Sum 7", "Page 3", "Points possible", "Mon", "Razem: 3"]),
            st.sampled_from(["", "1", "Total", "S1", "Session ID"]),
            st.sampled_from(["", "1", "Sum", "p", "Status"]),
        ),
        max_size=8,
    )
)
def test_a_row_with_an_id_and_another_cell_is_never_ignored(rows: list[tuple[str, ...]]) -> None:
    """Whatever words are in it, but for the word total beside a lone number."""
    told = [list(row) for row in rows if any(row[1:]) and (any(row[2:]) or not row[0].isdigit())]
    assert ignored([HEAD, ANN, *told]) == []


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("example.ann@rollbook.example", "example"),
        (" Example.Bo@Rollbook.Example ", None),
        ("ann@rollbook.example", None),
        ("example.ann@rollbook.example.org", None),
    ],
)
def test_the_examples_of_the_template_are_nobodys_records(address: str, reason: str | None) -> None:
    """They may stay in a sheet that was filled in; an address that only looks like theirs is somebody's."""
    rows = [["Email", "Session ID", "Status"], [address, "S-1", "attended"], ["b@x.org", "S-1", "attended"]]
    assert dict(table_of(canonical_of(rows).ignored, "row", "reason")) == ({2: reason} if reason else {})


REGISTER = [
    ["Course: First Aid"],
    ["Staff No", "Name", "2023-05-08", "2023-05-15"],
    ["00451", "Ida Berg", "P", "P"],
    ["00452", "Ola Moe", "P", "A"],
]


@pytest.mark.parametrize("words", ["Present", "Headcount", "absences", "Attendees", "Anwesend", "Présents", "presenti"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_register_s_count_of_heads_is_nobody(words: str, place: int) -> None:
    """Whichever column of the learner it stands in; a 1 would be a mark of attendance."""
    line = ["", "", "1", "1"]
    line[place] = words
    assert ignored([*REGISTER, line]) == [(1, "title"), (5, "totals")]


@pytest.mark.parametrize("line", [["Present", "", "P", "A"], ["Iris", "Holt", "1", "0"], ["Ada Holt", "", "1", "1"]])
def test_whoever_has_a_mark_is_somebody(line: list[str]) -> None:
    """Marks that are no figures, or a name that is no such word."""
    assert ignored([*REGISTER, line]) == [(1, "title")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["Totale presenze", "", "", "3"], "totals"),
        (["Suma obecnych: 12"], "totals"),
        (["Total de ausencias", "", "", "2"], "totals"),
        (["Aantal afwezig", "", "", "1"], "totals"),
        (["Erfüllt %", "", "", "67%", "50 %"], "totals"),
        (["% trained", "", "", "67%"], "totals"),
        (["Signature du formateur : ______", "", "", "Date : 04/05/2022"], "note"),
        (["", "Unterschrift Referent: ____", "", "Datum: 04/05/2022"], "note"),
        (["Docente: ________", "", "", "Data: 04/05/2022", "Firma: ____"], "note"),
    ],
)
def test_sums_of_heads_rates_and_signatures_carry_no_record(row: list[str], reason: str) -> None:
    """In the words of each language, whatever stands below the statuses."""
    assert ignored([HEAD, ANN, BOB, row]) == [(4, reason)]


@pytest.mark.parametrize("row", [["Totale", "", "S1", "attended"], ["Total Presence Ltd", "", "S1", "attended"]])
def test_what_begins_like_a_sum_and_holds_a_record_is_judged(row: list[str]) -> None:
    """It may be a learner."""
    assert ignored([HEAD, ANN, row]) == []


@pytest.mark.parametrize(
    "line", [["-----"] * 5, ["===", "==", "====", "=====", "--"], ["-----+------+-----"], ["|:---:|---:|"]]
)
@pytest.mark.parametrize(
    "count", ["(2 rows affected)", "(2 rows)", "2 rows in set (0.03 sec)", "(2 Zeilen)", "2 rows selected."]
)
def test_what_sql_clients_print_around_a_table_is_a_note(line: list[str], count: str) -> None:
    """The line below the header says nothing of its columns; a dash alone stands for a blank, and names nobody."""
    assert ignored([HEAD, line, ANN, BOB, [], [count]]) == [(2, "note"), (5, "blank"), (6, "note")]
    assert ignored([HEAD, ANN, ["-", "-", "-", "-", "-"], ["E3", "---", "S1", "attended", "---"]]) == []
