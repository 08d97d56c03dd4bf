"""Why a file could not be read: a code and one line that names the remedy."""

import errno
import os

CHANGED = "The file changed since the run began. Import it again."
# The disk that files are read into is full, which says nothing about the file: it leaves this room as an OSError.
NO_ROOM = "disk.full"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Unreadable(Exception):
    """Raised inside this room only; it leaves as `ReadFile.code` and `.message`.

    code: `file.unreadable`, `file.password`, `file.too_large`, `file.locked` or `file.changed`.
    """

    def __init__(self, message: str, code: str = "file.unreadable") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class PlainArchive(Unreadable):
    """The file is an archive of files, and no workbook."""


def password_needed() -> Unreadable:
    """The file is encrypted."""
    return Unreadable(
        "The file needs a password. Open it, remove the password, save it and import it again.", "file.password"
    )


def is_of_no_room(told: str) -> bool:
    """Whether an error that a process told is that its disk is full; pyarrow has the number in its text only."""
    return any(os.strerror(number) in told for number in _NO_ROOM)


def out_of_memory(memory_mib: int) -> Unreadable:
    """The parser asked for more memory than the settings allow."""
    return Unreadable(
        f"Reading needs more than {memory_mib} MiB of memory. Split the file, save it as CSV, "
        "or raise memory_mib under [reading] in the settings.",
        "file.too_large",
    )


def out_of_time(seconds: int) -> Unreadable:
    """The parser did not end in the time that the settings allow."""
    return Unreadable(
        f"Reading takes longer than {seconds} s. Split the file, save it as CSV, "
        "or raise seconds under [reading] in the settings.",
        "file.too_large",
    )


def damaged(error: Exception) -> Unreadable:
    """What to tell of a file on which a parser gave up."""
    if isinstance(error, OSError) and (error.errno in _NO_ROOM or is_of_no_room(str(error))):
        return Unreadable("The disk is too full to read the file.", NO_ROOM)
    told = (str(error).strip() or type(error).__name__).splitlines()[0].removeprefix("calamine error: ")[:200]
    return Unreadable(
        f"The file is damaged or of an unusual kind ({told}). "
        "Open it in a spreadsheet program, save it as a new .xlsx and import that."
    )


def twice(sheet: str, place: str) -> Unreadable:
    """Of a sheet that has one cell twice, as damaged and joined files do."""
    return Unreadable(
        f"The sheet “{sheet}” has the cell {place} twice, so it is not clear which one counts. Open the file in a "
        "spreadsheet program, look at that row, save the file as a new .xlsx and import that."
    )
