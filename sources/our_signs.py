"""Whether a file may be a failed-rows workbook: asked of its first bytes, before more is done.

What is packed is unpacked in a process of its own.

`python -m sources.our_signs PATH` ends with 0 where the file bears one of our signs, else with another code.
"""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rollbook.installation import PACKAGES
from rollbook.returned import OUR_HEADERS, RUN, SUMMARY_SHEET

_SIGNS = tuple(
    text.encode(encoding)
    for text in (OUR_HEADERS[0], OUR_HEADERS[2], RUN, SUMMARY_SHEET)
    for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)
_FIRST_BYTES = 1 << 18
# Every zip file ends with this and a comment of so many bytes, at most.
_END_OF_ZIP, _LAST_BYTES = b"PK\x05\x06", 22 + (1 << 16)
_SECONDS = 20
_MEMORY_BYTES = 1 << 30


def may_be_ours(path: Path) -> bool:
    """Whether one of our signs is among what the file, or a part of a workbook, begins with; False where it breaks."""
    with suppress(OSError):
        return _has_sign(_first_bytes(path)) or (_may_be_packed(path) and _is_signed_within(path))
    return False


def _may_be_packed(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_BYTES))
        return _END_OF_ZIP in file.read(_LAST_BYTES)


def _is_signed_within(path: Path) -> bool:
    """The answer of a process of its own."""
    asked = [sys.executable, "-P", "-m", "sources.our_signs", str(path.absolute())]
    with suppress(OSError, subprocess.TimeoutExpired):
        ended = subprocess.run(
            asked, cwd=PACKAGES, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False, env={}
        )
        return ended.returncode == 0
    return False


def bears_signs(path: Path) -> bool:
    """Whether it is so, found out in this process."""
    return any(map(_has_sign, _beginnings(path)))


def _has_sign(beginning: bytes) -> bool:
    return any(sign in beginning for sign in _SIGNS)


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_FIRST_BYTES)


def _beginnings(path: Path) -> Iterator[bytes]:
    yield _first_bytes(path)
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as part:
                yield part.read(_FIRST_BYTES)


def main() -> int:
    """The answer as an exit code."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    with suppress(Exception):  # a file that cannot even be looked at is no workbook of ours, or is told later
        return 0 if bears_signs(Path(sys.argv[1])) else 1
    return 1


if __name__ == "__main__":
    sys.exit(main())
