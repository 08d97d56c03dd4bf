"""The profiles that `rollbook inspect --write-profile` writes: one for each kind of file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from pipeline.viewing.viewed_files import ViewedFile
from rollbook.errors import CannotBegin
from rollbook.profile import parse_profile
from transforms.planning.proposal.file_globs import glob_for
from transforms.planning.proposal.profile_text import profile_text

# With more patterns than these for names, those for paths are tried.
_MOST_PATTERNS = 3


def write_profiles(kinds: Sequence[Sequence[ViewedFile]], target: Path) -> list[Path]:
    """One profile per kind of file into a folder; into a file, that of the only kind. All of them or none."""
    if not kinds:
        raise CannotBegin("No file could be opened, so there is nothing to write a profile from.")
    if target.suffix == ".toml" and len(kinds) > 1:
        raise CannotBegin(f"The files are of {len(kinds)} kinds: name a folder, and each kind gets its profile there.")
    names, paths = _named(kinds)
    written: dict[Path, str] = {}
    for place, kind in enumerate(kinds):
        path = target if target.suffix == ".toml" else _free_path(target / f"{kind[0].path.stem}.toml", written)
        known = names if names and glob_for(names[place], _others(names, place), _MOST_PATTERNS) else paths
        written[path] = profile_text(kind[0].views, known[place], _others(known, place), kind[0].under)
        parse_profile(written[path], str(path))
        if path.exists():
            raise CannotBegin(f"{path} already exists. Use another name, or remove it first.")
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(written)


def _others(names: Sequence[Sequence[str]], place: int) -> list[str]:
    return [name for other, found in enumerate(names) if other != place for name in found]


def _named(kinds: Sequence[Sequence[ViewedFile]]) -> tuple[list[list[str]], list[list[str]]]:
    """The names of the files of each kind, none where two kinds have files of one name; their paths below one folder.

    The paths begin with that folder's own name, so that each has a slash.
    """
    whole = [[file.path.absolute() for file in kind] for kind in kinds]
    above = Path(os.path.commonpath([path.parent for kind in whole for path in kind])).parent
    paths = [[path.relative_to(above).as_posix() for path in kind] for kind in whole]
    names = [list(dict.fromkeys(path.name for path in kind)) for kind in whole]
    return names if sum(map(len, names)) == len(set().union(*names)) else [], paths


def _free_path(path: Path, taken: Mapping[Path, str]) -> Path:
    """The path, or where another kind of this call has it, one with a number."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return path if path not in taken else next(other for other in numbered if other not in taken)
