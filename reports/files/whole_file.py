"""Files that are there whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rollbook.errors import CannotBegin


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of `path` at the end; nothing of it stays where that fails.

    Raises CannotBegin where `path` cannot be written.
    """
    draft = path.with_name(f"~{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        draft.replace(path)
    except OSError as error:
        raise CannotBegin(f"{path} cannot be written: {error.strerror}. Close it where it is open.") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
