"""Why a file could not be read: a code and one line that names the remedy."""

import errno


class Unreadable(Exception):
    """Raised inside this room only; it leaves as `ReadFile.code` and `.message`.

    code: `file.unreadable`, `file.password`, `file.too_large`, `file.locked` or `file.changed`.
    """

    def __init__(self, message: str, code: str = "file.unreadable") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def password_needed() -> Unreadable:
    """The file is encrypted."""
    return Unreadable(
        "The file needs a password. Open it, remove the password, save it and import it again.", "file.password"
    )


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
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unreadable("The disk is full: there is no room to read the file into. Make room and import it again.")
    told = (str(error).strip() or type(error).__name__).splitlines()[0].removeprefix("calamine error: ")[:200]
    return Unreadable(
        f"The file is damaged or of a rare kind ({told}). "
        "Open it in a spreadsheet program, save it as a new .xlsx and import that."
    )
