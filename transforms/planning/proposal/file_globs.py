"""Patterns that fit the files of one kind, for `[applies]` of its profile."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from rollbook.text.file_patterns import fits


def glob_for(names: Sequence[str], others: Collection[str] = (), most: int | None = None) -> str | list[str]:
    """A pattern that fits the files of one kind and none of the others; several where no single one does.

    names, others: the files' names, or where these do not tell the kinds apart, paths with slashes. most: so many
    patterns are enough; where more would be needed, none are given.
    """
    own = dict.fromkeys(names)
    for pattern in _for_all(names):
        if all(fits(name, pattern) for name in own) and not _fits_any(pattern, others):
            return pattern
    found: list[str] = []
    for pattern in _for_some(names):
        fitted = [name for name in own if fits(name, pattern)]
        if fitted and not _fits_any(pattern, others):
            found.append(pattern)
            for name in fitted:
                del own[name]
        if most is not None and len(found) > most:
            return []
        if not own:
            break
    return found[0] if len(found) == 1 else found


def _fits_any(pattern: str, paths: Collection[str]) -> bool:
    return any(fits(path, pattern) for path in paths)


def _for_all(names: Sequence[str]) -> Iterator[str]:
    """Patterns that may fit all of them."""
    first = names[0]
    if "/" in first:
        yield from (f"{_folder(first, shown)}*{_ending(first)}" for shown in (str, _without_figures))
    yield _exactly(first, _without_figures)
    if "/" not in first:
        yield _beginning(names).rstrip("0123456789-_ ") + "*" + _ending(first)


def _for_some(names: Sequence[str]) -> Iterator[str]:
    """Patterns that fit some of them: folder by folder, then name by name."""
    for shown in (_without_figures, str):
        yield from dict.fromkeys(f"{_folder(name, shown)}*{_ending(name)}" for name in names if "/" in name)
    for name in names:
        yield _exactly(name, _without_figures)
        yield _exactly(name, str)


def _ending(name: str) -> str:
    return name[name.rindex(".") :] if "." in name.rsplit("/", 1)[-1] else ""


def _folder(name: str, shown: Callable[[str], str]) -> str:
    return _exactly(name[: name.rindex("/") + 1], shown)


def _exactly(name: str, shown: Callable[[str], str]) -> str:
    return shown(name.replace("[", "[[]"))


def _beginning(names: Sequence[str]) -> str:
    """What all names begin with, up to a bracket (which a pattern would read in its own way)."""
    shortest = min(names, key=len)
    same = (n for n, c in enumerate(shortest) if c in "[]*?" or any(name[n] != c for name in names))
    return shortest[: next(same, len(shortest))]


def _without_figures(name: str) -> str:
    return re.sub(r"\d[\d_. -]*(?=\d)\d|\d+", "*", name)
