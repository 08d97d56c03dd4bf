"""Presets: profiles that ship, for the reports of known systems. One chooses itself where its headers stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rollbook.preset_files import NO_PRESET, preset_names, preset_text
from rollbook.profile import Profile, Report, parse_profile
from transforms.planning.columns.column_mapping import ProfileMismatch
from transforms.planning.table.headers import header_key
from transforms.planning.table.table_detection import RawRows, rows_of

# Rows from the top in which a report's header is looked for.
_SEARCHED = 40


class NoSuchReport(ProfileMismatch):
    """The sheet does not have the headers of the preset that its profile names."""


@dataclass(frozen=True)
class Preset:
    """A preset as it applies to a sheet. profile: the sheet's own profile, with what the preset says besides."""

    name: str
    profile: Profile
    report: Report

    @property
    def note(self) -> str:
        """How the user is told."""
        return f"Read as {self.report.title} (preset {self.name})."

    def has_no_field(self, header: str) -> bool:
        """Does the header name no field in these reports?"""
        return header_key(header) in map(header_key, self.report.no_field)

    def read_as(self, header: str) -> str:
        """The usual header that says the same as the report's, or the header."""
        return {header_key(own): usual for own, usual in self.report.read_as.items()}.get(header_key(header), header)


def preset_of(profile: Profile, table: RawRows, recorded: str | None) -> str | None:
    """The name of the preset that a sheet is read by: that of its profile, or else the one whose headers it has.

    recorded: the one that the sheet was read by before. A profile that names columns says all by itself.
    """
    if profile.preset is not None:
        return None if profile.preset == NO_PRESET else profile.preset
    if profile.columns or profile.sheet.header_row is not None or profile.sheet.layout is not None:
        return None
    return recorded or next((name for _, _, name in _headers_in(table)), None)


def header_of_preset(name: str, table: RawRows) -> tuple[int, dict[str, str]] | None:
    """The row and the cells (letter -> text) of the preset's header in a sheet; None where there is none."""
    return next(((row, cells) for row, cells, found in _headers_in(table, (name,)) if found == name), None)


def _headers_in(table: RawRows, names: Sequence[str] | None = None) -> Iterable[tuple[int, dict[str, str], str]]:
    """(row, cells, preset) of every row that is a header of one of the presets, the more exact preset first."""
    for row, cells in rows_of(table.slice(0, _SEARCHED)):
        keys = {header_key(text) for text in cells.values() if text}
        fitting = [
            (len(headers), name) for name, headers in _all_headers(tuple(names or preset_names())) if headers <= keys
        ]
        if fitting:
            yield row, cells, max(fitting)[1]


@cache
def _all_headers(names: tuple[str, ...]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple(
        (name, frozenset(map(header_key, headers))) for name in names for headers in _report(_parsed(name)).headers
    )


@cache
def _parsed(name: str) -> Profile:
    return parse_profile(preset_text(name), f"preset {name}")


def _report(profile: Profile) -> Report:
    assert profile.report is not None
    return profile.report


def with_preset(name: str, profile: Profile, headers: Mapping[str, str]) -> Preset:
    """The preset on a sheet with these headers (letter -> text); what the profile says comes before it.

    Raises NoSuchReport where the sheet is no such report.
    """
    own, keys = _parsed(name), {header_key(header) for header in headers.values() if header}
    report = _report(own)
    if not any(set(map(header_key, wanted)) <= keys for wanted in report.headers):
        wanted = ", ".join(report.headers[0])
        raise NoSuchReport(f"the preset {name} is for sheets with the columns {wanted}; this sheet does not have them")
    columns = {x: column for x, column in own.columns.items() if isinstance(column, str) and header_key(column) in keys}
    skip = {header: texts for header, texts in own.rows.skip.items() if header_key(header) in keys}
    minutes = profile.meeting.minutes or [x for x in own.meeting.minutes if header_key(x) in keys][:1]
    said: dict[str, Any] = {
        "columns": {**columns, **profile.columns},
        "values": {x: {**own.values.get(x, {}), **profile.values.get(x, {})} for x in {*own.values, *profile.values}},
        "rows": profile.rows.model_copy(update={"skip": {**skip, **profile.rows.skip}}),
        "meeting": profile.meeting.model_copy(update={"minutes": minutes}),
        "defaults": {**own.defaults, **profile.defaults},
        "dates": profile.dates.model_copy(update={"order": profile.dates.order or own.dates.order}),
    }
    return Preset(name, profile.model_copy(update=said), report)
