"""Which files were meant: files, folders and globs to one sorted list."""

import hashlib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path, PurePath, PurePosixPath

from rollbook.errors import CannotBegin

ENDINGS = frozenset(
    {
        *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".fods"),
        *(".xml", ".html", ".htm"),
        *(".csv", ".tsv", ".txt", ".tab"),
    }
)
# What may hold a table, and is refused with what to do: left where it is, nobody would know.
PACKED = frozenset({".zip", ".gz", ".7z", ".rar", ".numbers", ".mht", ".mhtml", ".mdb", ".accdb", ".parquet"})
TAKEN = ENDINGS | PACKED
# Reports are in folders with this file, or have this name: a corrected failed-rows.xlsx elsewhere is input again.
OUTPUT_MARK = ".rollbook-out"
# What systems and Rollbook itself leave in folders: nobody asks after them.
_UNASKED = frozenset({"thumbs.db", "desktop.ini", "rollbook.toml", "rollbook.db", "rollbook.db-wal", "rollbook.db-shm"})
SKIPPED_FOLDERS = frozenset({"done", "failed", "rollbook-out"})


def names_beside(target: str, workbooks: Sequence[str]) -> list[str]:
    """What workbooks of failed rows are called next to the file of a drop folder: `done/march.failed-rows.xlsx`.

    target: the path of the file below the folder. workbooks: their names in the folder of the run.
    """
    path = PurePosixPath(target)
    own = ["failed-rows.xlsx"] if len(workbooks) == 1 else workbooks
    return [str(path.with_name(f"{path.stem}.{name}")) for name in own]


def find_files(arguments: Sequence[str], *, out: Path | None = None) -> list[Path]:
    """The files that the arguments mean, sorted by path, each once.

    A file is taken whatever its name, a folder gives its spreadsheets at any depth and what may hold some (archives,
    databases), a glob what it matches. Walking skips hidden files, locks (`~$book.xlsx`), our own outputs (`out`),
    `done/` and `failed/`. Raises CannotBegin for a name that leads nowhere.
    """
    skipped = out.resolve() if out else None
    found: dict[Path, Path] = {}
    for argument in arguments:
        for path in _meant(argument, skipped):
            found.setdefault(path.resolve(), path)
    return sorted(found.values())


def left_out(arguments: Sequence[str], *, out: Path | None = None) -> list[Path]:
    """The files of the folders among the arguments that are neither spreadsheets nor may hold any, sorted by path."""
    skipped = out.resolve() if out else None
    folders = [path for argument in arguments if (path := Path(argument).expanduser()).is_dir()]
    walked = {path.resolve(): path for folder in folders for path in _walk(folder, skipped) if is_left_out(path)}
    return sorted(walked.values())


def is_taken(path: PurePath) -> bool:
    """Does its ending say that a file of a folder is meant?"""
    return path.suffix.lower() in TAKEN


def is_left_out(path: PurePath) -> bool:
    """Is a file of a folder one that is not taken, and that somebody may have meant?"""
    return not is_taken(path) and path.name.lower() not in _UNASKED


def is_hidden(name: str) -> bool:
    """Is it a file or folder that nobody named: hidden, a lock (`~$book.xlsx`), or what a Mac adds to archives?"""
    return name.startswith((".", "~$")) or name == "__MACOSX"


def never_ends(path: Path) -> bool:
    """Is it a pipe, a socket or a device? Whoever reads one may wait for ever."""
    return path.exists() and not path.is_file() and not path.is_dir()


def place_in_archive(path: Path) -> tuple[Path, str | None]:
    """The file on disk and, of `march.zip/north/register.xlsx`, the name within it; None where the path is a file."""
    try:
        archive = next((folder for folder in path.parents if folder.exists()), None)
        inside = archive is not None and archive.is_file()
    except OSError:  # of a folder that may not be looked into, reading the file tells more
        return path, None
    return (archive, path.relative_to(archive).as_posix()) if archive and inside else (path, None)


def _meant(argument: str, out: Path | None) -> list[Path]:
    path = Path(argument).expanduser()
    if path.is_dir():
        return list(filter(is_taken, _walk(path, out)))
    if never_ends(path):
        raise CannotBegin(
            f"{argument} is a pipe or a device, not a file. Pipe it in: cat {argument} | rollbook import -"
        )
    if path.exists() or place_in_archive(path)[1] is not None or path.is_symlink():
        return [path]
    if any(sign in argument for sign in "*?["):
        matched = _globbed(path, out)
        if matched:
            return matched
        raise CannotBegin(f"Nothing matches {argument}. Check the pattern and the folder.")
    raise CannotBegin(f"There is no {argument}.{_nearest(path)}")


def _walk(folder: Path, out: Path | None) -> Iterator[Path]:
    """The files at any depth, whatever their endings."""
    for path in sorted(_listed(folder)):
        if is_hidden(path.name):
            continue
        if path.is_dir():
            if not (path.is_symlink() or path.name in SKIPPED_FOLDERS or _is_output(path, out)):
                yield from _walk(path, out)
        elif not never_ends(path):
            yield path


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise CannotBegin(
            f"The folder {folder} cannot be listed ({error.strerror}). Grant the right to read it."
        ) from error


def _is_output(folder: Path, out: Path | None) -> bool:
    return folder.resolve() == out or (folder / OUTPUT_MARK).exists()


def _globbed(pattern: Path, out: Path | None) -> list[Path]:
    anchor = Path(pattern.anchor) if pattern.anchor else Path()
    files: list[Path] = []
    for path in sorted(anchor.glob(str(pattern.relative_to(pattern.anchor)))):
        if not is_hidden(path.name) and not never_ends(path):
            files.extend(filter(is_taken, _walk(path, out)) if path.is_dir() else [path])
    return files


def _nearest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f" There is no folder {folder} either."
    near = get_close_matches(path.name, [other.name for other in folder.iterdir()], n=1, cutoff=0.5)
    return f" Did you mean {folder / near[0]}?" if near else ""


def may_be_archive(path: Path) -> bool:
    """Does the file begin as an archive does, and is it not named as a workbook, which is zipped too?"""
    try:
        with path.open("rb") as file:
            begins = file.read(4)
    except OSError:
        return False
    return begins[:2] == b"\x1f\x8b" or (begins[:2] == b"PK" and path.suffix.lower() not in ENDINGS)


def sha256(path: Path) -> str:
    """The SHA-256 of the file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_of(path: Path) -> str | None:
    """The SHA-256 of a file's content; None where it cannot be read, of which reading it tells more."""
    try:
        return sha256(path)
    except OSError:
        return None
