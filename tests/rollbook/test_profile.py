"""A profile says how one kind of sheet is read; what it gets wrong is told with the key and what it may be."""

from pathlib import Path

import pytest

from rollbook.errors import CannotBegin
from rollbook.profile import (
    CellDefault,
    NameDefault,
    PatternColumn,
    Profile,
    choose_profile,
    load_profiles,
    matching_nothing,
    parse_profile,
)
from rollbook.text_form import TextForm


def test_an_empty_profile_is_the_default() -> None:
    """Every key is optional."""
    assert parse_profile("") == Profile()


def test_columns_may_be_a_header_a_list_a_letter_or_a_pattern() -> None:
    """All four ways to name a column, and `never` beside them."""
    profile = parse_profile(
        """
        [columns]
        learner_email = "E-mail"
        session_id = ["Module", "Presentation"]
        session_date = "@D"
        outcome_code = {column = "Status", pattern = '\\((\\d+)\\)$'}
        never = "Password"
        """
    )
    assert profile.columns == {
        "learner_email": "E-mail",
        "session_id": ["Module", "Presentation"],
        "session_date": "@D",
        "outcome_code": PatternColumn(column="Status", pattern=r"\((\d+)\)$"),
    }
    assert profile.never == ["Password"]


def test_defaults_may_be_a_value_a_cell_or_a_part_of_a_name() -> None:
    """A default stands for all rows of a sheet, wherever it is taken from."""
    profile = parse_profile(
        """
        [defaults]
        group_name = "Sales"
        grade_type = "Percentage"
        session_date = {cell = "B2"}
        course_name = {from = "file", pattern = "^([A-Z]+)_"}
        """
    )
    assert profile.defaults == {
        "group_name": "Sales",
        "grade_type": "Percentage",
        "session_date": CellDefault(cell="B2"),
        "course_name": NameDefault(**{"from": "file", "pattern": "^([A-Z]+)_"}),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[sheet]\nheader = 4", "sheet.header: there is no such key"),
        ("[sheet]\nheader_row = 0", "sheet.header_row"),
        ("[columns]\nlearner = 'E-mail'", "columns: unknown: learner. Known here: access_override"),
        ("[columns]\ngrade = {column = 'G', pattern = '('}", "columns.grade.pattern: not a regular"),
        ("[values.status]\nDNA = 'missing'", "values: unknown: missing. Known here:"),
        ("[defaults]\ncolour = 'red'", "defaults: unknown: colour. Known here:"),
        ("[defaults]\nsession_date = {cell = 'B'}", "defaults.session_date.cell"),
        ("[dates]\norder = 'YDM'", "dates.order"),
        ("[limits]\nmax_rejected_percent = 120", "limits.max_rejected_percent"),
        ("[rules]\non_conflict = 'newest'", "rules.on_conflict"),
        ("[file]\nencoding = 'latin-99'", "file.encoding: “latin-99” is not a known encoding"),
        ("[file]\nencoding = 'rot13'", "file.encoding"),
        ("[file]\nencoding = 'punycode'", "file.encoding"),
        ("[file]\ndelimiter = ';;'", "file.delimiter"),
        ("[file]\ndelimiter = '\"'", "file: the delimiter must be one character"),
        ("[file]\ndelimiter = ''", "file.delimiter"),
        ('[file]\nquote = "\\n"', "file: the quotation mark"),
        ("[sheet", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_key(text: str, told: str) -> None:
    """No traceback and no guess: the key, and where to mend it."""
    with pytest.raises(CannotBegin) as raised:
        parse_profile(text, "hr.toml")
    assert str(raised.value).startswith("hr.toml")
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_folder_of_profiles_gives_each_file_its_own(tmp_path: Path) -> None:
    """The profile whose pattern fits the file's name counts; none fitting is no error."""
    (tmp_path / "hr.toml").write_text('[applies]\nfiles = "hr_*.xlsx"\n[dates]\norder = "DMY"')
    (tmp_path / "lms.toml").write_text('[applies]\nfiles = "lms_*"')
    profiles = load_profiles(tmp_path)
    assert parse_profile(choose_profile(Path("in/hr_2023.xlsx"), profiles)).dates.order == "DMY"
    assert parse_profile(choose_profile(Path("in/lms_2023.csv"), profiles)) == parse_profile(
        '[applies]\nfiles = "lms_*"'
    )
    assert choose_profile(Path("in/other.csv"), profiles) == ""


def test_profiles_that_apply_to_nothing_are_named(tmp_path: Path) -> None:
    """A slip in the pattern is seen; that other profiles of a folder are for other files is no news."""
    (tmp_path / "north.toml").write_text('[applies]\nfiles = "north/**/*.xlsx"')
    (tmp_path / "slip.toml").write_text('[applies]\nfiles = ["sout/*.xlsx", "b.csv"]')
    profiles = load_profiles(tmp_path)
    files = [Path("in/north/2020/a.xlsx"), Path("in/south/a.xlsx")]
    assert parse_profile(choose_profile(files[0], profiles)).applies.files == "north/**/*.xlsx"
    told = matching_nothing(files, profiles)
    assert told is not None
    assert told.startswith("This profile applies to none of the files: ")
    assert 'slip.toml ([applies] files = ["sout/*.xlsx", "b.csv"]).' in told
    assert matching_nothing(files[:1], profiles) is None
    assert "These profiles apply to none" in str(matching_nothing(files[1:], profiles))
    assert matching_nothing(files, profiles[:1]) is None


def test_two_profiles_that_fit_are_an_error(tmp_path: Path) -> None:
    """Which one counts would otherwise depend on the order of a folder."""
    (tmp_path / "a.toml").write_text('[applies]\nfiles = "hr_*"')
    (tmp_path / "b.toml").write_text('[applies]\nfiles = "*.xlsx"')
    with pytest.raises(CannotBegin, match=r"hr_1\.xlsx: several profiles apply"):
        choose_profile(Path("hr_1.xlsx"), load_profiles(tmp_path))


def test_a_profile_that_is_not_there_is_told_with_the_way_to_one(tmp_path: Path) -> None:
    """The remedy is the command that writes one."""
    with pytest.raises(CannotBegin, match="--write-profile"):
        load_profiles(tmp_path / "none.toml")
    with pytest.raises(CannotBegin, match="contains no profile"):
        load_profiles(tmp_path)


def test_a_profile_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """As Windows editors save UTF-8; another encoding is told."""
    path = tmp_path / "hr.toml"
    path.write_bytes('[values.status]\n"présent" = "attended"'.encode("utf-8-sig"))
    assert parse_profile(load_profiles(path)[0][1]).values == {"status": {"présent": "attended"}}
    path.write_bytes('[values.status]\n"présent" = "attended"'.encode("cp1252"))
    with pytest.raises(CannotBegin, match="Save the profile as UTF-8"):
        load_profiles(path)


def test_the_form_of_a_text_file() -> None:
    """An encoding under any of its names; no quotation mark is not the usual one."""
    said = parse_profile('[file]\nencoding = "Windows-1250"\ndelimiter = "\\t"\nquote = ""').file
    assert said.form == TextForm("cp1250", "\t", "")
    assert parse_profile("").file.form == TextForm(None, None, None)


def test_a_preset_is_a_profile_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless a file has that name; another name is told with those of the presets."""
    monkeypatch.chdir(tmp_path)
    assert load_profiles(Path("zoom")) == [("zoom", 'preset = "zoom"\n')]
    with pytest.raises(CannotBegin, match=r"There is no profile zoomm\..*Presets: .*, zoom,"):
        load_profiles(Path("zoomm"))
    (tmp_path / "zoom").write_text('[dates]\norder = "DMY"\n', encoding="utf-8")
    assert load_profiles(Path("zoom")) == [("zoom", '[dates]\norder = "DMY"\n')]
    with pytest.raises(CannotBegin, match="there is no preset “zoomm”"):
        parse_profile('preset = "zoomm"')
