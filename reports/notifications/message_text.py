"""The text of a message, as plain text and as HTML that says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from reports.languages.texts import Texts
from reports.text import day_and_time
from rollbook.commands import BARE, CommandLine, command
from rollbook.rows.outcomes import LOADED_ALL_THE_SAME

if TYPE_CHECKING:
    from reports.notifications.notice import Notice, NoticeFile

# Line breaks and other control characters, and marks that turn the direction of what follows.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_LONGEST = 120
# Problems of a file of which its sender needs no more than the reason.
_PLAIN = frozenset({"file.unreadable", "file.password", "file.too_large", "file.locked", "file.changed", "file.fault"})
# The limit that was exceeded, see `pipeline/limits.py` and `pipeline/feeds/bounds.py`.
_OF_LIMIT = re.compile(r", (?:more|fewer) than --[\w-]+ [\d.]+ allows")
_STYLE = "font-family:sans-serif;font-size:15px;line-height:1.5"


@dataclass(frozen=True)
class Place:
    """Where the failed rows are. attached: the name of the attached workbook. path, link: where else they are found."""

    attached: str | None = None
    path: str | None = None
    link: str | None = None


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, and the command that ends it."""

    text: str
    command: str | None = None


@dataclass(frozen=True)
class MessageText:
    """A message as it is read."""

    subject: str
    paragraphs: tuple[Paragraph, ...]
    language: str
    is_right_to_left: bool = False

    @property
    def plain(self) -> str:
        """As plain text."""
        shown = (f"{one.text}\n    {one.command}" if one.command else one.text for one in self.paragraphs)
        return "\n\n".join(shown) + "\n"

    @property
    def html(self) -> str:
        """As a page that needs nothing from elsewhere."""
        direction = "rtl" if self.is_right_to_left else "ltr"
        body = "\n".join(map(_as_html, self.paragraphs))
        return (
            f'<!DOCTYPE html>\n<html lang="{self.language}" dir="{direction}">\n<head><meta charset="utf-8">'
            f'<title>{escape(self.subject)}</title></head>\n<body style="{_STYLE}">\n{body}\n</body>\n</html>\n'
        )


def _as_html(paragraph: Paragraph) -> str:
    ending = f'<br><code dir="ltr">{escape(paragraph.command)}</code>' if paragraph.command else ""
    return f"<p>{escape(paragraph.text)}{ending}</p>"


def clean(text: str) -> str:
    """Text of anybody's as it may stand in a sentence: on one line, without marks that change how others are read."""
    return " ".join(_UNSAFE.sub(" ", text).split())


def one_line(text: str) -> str:
    """The same of a name, as it may also stand in a subject: not endless."""
    line = clean(text)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def text_of(notice: Notice, place: Place, commands: CommandLine = BARE) -> MessageText:
    """What a message says. commands: completes the commands that it names."""
    texts = Texts(notice.language)
    return MessageText(
        f"Rollbook: {_subject(notice, texts)}",
        tuple(_paragraphs(notice, place, texts, commands)),
        notice.language,
        texts.is_right_to_left,
    )


def test_text(language: str) -> MessageText:
    """The message by which a person sees that messages arrive."""
    texts = Texts(language)
    paragraphs = (Paragraph(texts.say("body", "test")), Paragraph(texts.say("body", "footer_without_run")))
    return MessageText(f"Rollbook: {texts.say('subject', 'test')}", paragraphs, language, texts.is_right_to_left)


def _subject(notice: Notice, texts: Texts) -> str:
    failed = texts.count("rows", "failed", notice.failed)
    name = "partly" if notice.kind == "failed" and not notice.failed else notice.kind
    name = "away" if notice.stop == "away" else "arrived" if notice.arrived else name
    folder = one_line(notice.folder or "")
    return texts.say("subject", name, files=_files(notice, texts), folder=folder, failed=failed)


def _files(notice: Notice, texts: Texts) -> str:
    """The files that it is about, or where files come from."""
    names = [file.name for file in notice.files] or [notice.folder or ""]
    return texts.files([one_line(name) for name in names])


def _paragraphs(notice: Notice, place: Place, texts: Texts, commands: CommandLine) -> Iterator[Paragraph]:
    if notice.kind == "overdue":
        yield from _overdue(notice, texts)
    elif notice.arrived is not None:
        name, folder = one_line(notice.arrived), clean(notice.folder or "")
        yield Paragraph(texts.say("body", "arrived", name=name, folder=folder))
    elif notice.stop is not None:
        yield from _stopped(notice, texts)
    else:
        yield from _imported(notice, texts)
    if notice.needs_correction:
        yield from _rows(notice, place, texts, commands)
    if not notice.to_owner:
        yield from _commands(notice, texts, commands)
    run = notice.run
    yield Paragraph(texts.say("body", "footer", run=run) if run else texts.say("body", "footer_without_run"))


def _overdue(notice: Notice, texts: Texts) -> Iterator[Paragraph]:
    minutes = notice.within or 0
    unit, number = ("hours", round(minutes / 60)) if minutes >= 120 else ("minutes", minutes)
    name = "overdue" if notice.last else "overdue_ever"
    within = texts.count("within", unit, number)
    yield Paragraph(
        texts.say("body", name, folder=clean(notice.folder or ""), within=within, last=day_and_time(notice.last))
    )
    yield _what_to_do(texts, texts.say("next", "overdue"))


def _stopped(notice: Notice, texts: Texts) -> Iterator[Paragraph]:
    reason = notice.stop or "stopped"
    name = {"system": "interrupted", "source": "not_reached", "away": "away"}.get(reason, "stopped")
    why = texts.say("why", reason) if texts.has("why", reason) else ""
    yield Paragraph(texts.say("body", name, files=_files(notice, texts), why=why))
    yield _what_to_do(texts, texts.say("do", reason))
    yield from _details(notice, texts, notice.stopped_by)


def _what_to_do(texts: Texts, told: str, command: str | None = None) -> Paragraph:
    return Paragraph(texts.say("body", "do", do=told), command)


def _details(notice: Notice, texts: Texts, details: str | None) -> Iterator[Paragraph]:
    """What Rollbook says of it; who sends sheets has no use for a command, or for the names of options."""
    if details and notice.to_owner:
        details = None if "rollbook " in details else _OF_LIMIT.sub("", details)
    if details:
        yield Paragraph(texts.say("body", "details", details=clean(details)))


def _imported(notice: Notice, texts: Texts) -> Iterator[Paragraph]:
    if notice.well_again:
        yield Paragraph(texts.say("body", "well_again"))
    unread = [file for file in notice.files if file.code not in LOADED_ALL_THE_SAME]
    if len(unread) < len(notice.files):
        rows = _counts(notice, texts)
        when = day_and_time(notice.at)
        yield Paragraph(texts.say("body", "imported", files=_files(notice, texts), when=when, rows=rows))
    for file in notice.files:
        if file.code is not None:
            yield from _unread(notice, file, texts)
    for run, number, _ in notice.held_back:
        waiting = texts.count("held_back", "rows", number, run=run)
        yield Paragraph(f"{waiting} {texts.say('do', 'stopped')}" if notice.to_owner else waiting)


def _counts(notice: Notice, texts: Texts) -> str:
    numbers = {"succeeded": notice.succeeded, "failed": notice.failed, "pending": notice.pending}
    found = [texts.count("rows", name, number) for name, number in numbers.items() if number]
    return "; ".join(found) or texts.say("rows", "none")


def _unread(notice: Notice, file: NoticeFile, texts: Texts) -> Iterator[Paragraph]:
    reason = file.code if file.code and texts.has("why", file.code) else "left"
    why = texts.say("why", reason)
    how = "partly" if file.code in LOADED_ALL_THE_SAME else "not_imported"
    yield Paragraph(texts.say("body", how, name=one_line(file.name), why=why))
    yield _what_to_do(texts, texts.say("do", reason))
    if not (notice.to_owner and reason in _PLAIN):
        yield from _details(notice, texts, file.message)


def _rows(notice: Notice, place: Place, texts: Texts, commands: CommandLine) -> Iterator[Paragraph]:
    if notice.known:
        new, known = texts.number(notice.new), texts.number(notice.known)
        yield Paragraph(texts.say("body", "new", new=new, known=known))
    if notice.columns:
        listed = "; ".join(texts.column(one_line(header), number) for header, number in notice.columns)
        yield Paragraph(texts.say("body", "columns", columns=listed))
    if place.attached or place.path:
        yield _correct(notice, place, texts, commands)
    if place.link:
        yield Paragraph(texts.say("next", "link", link=place.link))
    elif notice.to_owner and not place.attached and not place.path:
        yield _what_to_do(texts, texts.say("next", "counts"))


def _correct(notice: Notice, place: Place, texts: Texts, commands: CommandLine) -> Paragraph:
    """What to do with the workbook of the failed rows, and how it comes back."""
    how = texts.say("next", "attached") if place.attached else texts.say("next", "path", path=clean(place.path or ""))
    if notice.takes_replies:
        return _what_to_do(texts, f"{how} {texts.say('next', 'reply')}")
    if notice.folder and notice.takes_files:
        return _what_to_do(texts, f"{how} {texts.say('next', 'deliver', folder=clean(notice.folder))}")
    if notice.to_owner or place.path is None:
        return _what_to_do(texts, f"{how} {texts.say('next', 'send_back')}")
    pasted = _completed(commands, "import", place.path)
    return _what_to_do(texts, f"{how} {texts.say('next', 'import')}", pasted)


def _completed(commands: CommandLine, *words: str) -> str:
    """A command with the options that make it do the same from any folder."""
    return commands.complete(f"`{command(*words)}`")[1:-1]


def _commands(notice: Notice, texts: Texts, commands: CommandLine) -> Iterator[Paragraph]:
    """What whoever runs the import may want to type."""
    if notice.run is None:
        return
    if notice.stop is not None:
        name = "resume_anyway" if notice.raised_limits else "resume"
        raised = (notice.raised_limits or "").split()
        yield Paragraph(texts.say("next", name), _completed(commands, "resume", notice.run, *raised))
    for run, _, raised_limits in notice.held_back:
        pasted = _completed(commands, "resume", run, *raised_limits.split())
        yield Paragraph(texts.say("next", "resume_anyway"), pasted)
    shown = "failures" if notice.failed else "show"
    yield Paragraph(texts.say("next", "show"), _completed(commands, shown, notice.run))
