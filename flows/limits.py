"""The limits of a run: more rejected rows or failed files than these, and nothing is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.words import told
from rollbook.profile import Limits

if TYPE_CHECKING:
    from flows.work import Work
    from rollbook.outcomes import Counts


def limits_of(work: Work) -> Limits:
    """What the command line says, else the narrowest that the profiles of the run's files say."""
    profiles = [work.profile(file_no).limits for file_no in work.files]
    narrowest = {}
    for name in Limits.model_fields:
        said = [value for limits in profiles if (value := getattr(limits, name)) is not None]
        given = getattr(work.request.limits, name)
        narrowest[name] = given if given is not None else min(said, default=None)
    return Limits(**narrowest)


def exceeded(limits: Limits, counts: Counts, failed_files: int) -> str | None:
    """Why the run must stop, in one line that names the option; None when it may load."""
    rejected = counts.rejected + counts.failed
    percent = 100 * rejected / counts.read if counts.read else 0.0
    if limits.max_rejected is not None and rejected > limits.max_rejected:
        return f"{_were(rejected, 'row')} rejected, more than --max-rejected {limits.max_rejected:,} allows."
    if limits.max_rejected_percent is not None and percent > limits.max_rejected_percent:
        allowed = f"--max-rejected-percent {limits.max_rejected_percent:g}"
        return f"{percent:.1f} % of the rows ({rejected:,}) were rejected, more than {allowed} allows."
    if limits.max_failed_files is not None and failed_files > limits.max_failed_files:
        return f"{told(failed_files, 'file')} failed, more than --max-failed-files {limits.max_failed_files:,} allows."
    return None


def _were(number: int, noun: str) -> str:
    return f"{told(number, noun)} {'was' if number == 1 else 'were'}"
