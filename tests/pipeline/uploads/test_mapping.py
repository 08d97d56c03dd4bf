"""What people say of columns, as lines of a profile: only what changed is written, and nothing is joined in silence."""

import pytest

from pipeline.uploads.mapping import LEAVE_OUT, NOT_USED, with_columns, with_defaults, with_files, with_header_row
from rollbook.errors import CannotBegin
from rollbook.profile import PatternColumn, Profile, parse_profile

SHOWN = {"Mail": "learner_email", "Seen": NOT_USED, "State": "status", "When": "session_date+session_start"}
PROFILE = """# of the northern office
[columns]
learner_email = "Mail"   # their own
ignore = ["Room"]
[values.status]
DNA = "no_show"
"""


def _columns(text: str, chosen: dict[str, str], preset: str | None = None) -> Profile:
    return parse_profile(with_columns(text, SHOWN, {**SHOWN, **chosen}, preset))


def test_what_is_as_it_was_shown_changes_nothing() -> None:
    for text in ("", PROFILE):
        assert with_columns(text, SHOWN, SHOWN, "zoom") == text


def test_an_unknown_column_feeds_the_chosen_field() -> None:
    found = _columns("", {"Seen": "completed_on"})
    assert found.columns == {"completed_on": "Seen"}


def test_a_field_moves_from_one_column_to_another() -> None:
    """The column that fed it feeds nothing, also where its header is a usual one."""
    found = _columns("", {"State": NOT_USED, "Seen": "status"})
    assert found.columns == {"status": "Seen"}
    assert _columns("", {"State": NOT_USED}).columns == {"status": []}
    assert _columns("", {"State": "feedback"}).columns == {"status": [], "feedback": "State"}


def test_a_column_of_two_fields_is_taken_from_both() -> None:
    found = _columns("", {"When": "enrolled_on"})
    assert found.columns == {"session_date": [], "session_start": [], "enrolled_on": "When"}


def test_a_column_is_left_out_and_taken_again() -> None:
    """What a profile leaves out beside it stays left out; comments stay."""
    text = with_columns(PROFILE, SHOWN, {**SHOWN, "Seen": LEAVE_OUT})
    assert parse_profile(text).ignore == ["Room", "Seen"]
    assert "# their own" in text
    assert "# of the northern office" in text
    again = with_columns(text, {**SHOWN, "Seen": LEAVE_OUT}, {**SHOWN, "Seen": "feedback"})
    assert parse_profile(again).ignore == ["Room"]
    assert parse_profile(again).columns["feedback"] == "Seen"


def test_two_columns_for_one_field_are_refused_with_both_named() -> None:
    with pytest.raises(CannotBegin, match="“Seen” and “State” are both set to status"):
        _columns("", {"Seen": "status"})


def test_the_parts_of_a_name_are_joined() -> None:
    shown = {"First": NOT_USED, "Last": NOT_USED}
    chosen = dict.fromkeys(shown, "learner_name")
    assert parse_profile(with_columns("", shown, chosen)).columns == {"learner_name": ["First", "Last"]}


def test_the_preset_that_a_file_is_read_by_stays() -> None:
    """A profile with columns would drop it."""
    found = _columns(PROFILE, {"Seen": "completed_on"}, "zoom")
    assert (found.preset, found.columns["completed_on"]) == ("zoom", "Seen")


def test_the_header_row_is_said_and_found_again() -> None:
    text = with_header_row(PROFILE, 7)
    assert parse_profile(text).sheet.header_row == 7
    assert parse_profile(with_header_row(text, None)) == parse_profile(PROFILE)
    assert with_header_row(PROFILE, None) == PROFILE


def test_what_holds_for_all_rows() -> None:
    text = with_defaults("", {"status": "completed", "course_name": "First aid", "session_id": ""})
    assert parse_profile(text).defaults == {"status": "completed", "course_name": "First aid"}
    assert parse_profile(with_defaults(text, {"status": "", "course_name": ""})) == Profile()
    assert with_defaults(PROFILE, {"status": ""}) == PROFILE
    with pytest.raises(CannotBegin, match="is not a status"):
        with_defaults("", {"status": "maybe"})


def test_a_profile_is_for_files_of_a_pattern() -> None:
    text = with_files(PROFILE, "north_*.csv")
    found = parse_profile(text)
    assert (found.applies.files, found.values["status"]) == ("north_*.csv", {"DNA": "no_show"})
    assert parse_profile(with_files(text, ["a.csv", "b.csv"])).applies.files == ["a.csv", "b.csv"]
    pattern = '[columns]\nsession_id = {column = "S", pattern = "(.)"}\n'
    assert isinstance(parse_profile(with_files(pattern, "*.csv")).columns["session_id"], PatternColumn)
