"""Files of which the same is told, together: a folder of many files is a few lines."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from reports.terminal.terminal_tables import unbroken
from reports.text import count_noun, listed

# So many files are told one by one; of more, those alike are told together.
TOLD_ONE_BY_ONE = 10
_NAMED = 3

_File = TypeVar("_File")


def by_kind(files: Sequence[_File], kind: Callable[[_File], Hashable]) -> list[list[_File]]:
    """The files of each kind, in the order in which each kind first comes; few files each by themselves."""
    if len(files) <= TOLD_ONE_BY_ONE:
        return [[file] for file in files]
    found: dict[Hashable, list[_File]] = {}
    for file in files:
        found.setdefault(kind(file), []).append(file)
    return list(found.values())


def without_names(text: str | None, names: Iterable[str]) -> str:
    """A message without the names of its own file and sheets, so that those of files alike are equal."""
    bare = text or ""
    for name in sorted(filter(None, names), key=len, reverse=True):
        bare = bare.replace(name, "")
    return bare


def some_files(paths: Sequence[str]) -> str:
    """`a.csv`, or `1,500 files: a.csv, b.csv, c.csv and 1,497 others`, the names unbroken."""
    return unbroken(paths[0]) if len(paths) == 1 else f"{count_noun(len(paths), 'file')}: {some_names(paths)}"


def some_names(paths: Sequence[str], most: int = _NAMED) -> str:
    """`a.csv, b.csv, c.csv and 1,497 others`."""
    others = len(paths) - most
    names = list(map(unbroken, paths if others <= 1 else paths[:most]))
    return listed([*names, f"{others:,} others"] if others > 1 else names)
