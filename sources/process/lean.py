"""A module of ours as a process without pandas and NumPy: `python -m sources.process.lean MODULE [WORD ...]`.

pyarrow imports both where they are installed, and needs neither for lists and files. They are a third of the start of a
process that reads a file or writes a workbook.
"""

import runpy
import sys


class _Refusal:
    """A finder of modules that lets a library do without one."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, fullname: str, *_: object) -> None:
        """Refuse it; the other finders look for the rest."""
        if fullname == self._name:
            raise ModuleNotFoundError(fullname, name=fullname)


def import_arrow_alone() -> None:
    """Import pyarrow without pandas, and without NumPy, which modules of ours may import later."""
    numpy = _Refusal("numpy")
    sys.meta_path[:0] = [_Refusal("pandas"), numpy]
    import pyarrow as pa
    import pyarrow.compute

    pa.array([""])  # the first list makes pyarrow import more
    sys.meta_path.remove(numpy)


if __name__ == "__main__":
    del sys.argv[0]
    import_arrow_alone()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
