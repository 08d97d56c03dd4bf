"""How files are named: addresses of those that are not on this machine, and names that are no text on its disk."""

import os
import re
from pathlib import Path, PurePosixPath

from rollbook.errors import CannotBegin

# The password for an address of the command line; that of a source bears its name before the last word.
LOGIN_VARIABLE = "ROLLBOOK_SOURCE_PASSWORD"
# The user of a mailbox, whose name may be an address itself.
USER_VARIABLE = "ROLLBOOK_SOURCE_USER"
# The folder of copies below that of the reports.
COPIES = "fetched"
_ADDRESS = re.compile(r"([a-z][a-z0-9+.:-]+)://(.*)", re.DOTALL)
_NO_NAMES = ("", ".", "..")
# What Python makes of a byte of a name that is no text, and how it is written down.
_BYTES = 0xDC00
_NO_TEXT = re.compile("[\udc80-\udcff]")
_WRITTEN_DOWN = re.compile(r"%([89A-F][0-9A-F])")


def is_address(text: str) -> bool:
    """Whether it names something elsewhere (`sftp://…`), and no file of this machine.

    >>> is_address("s3://bucket/march.csv"), is_address("C://march.csv"), is_address("file:///srv/march.csv")
    (True, False, False)
    """
    found = _ADDRESS.fullmatch(text)
    return found is not None and found[1] != "file"


def is_mailbox(text: str) -> bool:
    """Whether it is the address of a folder of mails.

    >>> is_mailbox("imaps://mail.example.com/INBOX"), is_mailbox("https://mail.example.com")
    (True, False)
    """
    return text.startswith("imaps://")


def recorded(path: str) -> str:
    r"""A path as text that can be written down, where its name on disk is in no encoding that this machine reads.

    >>> recorded("M\udcfcller.csv"), recorded("Müller.csv")
    ('M%FCller.csv', 'Müller.csv')
    """
    return _NO_TEXT.sub(lambda found: f"%{ord(found[0]) - _BYTES:02X}", path)


def on_disk(path: str) -> Path:
    """Where a file is, by its `recorded` path."""
    if "%" not in path or os.path.lexists(path):
        return Path(path)
    meant = _WRITTEN_DOWN.sub(lambda found: chr(_BYTES + int(found[1], 16)), path)
    return Path(meant if os.path.lexists(meant) else path)


def whole(path: str) -> str:
    """A path or address as a command can name it from any folder."""
    return path if is_address(path) else str(Path(path).expanduser().absolute())


def below(address: str, name: str) -> str:
    """The address of what is in a folder. name: with `/`."""
    return f"{address.rstrip('/')}/{name}"


def copy_of(address: str) -> PurePosixPath:
    """Where the copy of an address is, below the folder of copies; raises CannotBegin for a name that leads elsewhere.

    >>> str(copy_of("sftp://ann@files.example.com:2222/drop/march.zip/north.csv"))
    'fetched/sftp/ann@files.example.com+2222/drop/march.zip/north.csv'
    """
    found = _ADDRESS.fullmatch(address)
    assert found is not None
    host, _, path = found[2].partition("/")
    names = path.split("/")
    if any(name in _NO_NAMES or "\0" in name or "\\" in name for name in names):
        raise CannotBegin(f"{address} is not the name of a file. Rename it there, or write its name in full.")
    return PurePosixPath(COPIES, found[1], host.replace(":", "+") or "here", *names)
