"""What Prefect shows of a flow run beside its tasks: artifacts, a line of counts a run, why it failed.

Counts, codes, names of files and of runs; never what stands in a cell. All of it comes after the commit, and none of it
decides how anything ends: what cannot be shown is logged, by the kind of the error only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.context import SettingsContext, get_settings_context
from prefect.logging import get_run_logger
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES

from destinations.codes import MEANINGS
from ledger import runs
from reports.ledger_report import report_of
from reports.text import count_noun, covered_line, listed
from rollbook.errors import CannotBegin, RunIsLive, Unavailable
from rollbook.settings import PrefectSettings
from rollbook.systems import SYSTEM_NAMES
from validators.rules import RULES

if TYPE_CHECKING:
    from prefect.settings import Settings
    from sqlalchemy import Connection

    from ledger.runs import Run
    from pipeline.runner import StepLabel
    from reports.run_report import FileReport, RunReport

# More lines than these are refused by Prefect, or read by nobody.
MOST_LINES = 200
_COUNTED = ("import", "read", "judge", "deliver")
_SHOWN_COUNTS = ("read", "loaded", "updated", "unchanged", "duplicate", "rejected", "failed", "pending", "ignored")


@dataclass
class Showing:
    """What one flow run gathers to show.

    reports: of the runs that ended in it, by ID. stops: why each of them was stopped, or why there was none, without
    anybody's data. unanswered: whether what was needed did not answer, so that a later try may succeed.
    """

    settings: PrefectSettings = field(default_factory=PrefectSettings)
    reports: dict[str, RunReport] = field(default_factory=dict)
    stops: dict[str, str] = field(default_factory=dict)
    unanswered: bool = False

    def __post_init__(self) -> None:
        self._for_good: set[str] = set()
        self._given_up: set[str] = set()
        self._counted: str | None = None
        self._progress: UUID | None = None
        self._hasty: Settings | None = None

    def begin_try(self) -> None:
        """What stopped an earlier try counts no more, but for runs that their limits stopped."""
        self.stops = {name: why for name, why in self.stops.items() if name in self._for_good}
        self.unanswered = False

    def add(self, connection: Connection, run: Run) -> None:
        """A run that ended."""
        if run.state == runs.STOPPED:
            self.stops[run.run_id] = why_stopped(run)
        if run.is_over_limits:
            self._for_good.add(run.run_id)
        self.unanswered = self.unanswered or run.is_unanswered
        self._quietly(f"Run {run.run_id} is not shown", self._add, connection, run)

    def _add(self, connection: Connection, run: Run) -> None:
        before = self.reports.get(run.run_id)
        self.reports[run.run_id] = report = report_of(connection, run)
        if before is None or before.state != run.state:
            get_run_logger().info("Run %s is %s: %s", run.run_id, run.state, counted([report]))

    def fail(self, error: Exception) -> None:
        """Something was stopped by an error, whose own text may tell people's data."""
        self.stops[f"error {len(self.stops)}"] = why_failed(error)
        self.unanswered = self.unanswered or isinstance(error, Unavailable)

    def step(self, told: StepLabel) -> None:
        """A step begins: the progress of the outermost ones that are about files is shown."""
        if told.verb not in _COUNTED:
            return
        self._counted = self._counted or told.verb
        if told.verb == self._counted:
            self._show_progress(100 * (told.number - 1) / told.total)

    def _show_progress(self, percent: float) -> None:
        self._quietly("The progress is not shown", self._put_progress, percent)

    def _put_progress(self, percent: float) -> None:
        if self._progress is None:
            made = create_progress_artifact(percent, key="progress", description="Files done, in percent")
            self._progress = cast("UUID", made)  # a coroutine only where an event loop runs
        else:
            update_progress_artifact(self._progress, progress=percent)

    def publish(self) -> None:
        """Make the artifacts of what ended."""
        if self._progress is not None and not self.stops:
            self._show_progress(100)
        if self.reports:
            self._quietly("Artifacts were not made", self._make_artifacts)

    def _make_artifacts(self) -> None:
        reports = list(self.reports.values())
        create_markdown_artifact(summary(reports, self.stops), "summary")
        failures = failures_by_rule(reports)
        if failures:
            create_table_artifact(failures, "failures-by-rule")
        places = [report.reports["failed_rows"] for report in reports if "failed_rows" in report.reports]
        if places:
            create_markdown_artifact(where_failed(places), "failed-rows")

    def _quietly(self, complaint: str, show: Callable[..., object], *arguments: object) -> None:
        """Show something; what fails once is given up, so that a server that went does not hold up every step.

        Of the error only its kind is logged: its text may hold people's data, or an address with a key.
        """
        if complaint in self._given_up:
            return
        try:
            with self._haste():
                show(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, the rows are loaded already
            self._given_up.add(complaint)
            get_run_logger().warning("%s (%s).", complaint, type(error).__name__)

    def _haste(self) -> SettingsContext:
        """Settings under which Prefect tries a call only twice; they are dear to make, so they are made once."""
        context = get_settings_context()
        if self._hasty is None:
            self._hasty = context.settings.copy_with_update({PREFECT_CLIENT_MAX_RETRIES: 1})
        return SettingsContext(profile=context.profile, settings=self._hasty)

    def outcome(self) -> str:
        """How the flow run ended, in one line."""
        if self.stops:
            return " ".join(dict.fromkeys(self.stops.values()))
        return counted(list(self.reports.values())) if self.reports else "There was nothing to do."


def why_stopped(run: Run) -> str:
    """Why a run was stopped, without what a system may have said of somebody."""
    if run.is_over_limits:
        return f"Run {run.run_id} was stopped by its limits: {run.summary.get('stopped_by')}"
    if run.is_unanswered:
        system = SYSTEM_NAMES.get(run.destination, "the destination")
        return f"Run {run.run_id} was stopped: {system} did not answer. Then: rollbook resume {run.run_id}"
    return f"Run {run.run_id} was stopped: rollbook show {run.run_id} tells why."


_KINDS: Sequence[tuple[type[Exception], str]] = (
    (Unavailable, "what is needed did not answer"),
    (RunIsLive, "another process is at work on it"),
    (CannotBegin, "it could not begin"),
)


def why_failed(error: Exception) -> str:
    """The kind of an error, and where its text is to be found."""
    meant = next((f", {words}" for kind, words in _KINDS if isinstance(error, kind)), "")
    return f"{type(error).__name__}{meant}: see what rollbook itself says"


def counted(reports: Iterable[RunReport]) -> str:
    """`11 read, 8 loaded, 3 rejected`: the rows of all runs together."""
    total = _total(reports)
    return ", ".join(f"{total[name]:,} {name}" for name in _SHOWN_COUNTS if total[name] or name == "read")


def _total(reports: Iterable[RunReport]) -> Counter[str]:
    total: Counter[str] = Counter()
    for report in reports:
        total.update(asdict(report.counts))
    return total


def troubles(reports: Sequence[RunReport], stops: int = 0) -> str:
    """`3 rows failed, 1 file could not be read`; empty where all is well."""
    total = _total(reports)
    failed, files = total["rejected"] + total["failed"], sum(len(_unread(report)) for report in reports)
    found = [f"{count_noun(failed, 'row')} failed"] * bool(failed)
    found += [f"{count_noun(files, 'file')} could not be read"] * bool(files)
    found += [f"{count_noun(stops, 'run')} {'was' if stops == 1 else 'were'} stopped"] * bool(stops)
    return listed(found)


def _unread(report: RunReport) -> list[FileReport]:
    return [file for file in report.files if file.state == "failed"]


def summary(reports: Sequence[RunReport], stops: dict[str, str]) -> str:
    """The runs as a Markdown page: how they ended, the accounts, the files, where to look."""
    total = _total(reports)
    shown = [name for name in _SHOWN_COUNTS if total[name] or name in ("read", "loaded", "rejected")]
    lines = [[report.run, report.state, *_numbers(asdict(report.counts), shown)] for report in reports[:MOST_LINES]]
    if len(reports) > 1:
        lines.append([count_noun(len(reports), "run"), "", *_numbers(total, shown)])
    files = [(report, file) for report in reports for file in report.files]
    cases = Counter[str]()
    for report in reports:
        cases.update(report.cases)
    parts = [
        f"**{troubles(reports, len(stops)) or 'All rows succeeded'}.**",
        *(_cell(why) for why in dict.fromkeys(stops.values())),
        _table(["Run", "State", *shown], lines),
        f"Cases: {cases['new']:,} new, {cases['known']:,} known from earlier runs, {cases['closed']:,} closed.",
        covered_line(covered) if (covered := sum(report.covered for report in reports)) else "",
        _table(["File", "Run", "State", "Code", "Failed rows"], [_line(*pair) for pair in files[:MOST_LINES]]),
        f"And {count_noun(len(files) - MOST_LINES, 'more file')}." if len(files) > MOST_LINES else "",
        f"More: `rollbook show {reports[-1].run}`, `rollbook failures {reports[-1].run}`",
    ]
    return "\n\n".join(filter(None, parts))


def _numbers(counts: dict[str, int], shown: Sequence[str]) -> list[str]:
    return [f"{counts[name]:,}" for name in shown]


def _line(report: RunReport, file: FileReport) -> list[str]:
    return [Path(file.path).name, report.run, file.state, file.code or "", f"{file.failed_rows:,}"]


def _table(headers: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    every = [headers, ["---"] * len(headers), *lines]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in every)


def _cell(text: str) -> str:
    """Text that neither ends a cell nor its line."""
    return " ".join(text.split()).replace("|", "\\|")


def failures_by_rule(reports: Iterable[RunReport]) -> list[dict[str, str]]:
    """A line a code, the most frequent first; text only, for Prefect's tables know no dates and mix up numbers."""
    number = Counter[str]()
    for report in reports:
        number.update(report.failures)
    return [
        {"rule": code, "problems": str(met), "means": _meaning(code)} for code, met in number.most_common(MOST_LINES)
    ]


def _meaning(code: str) -> str:
    """What a code means in general: what is said of a row may tell what stands in it."""
    if code in MEANINGS:
        return MEANINGS[code]
    return RULES[code].checks if code in RULES else ""


def where_failed(places: Sequence[str]) -> str:
    """The paths of the workbooks; a link to a file would not open from a page."""
    return "Correct the red cells there and import the workbook again:\n\n" + "\n".join(
        f"- `{place}`" for place in places
    )
