"""Patterns for files, over their names or the end of their paths."""

from fnmatch import fnmatch

_ANY_FOLDERS = "**"


def fits(path: str, pattern: str) -> bool:
    """Whether a file is one of those that the pattern means.

    A pattern without a slash is compared with the file's name, one with slashes with the end of its path, folder by
    folder; `**` stands for any number of folders, also none. path: with slashes.

    >>> fits("/drop/region-7/2020/may/a.xlsx", "region-*/**/*.xlsx")
    True
    """
    parts = tuple(part for part in path.split("/") if part)
    wanted = tuple(part for part in pattern.split("/") if part not in ("", "."))
    if len(wanted) == 1:
        return bool(parts) and fnmatch(parts[-1], wanted[0])
    return any(_fit(parts[start:], wanted) for start in range(len(parts)))


def _fit(parts: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    if not wanted:
        return not parts
    if wanted[0] == _ANY_FOLDERS:
        return any(_fit(parts[start:], wanted[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatch(parts[0], wanted[0]) and _fit(parts[1:], wanted[1:])
