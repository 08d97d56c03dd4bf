"""The limits of a feed: more that changes or is missing, or fewer rows than these, and nothing is loaded."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from pipeline.feeds.identify import NIGHTLY_PERCENT, OF_FEEDS
from pipeline.limits import Exceeded
from reports.text import count_noun
from rollbook.profile import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.feeds.compare import Findings
    from rollbook.request import Request


def beyond(request: Request, found: Findings) -> list[Exceeded]:
    """The limits that a feed's import goes beyond."""
    limits = _in_force(request, found)
    checked = (_changed(limits, found), _missing(limits, found), _rows(limits, found))
    return [one for one in checked if one is not None]


def not_checked(request: Request, found: Findings, homeless: bool) -> str | None:
    """Which limits somebody set that cannot be checked, and why; None where all can.

    homeless: whether files without a feed are none that people brought back.
    """
    limits = found.feed.limits
    if found.feed.name is None:
        said = [name for name in ("max_missing_percent", "min_rows_percent") if getattr(limits, name) is not None]
        why = "the files belong to no feed, so there is no earlier import to compare them with. Name their feed"
        return f"{_listed(said)} not checked: {why} under [feed] in the profile." if said and homeless else None
    if request.destination == "database" or limits.max_missing_percent is None:
        return None
    return "max_missing_percent was not checked: only the database shows what a feed brought before."


def _listed(names: Sequence[str]) -> str:
    return f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'}"


def _in_force(request: Request, found: Findings) -> Limits:
    """What somebody said; of a nightly import that is not the first of its feed, else those that always hold there."""
    if not request.drop_folder or found.last is None:
        return found.feed.limits
    said = {name: value for name in OF_FEEDS if (value := getattr(found.feed.limits, name)) is not None}
    return Limits(**{**dict.fromkeys(OF_FEEDS, NIGHTLY_PERCENT), **said})


def _changed(limits: Limits, found: Findings) -> Exceeded | None:
    most = limits.max_changed_percent
    percent = 100 * found.changed / found.there if found.there else 0.0
    if most is None or percent <= most:
        return None
    allowed = f"more than --max-changed-percent {most:g} allows"
    reason = f"{count_noun(found.changed, 'enrollment')} of {found.there:,} ({percent:.1f} %) would change, {allowed}."
    return Exceeded(reason, f"--max-changed-percent {ceil(percent)}", found.changes)


def _missing(limits: Limits, found: Findings) -> Exceeded | None:
    most = limits.max_missing_percent
    percent = 100 * found.missing / found.stood if found.stood else 0.0
    if most is None or percent <= most:
        return None
    allowed = f"more than --max-missing-percent {most:g} allows"
    held = f"{count_noun(found.missing, 'enrollment')} of the {found.stood:,} that the last import held"
    reason = f"{held} ({percent:.1f} %) {'is' if found.missing == 1 else 'are'} missing, {allowed}."
    return Exceeded(reason, f"--max-missing-percent {ceil(percent)}", found.absences)


def _rows(limits: Limits, found: Findings) -> Exceeded | None:
    least, last = limits.min_rows_percent, found.last
    said = found.feed.limits.min_rows_percent is not None
    if least is None or last is None or not last.rows_read or not (said or found.continues) or found.why_not:
        return None
    percent = 100 * found.rows_read / last.rows_read
    if percent >= least:
        return None
    fewer = f"fewer than --min-rows-percent {least:g} allows"
    rows = count_noun(found.rows_read, "row") if found.rows_read else "No row"
    reason = f"{rows} came, and {last.rows_read:,} with the last import ({percent:.1f} %), {fewer}."
    hint = "It is empty." if not found.rows_read else "It may have been cut off."
    return Exceeded(f"{reason} {hint}", f"--min-rows-percent {floor(percent)}", found.absences)
