"""Rows of those who held what the learners came to."""

import pytest

from tests.transforms.sheets import canonical_of, marked, part_of, plan_of, raw, table_of
from transforms.canonical import canonical_rows

HEAD = ["Email", "Course", "Date", "Attended"]
TAIL = ["Ladders", "2023-03-14", "Yes"]


def sheet(header: str, *roles: str) -> list[list[str]]:
    """A row for each of the roles."""
    return [[*HEAD, header], *([f"p{n}@x.org", *TAIL, role] for n, role in enumerate(roles))]


@pytest.mark.parametrize(
    ("header", "learner", "leader"),
    [
        ("Role", "Attendee", "Host"),
        ("User Type", "attendee", "Panelist"),
        ("Participant Role", "Participant", "SPEAKER"),
        ("Type", "Viewer", "Co-Host"),
        ("Rolle", "Teilnehmerin", "Referent"),
        ("Rôle", "Participant", "Intervenante"),
        ("Rol", "Asistente", "Ponente"),
        ("Ruolo", "Partecipante", "Relatrice"),
        ("Função", "Participante", "Palestrante"),
        ("Rol", "Deelnemer", "Presentator"),
        ("Rola", "Uczestnik", "Prelegent"),
        ("الدور", "مشارك", "متحدث"),
    ],
)
def test_who_held_it_is_no_learner_and_named(header: str, learner: str, leader: str) -> None:
    """In every language, whatever the header."""
    rows = sheet(header, learner, learner, leader)
    found = canonical_of(rows)
    assert table_of(found.rows, "row") == [(2,), (3,)]
    assert table_of(found.ignored, "row", "reason") == [(4, "held the meeting")]
    note = plan_of(rows).note
    assert note == f"Rows with “{leader}” under “{header}” are not of learners, and left out."


@pytest.mark.parametrize(
    "roles",
    [
        ["Trainer", "Nurse", "Trainer"],  # what they do all day
        ["Presenter", "Presenter", "Presenter"],
        ["Attendee", "Host", "Porter"],
        ["Attendee", "Participant", ""],
    ],
)
def test_a_column_of_anything_else_leaves_nobody_out(roles: list[str]) -> None:
    """A job is no role in a meeting."""
    assert len(canonical_of(sheet("Role", *roles)).rows) == len(roles)


def test_where_most_are_presenters_they_are_learners() -> None:
    """Some systems call everybody of the organization so."""
    rows = sheet("Role", "Presenter", "Presenter", "Organizer", "Attendee")
    assert len(canonical_of(rows).rows) == 4
    assert "“Presenter” or “Organizer” under “Role” are most of them" in (plan_of(rows).note or "")


def test_the_profile_decides_about_a_column_that_it_names() -> None:
    """With no text at all, everybody is a learner; with other roles, the reason is the same."""
    rows = sheet("Role", "Attendee", "Attendee", "Host", "Speaker")
    assert len(canonical_of(rows, "[rows]\nskip = {Role = []}").rows) == 4
    found = canonical_of(rows, '[rows]\nskip = {Role = ["Host"]}')
    assert table_of(found.ignored, "row", "reason") == [(4, "held the meeting")]


def test_a_few_rows_that_are_tried_again_are_read_as_before() -> None:
    """Whatever the others of them are."""
    plan = plan_of(sheet("Role", "Attendee", "Attendee", "Host"))
    few = raw([["p9@x.org", *TAIL, "Host"]], first=4)
    again = canonical_rows(part_of(few), marked(), plan_of(few, recorded=plan))
    assert table_of(again.ignored, "reason") == [("held the meeting",)]
