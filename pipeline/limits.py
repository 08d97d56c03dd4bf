"""The limits of a run: more rejected rows or failed files than these, and nothing is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from reports.text import count_noun
from rollbook.profile import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.run_context import RunContext
    from rollbook.rows.outcomes import Counts


@dataclass(frozen=True)
class Exceeded:
    """Limits that a run goes beyond: why; options: those of `resume` that let it pass.

    examples: some of the enrollments that are why.
    """

    reason: str
    options: str
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Example:
    """One enrollment of which something is unusual: what a field of it was, and what it is now."""

    learner: str
    session: str
    field: str
    was: str
    now: str


def limits_of(work: RunContext) -> Limits:
    """What the command line says, else the narrowest that the profiles of the run's files say."""
    profiles = [work.profile(file_no).limits for file_no in work.files]
    narrowest = {}
    for name in Limits.model_fields:
        said = [value for limits in profiles if (value := getattr(limits, name)) is not None]
        given = getattr(work.request.limits, name)
        narrowest[name] = given if given is not None else min(said, default=None)
    return Limits(**narrowest)


def exceeded(limits: Limits, counts: Counts, failed_files: int, of_feeds: Sequence[Exceeded] = ()) -> Exceeded | None:
    """Why the run must stop, and what lets it pass; None when it may load. of_feeds: what its feeds go beyond."""
    own = (_rejected(limits, counts), _percent(limits, counts), _files(limits, failed_files))
    found = [*(one for one in own if one), *of_feeds]
    if not found:
        return None
    examples = next((one.examples for one in found if one.examples), ())
    return Exceeded(" ".join(one.reason for one in found), _options([one.options for one in found]), examples)


def _options(each: Sequence[str]) -> str:
    """The options together; where several feeds need the same one, the one that lets all of them pass."""
    chosen: dict[str, float] = {}
    for name, text in (option.split() for option in each):
        widest = min if name.startswith("--min-") else max
        chosen[name] = widest(float(text), chosen.get(name, float(text)))
    return " ".join(f"{name} {value:.0f}" for name, value in chosen.items())


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
