"""What a run says of its feeds: what is missing, what came back, and what is unusual."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from reports.run_report import ChangedEnrollment, FeedReport, RunReport
from reports.terminal.terminal_tables import heading, lines, table
from reports.text import count_noun


def feeds_object(report: RunReport) -> dict[str, Any]:
    """The keys of `--json` about feeds, where a run has any: `feed` where it is one, `feeds` where they are several.

    `examples`: where limits stopped the run. `limits_not_checked`: limits that could not be checked, and why.
    """
    told = [_feed_object(feed) for feed in report.feeds if feed.name is not None]
    unchecked = [feed.not_checked for feed in report.feeds if feed.not_checked]
    examples = [_example_object(each) for each in report.examples]
    found: dict[str, Any] = {"feed": told[0]} if len(told) == 1 else {"feeds": told} if told else {}
    return (
        found | ({"examples": examples} if examples else {}) | ({"limits_not_checked": unchecked} if unchecked else {})
    )


def _feed_object(feed: FeedReport) -> dict[str, Any]:
    return {
        "name": feed.name,
        "missing": feed.missing,
        "back": feed.back,
        "cancelled": feed.cancelled,
        "changed": feed.changed,
        "held": feed.held,
        "not_compared": feed.not_compared,
        "doubtful": feed.doubtful,
        "first_missing": [_example_object(each) for each in feed.absences],
    }


def _example_object(each: ChangedEnrollment) -> dict[str, str]:
    return {
        "learner": each.learner,
        "session": each.session,
        "field": each.field,
        "was": each.was,
        "is": each.now,
    }


def print_feeds(report: RunReport, console: Console) -> None:
    """What stopped the run, and what its complete feeds no longer hold or hold again."""
    if report.examples:
        heading(console, "What is unusual")
        _print_enrollments(report.examples, console)
    for feed in report.feeds:
        told = feed_lines(feed, would=report.only_checked, is_stopped=report.state == "stopped")
        if told:
            heading(console, "Limits" if feed.name is None else f"Feed {feed.name}")
            lines(console, told)
            if feed.complete and feed.absences and feed.absences != report.examples:
                _print_enrollments(feed.absences, console)


def _print_enrollments(found: Sequence[ChangedEnrollment], console: Console) -> None:
    rows = [(each.learner, each.session, _change(each)) for each in found]
    table(console, ("Learner", "Session", "Change"), rows)


def _change(each: ChangedEnrollment) -> str:
    if each.now == "missing":
        return f"{each.was or 'blank'} → missing"
    return f"{each.field}: {each.was or 'blank'} → {each.now or 'blank'}"


def feed_lines(feed: FeedReport, *, would: bool = False, is_stopped: bool = False) -> list[str]:
    """What is to know of a feed, a line each; of one that is not complete, that something came back."""
    told = []
    if feed.complete and feed.missing:
        told.append(_missing(feed, would=would, is_stopped=is_stopped))
    if feed.back:
        told.append(f"{count_noun(feed.back, 'enrollment')} {'is' if feed.back == 1 else 'are'} back.")
    if feed.doubtful:
        rest = "may be among the failed rows, so nothing is said to be missing of"
        told.append(f"{count_noun(feed.doubtful, 'enrollment')} {rest} {'it' if feed.doubtful == 1 else 'them'}.")
    if feed.not_compared:
        told.append(f"Not checked for missing enrollments: {feed.not_compared}")
    if feed.not_checked:
        told.append(feed.not_checked)
    return told


def _missing(feed: FeedReport, *, would: bool, is_stopped: bool) -> str:
    held = f"{count_noun(feed.missing, 'enrollment')} of the {feed.held:,} in the last import"
    said = f"{held} {'is' if feed.missing == 1 else 'are'} missing"
    if is_stopped:
        return f"{said}."
    if not feed.cancelled:
        return f"{said}. Nothing was cancelled." if not would else f"{said}. Nothing would be cancelled."
    return f"{said}; {feed.cancelled:,} {'would be' if would else _were(feed.cancelled)} cancelled."


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
