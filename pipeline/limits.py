"""The limits of a run: more rejected rows or failed files than these, and nothing is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from reports.text import count_noun
from rollbook.profile import Limits

if TYPE_CHECKING:
    from pipeline.run_context import RunContext
    from rollbook.outcomes import Counts


@dataclass(frozen=True)
class Exceeded:
    """Limits that a run goes beyond: why, naming the first of them; options: those of `resume` that let it pass."""

    reason: str
    options: str


def limits_of(work: RunContext) -> Limits:
    """What the command line says, else the narrowest that the profiles of the run's files say."""
    profiles = [work.profile(file_no).limits for file_no in work.files]
    narrowest = {}
    for name in Limits.model_fields:
        said = [value for limits in profiles if (value := getattr(limits, name)) is not None]
        given = getattr(work.request.limits, name)
        narrowest[name] = given if given is not None else min(said, default=None)
    return Limits(**narrowest)


def exceeded(limits: Limits, counts: Counts, failed_files: int) -> Exceeded | None:
    """Why the run must stop, and what lets it pass; None when it may load."""
    found = [one for one in (_rejected(limits, counts), _percent(limits, counts), _files(limits, failed_files)) if one]
    if not found:
        return None
    return Exceeded(found[0].reason, " ".join(one.options for one in found))


def _rejected(limits: Limits, counts: Counts) -> Exceeded | None:
    rejected, most = counts.rejected + counts.failed, limits.max_rejected
    if most is None or rejected <= most:
        return None
    reason = f"{_were(rejected, 'row')} rejected, more than --max-rejected {most} allows."
    return Exceeded(reason, f"--max-rejected {rejected}")


def _percent(limits: Limits, counts: Counts) -> Exceeded | None:
    rejected, most = counts.rejected + counts.failed, limits.max_rejected_percent
    percent = 100 * rejected / counts.read if counts.read else 0.0
    if most is None or percent <= most:
        return None
    allowed = f"--max-rejected-percent {most:g}"
    reason = f"{percent:.1f} % of the rows ({rejected:,}) were rejected, more than {allowed} allows."
    return Exceeded(reason, f"--max-rejected-percent {ceil(percent)}")


def _files(limits: Limits, failed_files: int) -> Exceeded | None:
    most = limits.max_failed_files
    if most is None or failed_files <= most:
        return None
    reason = f"{count_noun(failed_files, 'file')} failed, more than --max-failed-files {most} allows."
    return Exceeded(reason, f"--max-failed-files {failed_files}")


def _were(number: int, noun: str) -> str:
    return f"{count_noun(number, noun)} {'was' if number == 1 else 'were'}"
