"""A profile says how one kind of sheet is read. Every key is optional."""

import codecs
import json
import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rollbook.errors import CannotBegin
from rollbook.notify_settings import Language
from rollbook.options import OnConflict, OnExisting
from rollbook.preset_files import NO_PRESET, preset_names
from rollbook.rows.fields import FIELDS
from rollbook.rows.statuses import STATUSES
from rollbook.text.file_patterns import fits
from rollbook.text.mail_addresses import MailAddress
from rollbook.text.toml_problems import toml_problem
from rollbook.text_form import TextForm
from rollbook.unknown_keys import what_is_wrong

ReferenceMode = Literal["create", "require"]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Applies(_Section):
    """Which files the profile is for: a pattern (`rollbook.text.file_patterns`), or several."""

    files: str | list[str] = "*"

    def fit(self, path: Path) -> bool:
        """Whether a file is one of them; a relative path is one in the present folder."""
        whole = path.absolute().as_posix()
        return any(fits(whole, pattern) for pattern in ([self.files] if isinstance(self.files, str) else self.files))


def _is_encoding(name: str) -> str:
    """The encoding as Python names it."""
    try:
        "".encode(name)
        found = codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError):
        found = ""
    if not found or found in _NO_ENCODINGS:
        raise ValueError(f"“{name}” is not a known encoding; write, for example, utf-8, cp1250 or shift_jis")
    return found


# Codecs of Python's own, which no spreadsheet program writes.
_NO_ENCODINGS = frozenset(("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"))
_LINE_ENDS = frozenset("\r\n\0")


class File(_Section):
    """How a text file (CSV and its kin) is written; what is not said is found from the file."""

    encoding: Annotated[str, AfterValidator(_is_encoding)] | None = None
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    quote: str | None = Field(None, max_length=1)

    @model_validator(mode="after")
    def _differ(self) -> "File":
        if self.delimiter is not None and (self.delimiter in _LINE_ENDS or self.delimiter == (self.quote or '"')):
            raise ValueError("the delimiter must be one character, other than a line break or the quotation mark")
        if self.quote is not None and self.quote in _LINE_ENDS:
            raise ValueError("the quotation mark must be one character, or empty if the file uses none")
        return self

    @property
    def form(self) -> TextForm:
        """The same, as the room that reads files takes it."""
        return TextForm(self.encoding, self.delimiter, self.quote)


class Sheet(_Section):
    """Which sheet is read, where its header stands, and whether a session is a row (long) or a column (wide).

    layout: None: as the sheet itself shows. sessions, cell: only wide sheets have them.
    """

    name: str | None = None
    header_row: int | None = Field(None, ge=1)
    skip_hidden: bool = True
    layout: Literal["long", "wide"] | None = None
    sessions: str | list[str] | None = None
    cell: Literal["status", "grade", "completed_on"] = "status"

    @property
    def is_wide(self) -> bool:
        """Does the profile say that a session is a column?"""
        return self.layout == "wide" or (self.layout is None and (bool(self.sessions) or self.cell == "completed_on"))


class PatternColumn(_Section):
    """A column of which only what `pattern` captures counts; no match is a failure."""

    column: str
    pattern: Pattern


class StatusColumns(_Section):
    """Columns of yes and no that say the status together: header -> the status that yes means; the first yes counts."""

    columns: dict[str, str] = Field(min_length=1)

    @field_validator("columns")
    @classmethod
    def _known_statuses(cls, table: dict[str, str]) -> dict[str, str]:
        _only(dict.fromkeys(table.values()), STATUSES)
        return table


class CellDefault(_Section):
    """The value of one cell of the sheet, or what `pattern` captures in it, for all of its rows."""

    cell: str = Field(pattern=r"^[A-Za-z]{1,3}[1-9]\d*$")
    pattern: Pattern | None = None


class NameDefault(_Section):
    """What `pattern` captures in the name of the file or of the sheet, for all of its rows."""

    from_: Literal["file", "sheet"] = Field(alias="from")
    pattern: Pattern = "(.+)"


Column = str | list[str] | PatternColumn | StatusColumns
Default = str | int | float | bool | CellDefault | NameDefault
_FORMS = {form.__name__ for form in (PatternColumn, StatusColumns, CellDefault, NameDefault)}


class RowsSection(_Section):
    """Rows to pass over, counted as ignored: header -> the texts that mean so."""

    skip: dict[str, list[str]] = {}


class Dates(_Section):
    """How dates are read where the cell alone leaves it open."""

    order: Literal["DMY", "MDY", "YMD"] | None = None
    typed: Literal["as_is", "swapped"] | None = None


class Rules(_Section):
    """What happens to differing copies, in the run and in the destination."""

    on_conflict: OnConflict = "reject"
    on_existing: OnExisting = "reject"


class Limits(_Section):
    """Checked before anything is loaded; none by default, but for what `rollbook nightly` checks of feeds.

    max_changed_percent: enrollments that change, of those that are there. max_missing_percent: enrollments that the
    last import of the feed held and this one does not. min_rows_percent: rows, of those of the feed's last import.
    """

    max_rejected_percent: float | None = Field(None, ge=0, le=100)
    max_rejected: int | None = Field(None, ge=0)
    max_failed_files: int | None = Field(None, ge=0)
    max_changed_percent: float | None = Field(None, ge=0, le=100)
    max_missing_percent: float | None = Field(None, ge=0, le=100)
    min_rows_percent: float | None = Field(None, ge=0, le=100)


OnMissing = Literal["report", "cancel"]


class Feed(_Section):
    """Who sends the files again and again.

    complete: whether each import of it holds everything, so that what is not in it is missing; None: it is not said.
    on_missing: what happens to such enrollments.
    """

    name: str | None = Field(None, min_length=1, max_length=200)
    complete: bool | None = None
    on_missing: OnMissing = "report"

    @model_validator(mode="after")
    def _cancels_what_is_complete(self) -> "Feed":
        if self.on_missing == "cancel" and not self.complete:
            raise ValueError('on_missing = "cancel" needs complete = true: otherwise nothing is known to be missing')
        return self


class Reference(_Section):
    """Per kind: are unknown ones created or required? None: created until that kind was loaded, then required."""

    learners: ReferenceMode | None = None
    sessions: ReferenceMode | None = None
    courses: ReferenceMode | None = None
    groups: ReferenceMode | None = None
    match_name: bool = False


class Meeting(_Section):
    """Reports of who was in a meeting: from how many minutes on, over all times that somebody joined, it is attended.

    minutes: the column of the minutes, or its headers in several reports.
    """

    attended_from: float | None = Field(None, gt=0)
    minutes: str | list[str] = []


class Report(_Section):
    """Of a preset: which sheets are such a report, by its headers (any of the sets, each whole).

    no_field: headers that name no field there. read_as: header -> the usual one that says the same.
    """

    title: str
    headers: list[list[str]]
    no_field: list[str] = []
    read_as: dict[str, str] = {}


class Owner(_Section):
    """Who sends these sheets: who hears of the failed rows, and in which language (None: that of the settings)."""

    mail: list[MailAddress] = []
    language: Language | None = None


def _is_preset(name: str) -> str:
    if name not in (*preset_names(), NO_PRESET):
        raise ValueError(f"there is no preset “{name}”. There are {', '.join(preset_names())}, and “{NO_PRESET}”")
    return name


_NO_FIELDS = ("never", "ignore")


class Profile(_Section):
    """The whole profile. `columns` maps a field to its column, and names those to leave out (`never`, `ignore`).

    values: field -> {word: value}. preset: the preset that it builds on; None: the one whose headers the sheet has, if
    the profile names no columns itself. report: only of presets.
    """

    applies: Applies = Applies()
    file: File = File()
    sheet: Sheet = Sheet()
    columns: dict[str, Column] = {}
    never: list[str] = []
    ignore: list[str] = []
    rows: RowsSection = RowsSection()
    values: dict[str, dict[str, str]] = {}
    defaults: dict[str, Default] = {}
    dates: Dates = Dates()
    rules: Rules = Rules()
    limits: Limits = Limits()
    feed: Feed = Feed()
    reference: Reference = Reference()
    meeting: Meeting = Meeting()
    owner: Owner = Owner()
    preset: Annotated[str, AfterValidator(_is_preset)] | None = None
    report: Report | None = None

    @model_validator(mode="before")
    @classmethod
    def _under_columns(cls, raw: Any) -> Any:
        """`never` and `ignore` stand among the columns, and name no field."""
        columns = raw.get("columns") if isinstance(raw, dict) else None
        if not isinstance(columns, dict):
            return raw
        fields = {name: column for name, column in columns.items() if name not in _NO_FIELDS}
        lists = {name: columns[name] for name in _NO_FIELDS if name in columns}
        named = {name: [headers] if isinstance(headers, str) else headers for name, headers in lists.items()}
        return {**raw, "columns": fields, **named}

    @field_validator("columns")
    @classmethod
    def _only_a_status_has_several_answers(cls, table: dict[str, Column]) -> dict[str, Column]:
        odd = [name for name, column in table.items() if isinstance(column, StatusColumns) and name != "status"]
        if odd:
            raise ValueError(f"{odd[0]}: only status takes a table of columns")
        return table

    @field_validator("columns", "values")
    @classmethod
    def _known_fields(cls, table: dict[str, Any]) -> dict[str, Any]:
        return _only(table, FIELDS.keys())

    @field_validator("defaults")
    @classmethod
    def _known_defaults(cls, table: dict[str, Any]) -> dict[str, Any]:
        return _only(table, FIELDS.keys() | {"grade_type"})

    @field_validator("values")
    @classmethod
    def _known_statuses(cls, table: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        _only(dict.fromkeys(table.get("status", {}).values()), STATUSES)
        return table


def headers_of(column: Column) -> list[str]:
    """The headers or letters that a profile gives for one field."""
    if isinstance(column, PatternColumn):
        return [column.column]
    if isinstance(column, StatusColumns):
        return list(column.columns)
    return [column] if isinstance(column, str) else column


def _only(table: dict[str, Any], known: Any) -> dict[str, Any]:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}. Known here: {', '.join(sorted(known))}")
    return table


def parse_profile(text: str, told_as: str = "profile") -> Profile:
    """The profile of a TOML text; raises CannotBegin naming the key and what it may be."""
    try:
        return Profile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CannotBegin(f"{told_as} is not valid TOML: {toml_problem(text, error)}.") from error
    except ValidationError as error:
        # Where several forms are allowed, every form's mistake is told: the deepest is that of the form that was meant.
        problems = error.errors(include_url=False, include_context=False)
        first = max(problems, key=lambda problem: (len(problem["loc"]), problem["type"] == "value_error"))
        keys = [part for part in first["loc"] if part not in _FORMS]
        place = ".".join(map(str, keys)) or "the profile"
        raise CannotBegin(
            f"{told_as}: {place}: {what_is_wrong(Profile, first, keys)}. docs/profiles.md lists all keys."
        ) from error


def saved_profiles(path: Path | None) -> list[tuple[str, str]]:
    """`load_profiles` of the settings where profiles are saved too: a folder without any is for the first of them."""
    return [] if path is not None and path.is_dir() and not any(path.glob("*.toml")) else load_profiles(path)


def load_profiles(path: Path | None) -> list[tuple[str, str]]:
    """(name, TOML text) of one profile file or preset, or of every *.toml of a folder; none without a path."""
    if path is None:
        return []
    if not path.exists() and str(path) in preset_names():
        return [(str(path), f'preset = "{path}"\n')]
    if not path.exists():
        presets = f"Presets: {', '.join(preset_names())}."
        raise CannotBegin(
            f"There is no profile {path}. `rollbook inspect` writes one with its option --write-profile. {presets}"
        )
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise CannotBegin(f"The folder {path} contains no profile (*.toml).")
    texts = []
    for file in files:
        try:
            texts.append((str(file), file.read_text(encoding="utf-8-sig")))
        except UnicodeDecodeError as error:
            raise CannotBegin(f"{file} is not UTF-8 text. Save the profile as UTF-8.") from error
    for name, text in texts:
        parse_profile(text, name)
    return texts


def choose_profile(file: Path, profiles: list[tuple[str, str]]) -> str:
    """The text of the one profile that applies to the file, '' when none does; two that fit are an error.

    One without a name is for the files that no other applies to.
    """
    fitting = [(name, text) for name, text in profiles if name and _applies(text, name).fit(file)]
    if len(fitting) > 1:
        names = ", ".join(name for name, _ in fitting)
        raise CannotBegin(
            f"{file.name}: several profiles apply ({names}). Change `[applies] files` so that only one does."
        )
    rest = next((text for name, text in profiles if not name), "")
    return fitting[0][1] if fitting else rest


def sender_by_profile(text: str, profiles: Sequence[tuple[str, str]]) -> str | None:
    """The name of the profile with this text, where it says whose files it is for; None of one that is for all."""
    named = next((name for name, known in profiles if known == text and _applies(text, name).files != "*"), None)
    return None if named is None else Path(named).stem


@lru_cache(maxsize=1_000)
def _applies(text: str, name: str) -> Applies:
    return parse_profile(text, name).applies


def matching_nothing(files: Sequence[Path], profiles: Sequence[tuple[str, str]]) -> str | None:
    """What is said of profiles that apply to none of the files; None if there is nothing to say.

    Of the profiles of a folder, some may be for other files than the one that is looked at now.
    """
    named = [(name, text) for name, text in profiles if name]
    idle = [(name, text) for name, text in named if not any(_applies(text, name).fit(file) for file in files)]
    if not idle or not files or (len(files) == 1 and len(idle) < len(named)):
        return None
    told = "; ".join(f"{name} ([applies] files = {json.dumps(_applies(text, name).files)})" for name, text in idle)
    one = len(idle) == 1
    return f"{'This profile applies' if one else 'These profiles apply'} to none of the files: {told}."
