"""Whether a file may be a failed-rows workbook: asked of its first bytes, in a process of its own, before more is done.

`python -m sources.our_signs PATH` ends with 0 where the file bears one of our signs, else with another code.
"""

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
_SECONDS = 20
_MEMORY_BYTES = 1 << 30


def may_be_ours(path: Path) -> bool:
    """Whether one of our signs is among what the file, or a part of a workbook, begins with; False where it breaks."""
    asked = [sys.executable, "-P", "-m", "sources.our_signs", str(path.absolute())]
    with suppress(OSError, subprocess.TimeoutExpired):
        ended = subprocess.run(
            asked, cwd=PACKAGES, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False, env={}
        )
        return ended.returncode == 0
    return False


def bears_signs(path: Path) -> bool:
    """The same, in this process."""
    return any(sign in beginning for beginning in _beginnings(path) for sign in _SIGNS)


def _beginnings(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield file.read(_FIRST_BYTES)
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
