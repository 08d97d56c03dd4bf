"""Profiles that are edited for a repair: a value that was replaced is remembered, unknown ones are created."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import tomlkit

from rollbook.errors import CannotBegin
from rollbook.profile import parse_profile, saved_profiles
from rollbook.rows.statuses import STATUSES
from transforms.values.statuses.status_words import StatusMeaning, clean_statuses


@dataclass(frozen=True)
class Synonym:
    """`word` in a column that feeds `field` means `value`."""

    field: str
    word: str
    value: str

    def as_toml(self) -> str:
        """The synonym as it stands in a profile."""
        return tomlkit.dumps({"values": {self.field: {self.word: self.value}}})


def synonym(field: str, word: str, value: str) -> Synonym:
    """The synonym of a replacement; a status is remembered as the one that the new word means.

    Raises CannotBegin where it means none.
    """
    if field != "status":
        return Synonym(field, word, value)
    if value in STATUSES:
        return Synonym(field, word, value)
    known = clean_statuses(pd.Series([value], dtype="str"), StatusMeaning(), {}).values.iloc[0]
    if pd.isna(known):
        told = ", ".join(STATUSES)
        raise CannotBegin(f"“{value}” is not a status, so it cannot be remembered. Use one of: {told}.")
    return Synonym(field, word, str(known))


def remember(found: Synonym, profile: Path | None, files: Sequence[str]) -> Path | None:
    """Write the synonym into the one profile that the files are read under; None where there is none, or several.

    profile: a profile or a folder of them, as settings name it. What stands in the file stays as it is, comments too.
    """
    paths = {Path(file) for file in files}
    fitting = [
        (path, text)
        for path, text in saved_profiles(profile)
        if any(parse_profile(text, path).applies.fit(file) for file in paths)
    ]
    covered = {file for file in paths for path, text in fitting if parse_profile(text, path).applies.fit(file)}
    if len(fitting) != 1 or covered != paths:
        return None
    path, text = Path(fitting[0][0]), fitting[0][1]
    write_profile(path, with_synonym(text, found, str(path)))
    return path


def with_synonym(text: str, found: Synonym, told_as: str = "profile") -> str:
    """A profile's text with the synonym in it; raises CannotBegin where it would be none any more."""
    document = tomlkit.parse(text)
    values = document.setdefault("values", tomlkit.table(is_super_table=True))
    values.setdefault(found.field, tomlkit.table())[found.word] = found.value
    made = tomlkit.dumps(document)
    parse_profile(made, told_as)
    return made


def without_synonym(text: str, field: str, word: str) -> str:
    """A profile's text that says nothing of what a word of a field means."""
    document = tomlkit.parse(text)
    values: Any = document["values"]
    del values[field][word]
    if not values[field]:
        del values[field]
    if not values:
        del document["values"]
    return tomlkit.dumps(document)


def creating(text: str, kind: str) -> str:
    """A profile's text under which unknown learners, groups, courses or sessions (`kind`) are created."""
    document = tomlkit.parse(text)
    document.setdefault("reference", tomlkit.table())[kind] = "create"
    return tomlkit.dumps(document)


def write_profile(path: Path, text: str) -> None:
    """Put the text in the place of the profile's, whole or not at all."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise CannotBegin(f"{path} cannot be written: {error.strerror}. Nothing was replaced.") from error
