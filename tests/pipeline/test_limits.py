"""A run that its limits stop says what lets it pass, and that suffices."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.limits import exceeded
from rollbook.profile import Limits
from rollbook.rows.outcomes import Counts
from tests.pipeline import app
from tests.pipeline.attendance import HEADERS, write

GOOD = ("ada@example.com", "1", "Ada", "S-1", "Attended", "", "")
BAD = ("bo@example.com", "2", "Bo", "S-1", "perhaps", "", "")


@given(
    read=st.integers(1, 10_000),
    share=st.floats(0, 1),
    files=st.integers(0, 9),
    limits=st.tuples(st.none() | st.integers(0, 500), st.none() | st.floats(0, 100), st.none() | st.integers(0, 9)),
)
def test_what_is_named_lets_it_pass(
    read: int, share: float, files: int, limits: tuple[int | None, float | None, int | None]
) -> None:
    """Whatever limits are exceeded, and however many at once."""
    given = Limits(max_rejected=limits[0], max_rejected_percent=limits[1], max_failed_files=limits[2])
    rejected = int(read * share)
    counts = Counts(read=read, loaded=read - rejected, rejected=rejected)
    stop = exceeded(given, counts, files)
    if stop is not None:
        words = [word.removeprefix("--").replace("-", "_") for word in stop.options.split()]
        raised = {name: float(text) for name, text in zip(words[::2], words[1::2], strict=True)}
        assert exceeded(given.model_copy(update=raised), counts, files) is None


@pytest.mark.parametrize("limit", [("--max-rejected", "0"), ("--max-rejected-percent", "30")])
def test_pasted_it_loads_what_was_stopped(tmp_path: Path, limit: tuple[str, str]) -> None:
    """`resume` with those options loads the good rows."""
    path = write(tmp_path / "rows.csv", [GOOD, BAD, BAD], HEADERS)
    place = ("--database", f"sqlite:///{tmp_path / 'rollbook.db'}")
    stopped = app.run("import", path, *place, "--out", tmp_path / "out", *limit)
    assert (stopped.exit, stopped.told["rows"]["loaded"]) == (3, 0)
    command = stopped.errors.rpartition("rollbook resume ")[2].split()
    assert f"sqlite:///{tmp_path / 'rollbook.db'}" in command
    resumed = app.run("resume", *command)
    assert (resumed.exit, resumed.told["rows"]["loaded"]) == (1, 1)
