"""Presets: what ships is valid, chooses itself by whole headers, and stands below what a profile says."""

import pytest

from rollbook.preset_files import preset_names, preset_text
from rollbook.profile import parse_profile
from tests.transforms.sheets import mapping, plan_of
from transforms.planning.table.headers import header_key

_FORMS = ["ID", "Start time", "Completion time", "Email", "Name", "Course", "Sign-in sheet"]
_ROW = ["7", "2023-05-20 09:01", "2023-05-20 09:02", "ann@x.org", "Ann Lee", "Ladders", "here"]
_TEACHER = ["8", "2023-05-20 09:01", "2023-05-20 09:02", "bob@x.org", "Bob Ray", "Ladders", "teacher"]


@pytest.mark.parametrize("name", preset_names())
def test_each_preset_is_a_valid_profile_of_a_report(name: str) -> None:
    """Every header that it names may stand in one of its reports."""
    preset = parse_profile(preset_text(name), name)
    assert preset.report is not None
    assert preset.report.title.startswith(("a ", "responses"))
    assert all(len(headers) >= 3 for headers in preset.report.headers)


def test_no_header_set_fits_two_presets_alike() -> None:
    """The set of one may be a part of that of another, never the same."""
    sets = [
        (name, frozenset(map(header_key, headers)))
        for name in preset_names()
        for headers in (parse_profile(preset_text(name)).report or pytest.fail("no report")).headers
    ]
    assert len({keys for _, keys in sets}) == len(sets)


def test_a_preset_chooses_itself_by_all_headers_of_its_report() -> None:
    """And says so; with one of them missing it does not."""
    plan = plan_of([_FORMS, _ROW])
    assert plan.preset == "microsoft_forms"
    assert "Read as responses of Microsoft Forms (preset microsoft_forms)." in (plan.note or "")
    assert mapping(plan)["session_date"] == "Completion time"
    assert "completed_on" not in mapping(plan)
    assert plan_of([_FORMS[1:], _ROW[1:]]).preset is None


@pytest.mark.parametrize("order", [list(reversed(range(7))), [3, 1, 6, 0, 2, 5, 4]])
def test_the_order_and_the_spelling_of_headers_do_not_matter(order: list[int]) -> None:
    """As for all headers."""
    plan = plan_of([[_FORMS[n].upper() for n in order], [_ROW[n] for n in order]])
    assert (plan.preset, mapping(plan)["session_date"]) == ("microsoft_forms", "COMPLETION TIME")


def test_a_profile_comes_before_its_preset() -> None:
    """Defaults and values of both count; one that names columns is used alone, unless it names the preset too."""
    assert plan_of([_FORMS, _ROW], '[defaults]\nstatus = "completed"\n').preset == "microsoft_forms"
    own = '[columns]\nsession_date = "Start time"\n[defaults]\nstatus = "attended"\n'
    assert plan_of([_FORMS, _ROW], own).preset is None
    both = plan_of([_FORMS, _ROW], f'preset = "microsoft_forms"\n{own}')
    assert (both.preset, mapping(both)["session_date"]) == ("microsoft_forms", "Start time")
    assert plan_of([_FORMS, _ROW], 'preset = "none"\n[defaults]\nstatus = "attended"\n').preset is None


def test_a_preset_that_a_profile_names_is_required() -> None:
    """A sheet of learners with other headers is refused with those of the report; a sheet of other things is not."""
    plan = plan_of(
        [["Email", "Course", "Date", "Status"], ["a@x.org", "Ladders", "2023-05-20", "p"]], 'preset = "zoom"'
    )
    assert plan.state == "failed"
    assert "The preset zoom is for sheets with the columns Name (original name), Join time" in (plan.message or "")
    assert plan_of([["Room", "Building"], ["4", "B"]], 'preset = "zoom"').state == "skipped"
    courses = [["Course", "Session Date", "Room"], ["Ladders", "2023-05-20", "4"]]
    assert plan_of(courses, 'preset = "zoom"').state == "skipped"


def test_a_preset_may_say_what_holds_for_all_rows() -> None:
    """A Webex report of a session names it above the table; everybody in it came."""
    head = [
        "Participant",
        "Name",
        "Email",
        "Date",
        "Invited",
        "Registered",
        "Start time",
        "End time",
        "Duration",
        "Title",
    ]
    row = ["1", "Ann Lee", "ann@x.org", "14 May 2023", "Yes", "Yes", "9:00 am", "10:00 am", "60 mins", "Picker"]
    plan = plan_of([["Session detail for 'Ladders':"], head, row])
    said = dict(plan.constants)
    assert (plan.preset, said["course_name"], said["status"]) == ("webex_session", "Ladders", "attended")
    own = dict(plan_of([["Session detail for 'Ladders':"], head, row], '[defaults]\nstatus = "completed"\n').constants)
    assert own["status"] == "completed"


@pytest.mark.parametrize(
    "headers", [["Primeira Entrada", "Última Saída", "Função"], ["Primo accesso", "Ultima uscita", "Ruolo"]]
)
def test_a_preset_may_say_the_order_of_day_and_month(headers: list[str]) -> None:
    """In these languages Teams never writes the year first; what a profile says counts before it."""
    rows = [["Nome", "Email", *headers], ["Ann Lee", "ann@x.org", "04/05/23, 09:00:00", "04/05/23, 10:00:00", "x"]]
    course = '[defaults]\ncourse_name = "Ladders"\n'
    days = {column.date_order for column in plan_of(rows, course).columns if column.field == "session_date"}
    assert days == {"DMY"}
    other = plan_of(rows, f'{course}[dates]\norder = "YMD"\n')
    assert {column.date_order for column in other.columns if column.field == "session_date"} == {"YMD"}
