"""What `reference load` tells people."""

import io

import pandas as pd
import pytest

from ledger.reference.upserts import Loaded
from reports.terminal.references import print_loaded
from reports.terminal.terminal_tables import console_for


@pytest.mark.parametrize(
    ("adopted", "told"),
    [
        (1, "1 session that imports had created now counts as loaded, with its enrollments."),
        (2, "2 sessions that imports had created now count as loaded, with their enrollments."),
    ],
)
def test_what_was_adopted_is_counted_in_plain_words(adopted: int, told: str) -> None:
    """One session is one."""
    out = io.StringIO()
    none = pd.DataFrame({"row": [], "message": []})
    print_loaded("sessions", "s.csv", Loaded(3, 0, 0, none, adopted), none, console_for(out))
    assert told in " ".join(out.getvalue().split())
