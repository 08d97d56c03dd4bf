"""Which files were meant: files, folders and globs to one sorted list."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from rollbook.errors import CannotBegin

ENDINGS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv", ".tsv", ".txt", ".tab"})
_SKIPPED_FOLDERS = frozenset({"done", "failed", "rollbook-out"})
# The folder of a run bears the run's ID; what these names say is ours wherever it stands.
_OWN = re.compile(r"^(failed-rows.*\.(xlsx|csv|json)|smarteru-\d+\..*)$")


def find_files(arguments: Sequence[str]) -> list[Path]:
    """The files that the arguments mean, sorted by path, each once.

    A file is taken whatever its name, a folder gives its spreadsheets at any depth, a glob what it matches. Walking
    skips hidden files, locks (`~$…`), our own outputs, `done/` and `failed/`. Raises CannotBegin for a name that
    leads nowhere.
    """
    found: dict[Path, Path] = {}
    for argument in arguments:
        for path in _meant(argument):
            found.setdefault(path.resolve(), path)
    return sorted(found.values())


def _meant(argument: str) -> list[Path]:
    path = Path(argument).expanduser()
    if path.is_dir():
        return sorted(_walk(path, path))
    if path.exists():
        return [path]
    if any(sign in argument for sign in "*?["):
        matched = _globbed(path)
        if matched:
            return matched
        raise CannotBegin(f"Nothing matches {argument}. Check the pattern and the folder.")
    raise CannotBegin(f"There is no {argument}.{_nearest(path)}")


def _walk(folder: Path, top: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")):
            continue
        if path.is_dir():
            if path.name not in _SKIPPED_FOLDERS and not path.is_symlink():
                yield from _walk(path, top)
        elif path.suffix.lower() in ENDINGS and not _OWN.match(path.name):
            yield path


def _globbed(pattern: Path) -> list[Path]:
    anchor = Path(pattern.anchor) if pattern.anchor else Path()
    matched = anchor.glob(str(pattern.relative_to(pattern.anchor) if pattern.anchor else pattern))
    files: list[Path] = []
    for path in sorted(matched):
        if path.name.startswith((".", "~$")):
            continue
        files.extend(_walk(path, path) if path.is_dir() else [path])
    return files


def _nearest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f" There is no folder {folder} either."
    near = get_close_matches(path.name, [other.name for other in folder.iterdir()], n=1, cutoff=0.5)
    return f" Did you mean {folder / near[0]}?" if near else ""


def sha256(path: Path) -> str:
    """The SHA-256 of the file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
