"""How a run ended, in sentences: the first line, what to do next, what somebody should hear of."""

import os.path
from collections.abc import Callable, Mapping, Sequence
from glob import escape
from pathlib import Path, PurePath

from reports.run_report import NEED_A_PROFILE, FileReport, RunReport
from reports.text import count_noun, day_and_time, listed
from rollbook.addresses import is_address, whole
from rollbook.commands import command
from rollbook.rows.outcomes import Counts

# Rows that say something else than what is stored already.
_OTHERWISE = {"row.corrected_elsewhere", "enrollment.exists"}


def how_it_ended(report: RunReport) -> str:
    """The first line, in one sentence."""
    if report.state in _NOT_DONE:
        return _NOT_DONE[report.state](report)
    failed = report.counts.rejected + report.counts.failed
    troubles = _troubles(failed, report.files, would=report.state == "checked")
    if report.repeats is not None:
        first, moment = report.repeats
        still = f"; as then, {listed(troubles)}" if troubles else ""
        return f"Nothing changed: this was imported in run {first} on {day_and_time(moment)}{still}.{_waiting(report)}"
    if report.state == "checked":
        return f"Checked, nothing written: {_would_be(report.counts)}, {listed(troubles) or 'none would fail'}."
    if not troubles:
        return _without_troubles(report) + _waiting(report)
    good = _settled(report.counts)
    return f"{listed(troubles)}; {count_noun(good, 'row') if good else 'no row'} succeeded.{_waiting(report)}"


def _waiting(report: RunReport) -> str:
    """What the runs did not load whose failed rows came back here."""
    told = (f"{count_noun(one.rows, 'row')} of run {one.run} {_are(one.rows)}" for one in report.held_back)
    return "".join(f" {which} still not loaded, because the run was stopped." for which in told)


def _would_be(counts: Counts) -> str:
    """What a check found of the rows that would not fail."""
    idle = counts.unchanged + counts.duplicate
    would = _settled(counts) - idle
    told = f"{count_noun(would, 'row') if would else 'no row'} would be imported"
    return f"{told}, {count_noun(idle, 'row')} would change nothing" if idle else told


def _stopped(report: RunReport) -> str:
    if report.command == "check":
        return f"Checked, nothing written: an import would be stopped. {report.stopped_by or ''}".rstrip()
    arrived = (
        f"{count_noun(report.counts.loaded, 'row')} arrived before." if report.counts.loaded else "Nothing was loaded."
    )
    return f"Stopped: {report.stopped_by or 'the run was interrupted.'} {arrived}"


def _without_troubles(report: RunReport) -> str:
    counts = report.counts
    if counts.read == 0:
        return "There were no rows to import."
    if counts.pending == counts.read:
        return f"{count_noun(counts.pending, 'row')} {_are(counts.pending)} ready to be sent."
    if counts.pending:
        pending = f"{count_noun(counts.pending, 'row')} {_are(counts.pending)} not yet confirmed"
        return f"{pending}; all others succeeded."
    gone = _gone(report)
    if counts.loaded + counts.updated == 0 and not gone:
        return f"Nothing changed: {count_noun(counts.read, 'row')} read, and all of them were there already."
    read, beside = f"{count_noun(counts.read, 'row')} read, none failed", [*_left_out(report), *gone]
    if beside:
        return f"{read}; {listed(beside)}."
    return f"{read}." if report.held_back else f"All well: {read}."


def _left_out(report: RunReport) -> list[str]:
    """What the files hold that was not taken in, though no row failed: somebody should look at it."""
    sheets = [sheet for file in report.files for sheet in file.sheets]
    passed_over = sum(sheet.state == "skipped" and sheet.rows > 0 for sheet in sheets)
    unkept = [sheet for sheet in sheets if sheet.state == "read" and not sheet.kept]
    columns = len({header for sheet in unkept for header in sheet.unused})
    cells = sum(report.not_kept.values())
    found = [(passed_over, "sheet", "not read"), (columns, "column", "not used"), (cells, "cell", "not kept")]
    return [f"{count_noun(number, noun)} {_were(number)} {what}" for number, noun, what in found if number]


def _gone(report: RunReport) -> list[str]:
    """What complete feeds no longer hold."""
    cancelled = sum(feed.cancelled for feed in report.feeds)
    missing = sum(feed.missing for feed in report.feeds) - cancelled
    found = [
        (cancelled, f"{_were(cancelled)} cancelled as missing in the feed"),
        (missing, f"{_are(missing)} missing in the feed"),
    ]
    return [f"{count_noun(number, 'enrollment')} {what}" for number, what in found if number]


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


_NOT_DONE: Mapping[str, Callable[[RunReport], str]] = {
    "stopped": _stopped,
    "running": lambda _: "Running: another process works on it, and nothing is loaded yet.",
    "undone": lambda _: "Undone: the rows of this run were taken back out.",
}

# Files whose message says all that there is to do, and how many files one command names.
_SAYS_ITSELF = frozenset({"file.other_database", "file.other_destination", "file.damaged_workbook", "file.fault"})
_NAMED = 3


def _troubles(failed: int, files: Sequence[FileReport], *, would: bool) -> list[str]:
    rows = [f"{count_noun(failed, 'row')} {'would fail' if would else 'failed'}"] * bool(failed)
    codes = [file.code for file in files if file.state == "failed"]
    unclear = sum(code in NEED_A_PROFILE for code in codes)
    foreign = sum(code == "file.other_database" for code in codes)
    elsewhere = sum(code == "file.other_destination" for code in codes)
    unread = len(codes) - unclear - foreign - elsewhere
    flagged = sum(file.code is not None and file.state != "failed" for file in files)
    found = [
        (unclear, f"{count_noun(unclear, 'file')} {'needs' if unclear == 1 else 'need'} a profile"),
        (foreign, f"{count_noun(foreign, 'file')} {_belongs(foreign)} to another database"),
        (elsewhere, f"{count_noun(elsewhere, 'file')} {_belongs(elsewhere)} to another destination"),
        (unread, f"{count_noun(unread, 'file')} could not be read"),
        (flagged, f"{count_noun(flagged, 'file')} {'has' if flagged == 1 else 'have'} a problem"),
    ]
    return rows + [text for number, text in found if number]


def _belongs(number: int) -> str:
    return "belongs" if number == 1 else "belong"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _settled(counts: Counts) -> int:
    return counts.loaded + counts.updated + counts.unchanged + counts.duplicate


def next_steps(report: RunReport) -> list[str]:
    """What the person does now, a line each."""
    steps = []
    if report.state == "stopped":
        steps.append(how_it_goes_on(report))
    steps += [how_to_resume(one.run, one.raised_limits) for one in report.held_back]
    if report.state == "pending":
        steps += _send(report)
    if report.state == "checked" and report.counts.loaded + report.counts.updated:
        steps.append("To load the rows that would not fail: the same command with import instead of check.")
    if _is_covered(report):
        where = "Where the stored enrollments are right, nothing" if _OTHERWISE & {*report.failures} else "Nothing"
        steps.append(f"{where} needs to be corrected. To compare the failed rows: rollbook failures {report.run}")
    elif "failed_rows" in report.reports:
        steps += _correct(report, report.reports["failed_rows"])
    return steps + _of_files([file for file in report.files if file.state == "failed"], report)


def _send(report: RunReport) -> list[str]:
    send = f"To send the batches: rollbook smarteru send {report.run}"
    by_hand = "Or send them by hand, and load each answer (rollbook smarteru answer --help)."
    return [send, by_hand] if report.destination == "smarteru-xml" else [send]


def _is_covered(report: RunReport) -> bool:
    """Whether no failed row needs a correction."""
    return 0 < report.cases.get("new", 0) + report.cases.get("known", 0) == report.covered


def _of_files(failed: Sequence[FileReport], report: RunReport) -> list[str]:
    """What to do with files that failed: with those that want a profile, the command that begins one."""
    unclear = [file.path for file in failed if file.code in NEED_A_PROFILE]
    steps = []
    if unclear:
        steps.append(f"See which column is what, and write it down in a profile: {_profiles_of(unclear, report)}")
        which = "that profile" if len(unclear) == 1 else "those profiles"
        steps.append(f"Complete {which}, and import again with --profile PATH.")
    if any(file.code not in NEED_A_PROFILE and file.code not in _SAYS_ITSELF for file in failed):
        steps.append("Fix or replace the files that could not be read, and import them again.")
    return steps


def _profiles_of(paths: Sequence[str], report: RunReport) -> str:
    """The command that begins profiles: of one file, of all of a few, of the folder of many."""
    named = list(report.asked) or [whole(path) for path in paths]
    if not report.asked and len(named) > _NAMED:
        named = [os.path.commonpath(named)] if not any(map(is_address, named)) else named[:_NAMED]
    begun = f"{PurePath(paths[0]).stem}.toml" if len(paths) == 1 else "profiles"
    return command("inspect", *named, *_to(report.destination), "--write-profile", begun)


def _to(destination: str) -> list[str]:
    return [] if destination == "database" else ["--to", destination]


def how_it_goes_on(report: RunReport) -> str:
    """What finishes a run that was stopped, with the limits that let it pass; a check has nothing to finish."""
    if report.command == "check":
        return f"Import with {report.raised_limits} to load the rest anyway."
    return how_to_resume(report.run, report.raised_limits)


def how_to_resume(run: str, raised_limits: str | None) -> str:
    """The command that finishes a run. raised_limits: the options without which it would be stopped again."""
    anyway = f"To load the rest anyway: rollbook resume {run} {raised_limits}"
    return anyway if raised_limits else f"To finish it: rollbook resume {run}"


def alarms(report: RunReport) -> list[str]:
    """What somebody should hear of a run of which nothing else is printed, a line each; none where all is well."""
    if report.state == "stopped":
        named = f"{report.files[0].path}: " if len(report.files) == 1 else ""
        return [f"{named}{how_it_ended(report)} {how_it_goes_on(report)}"]
    would = report.state == "checked"
    lines = [
        f"{file.path}: {file.message or file.code}" for file in report.files if file.state == "failed" or file.code
    ]
    failed = report.counts.rejected + report.counts.failed
    if failed:
        blamed = [file.path for file in report.files if file.failed_rows]
        where = blamed[0] if len(blamed) == 1 else count_noun(len(blamed), "file")
        lines.append(f"{where}: {count_noun(failed, 'row')} {'would fail' if would else 'failed'}.{_more(report)}")
    if report.held_back:
        lines.append(f"{report.files[0].path if report.files else report.run}:{_waiting(report)}")
        lines += [how_to_resume(one.run, one.raised_limits) for one in report.held_back]
    return lines


def _more(report: RunReport) -> str:
    if report.state == "checked":
        return ""
    workbooks = report.drop.workbooks if report.drop else ()
    correct = f" Correct {listed(list(workbooks))}." if workbooks else ""
    return f"{correct} More: rollbook failures {report.run}"


def _correct(report: RunReport, place: str) -> list[str]:
    """What to do with the workbook, or with all of the folder `place`."""
    here = from_here(place)
    one = here.endswith(".xlsx")
    them, named = ("it", here) if one else ("them", f"the workbooks of {here}")
    again = f"put {them} into {report.drop.folder}" if report.drop else ""
    if "://" in place:
        return [f"Correct the red cells in {named}", f"Then {again}"]
    # A folder of reports is not searched when it is named; a pattern is.
    wanted = Path(place).absolute() if one else _pattern(report, place)
    fits = command("import", wanted, *_to(report.destination))
    then = {
        "checked": f"Then check {them} again, or import {them}: {fits}",
        "stopped": f"Then import {them}, or resume the run as it is: {fits}",
    }
    load = f"Then {again}, or import {them}: {fits}" if again else f"Then import {them}: {fits}"
    return [f"Correct the red cells in {named}", then.get(report.state, load)]


def _pattern(report: RunReport, folder: str) -> str:
    """The workbooks of a run among those of a folder: they have the name of its file in a drop folder."""
    copies = report.drop.workbooks if report.drop else ()
    before = f"{escape(Path(copies[0]).name.rpartition('.failed-rows')[0])}." if copies else ""
    return f"{escape(str(Path(folder).absolute()))}/{before}failed-rows*.xlsx"


def from_here(place: str) -> str:
    """The path as one would type it: relative where that is shorter."""
    path = Path(place)
    return str(path.relative_to(Path.cwd())) if path.is_absolute() and path.is_relative_to(Path.cwd()) else place
