"""Heavy modules imported quickly, and without what a command has no use for."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def swift_imports() -> Iterator[None]:
    """Import heavy modules without looking for garbage, then set what they hold apart from all later searches.

    It takes a tenth from the start; later, frames that stand in cycles are found sooner, which takes from the peak.
    Where all of them were imported before, nothing is set apart: in a process that does many commands, what one of
    them left behind would never be found.
    """
    before = len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > before:
            gc.freeze()
        gc.enable()


@contextmanager
def imports_without(name: str) -> Iterator[None]:
    """Import what would import a module too wherever it is installed, as if it were not."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # the import system's own sign for it
    try:
        yield
    finally:
        del sys.modules[name]
