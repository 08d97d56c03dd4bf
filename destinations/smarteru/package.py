"""Batches as XML, the package of `enrollSessionHistory`: written, read back, checked, and filled with the API keys.

Batches on disk hold no keys. Texts stand in CDATA, where `&` and `<` are what they are.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from lxml import etree
from lxml.etree import CDATA, Element, SubElement

from destinations.smarteru.blocks import STATUSES, Block
from destinations.smarteru.parsing import NotXml, parse
from rollbook.errors import CannotBegin
from rollbook.rows.statuses import COMPLETED

METHOD = "enrollSessionHistory"
MOST_BYTES = 64 * 2**20

_ENROLLMENTS = "Parameters/LearningModuleEnrollment/Enrollment"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2 (Char)


@dataclass(frozen=True, slots=True)
class Removed:
    """Characters that XML cannot hold, left out of one text. number: the block's. characters: as `U+0000 U+FFFE`."""

    number: int
    tag: str
    characters: str


def write_batch(path: Path, blocks: Iterable[Block], *, date_format: str) -> list[Removed]:
    """Write a batch, one block a line, the keys left empty; tells the characters that had to be left out.

    date_format: as strftime takes it. The file appears under its name when it is whole, replacing one that is there.
    """
    draft = path.with_name(f"{path.name}.draft")
    try:
        with draft.open("wb") as file:  # by its name lxml would swallow the error of a full disk
            removed = _write(file, blocks, date_format)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return removed


def batch_bytes(blocks: Iterable[Block], *, date_format: str) -> bytes:
    """The same bytes as write_batch writes."""
    target = BytesIO()
    _write(target, blocks, date_format)
    return target.getvalue()


def with_keys(xml: bytes, account_api: str, user_api: str) -> bytes:
    """A request with the two API keys filled in, escaped as it takes; raises CannotBegin, never showing a key."""
    try:
        root = parse(xml, keep_cdata=True)
    except NotXml as error:
        raise CannotBegin(f"This is not a request to SmarterU: {error}.") from error
    for tag, key in (("AccountAPI", account_api), ("UserAPI", user_api)):
        element = root.find(tag)
        if element is None:
            raise CannotBegin(f"This is not a request to SmarterU: {tag} is missing.")
        if _FORBIDDEN.search(key):
            raise CannotBegin(
                f"The key for {tag} holds a character that keys do not have. Copy it again from SmarterU."
            )
        element.text = _content(key)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read_batch(path: Path, *, date_format: str | None = None, most_bytes: int = MOST_BYTES) -> list[Block]:
    """The blocks of a batch that was written before, and perhaps filled with keys and sent by somebody.

    Without a date_format the dates of enrollment are not read: `enrolled_on` is None. Raises CannotBegin where the file
    is no batch; whether it is right in all else is `problems_of`'s to say.
    """
    try:
        if path.stat().st_size > most_bytes:
            raise CannotBegin(f"{path.name} is longer than {most_bytes:,} bytes: no batch of Rollbook's is.")
        root = parse(path.read_bytes())
    except OSError as error:
        raise CannotBegin(f"{path} cannot be read ({error.strerror}). Check the path.") from error
    except NotXml as error:
        raise CannotBegin(f"{path.name} is not a Rollbook batch: {error}.") from error
    enrollments = root.findall(_ENROLLMENTS)
    if root.tag != "SmarterU" or root.findtext("Method") != METHOD or not enrollments:
        raise CannotBegin(f"{path.name} is not a Rollbook batch: it has no enrollments. Use a smarteru-….xml of a run.")
    try:
        return [_block(number, enrollment, date_format) for number, enrollment in enumerate(enrollments, 1)]
    except _NoBlock as error:
        raise CannotBegin(f"{path.name} is not a Rollbook batch: {error}.") from error


def problems_of(xml: bytes) -> list[str]:
    """What is wrong with a batch before anything is sent, a line each: against package.xsd, and grades out of place."""
    try:
        root = parse(xml)
    except NotXml as error:
        return [str(error)]
    schema = _schema()
    schema.validate(root)
    log: Any = schema.error_log
    told = [f"{error.path}, line {error.line}: {error.message}" for error in log]
    for number, enrollment in enumerate(root.iterfind(_ENROLLMENTS), 1):
        status = enrollment.findtext("EnrollmentStatus")
        if enrollment.find("Grade") is not None and status != STATUSES[COMPLETED]:
            told.append(f"Enrollment [{number}]: a grade goes with {STATUSES[COMPLETED]} only, not with {status}")
    return told


class _NoBlock(ValueError):
    """An enrollment lacks what every one has. The message says which and what."""


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(parse(files("destinations.smarteru").joinpath("package.xsd").read_bytes()))


def _write(target: IO[bytes], blocks: Iterable[Block], date_format: str) -> list[Removed]:
    removed: list[Removed] = []
    method = Element("Method")
    method.text = CDATA(METHOD)
    with etree.xmlfile(target, encoding="UTF-8") as file:
        file.write_declaration()
        with file.element("SmarterU"):
            file.write(Element("AccountAPI"), Element("UserAPI"), method)
            with file.element("Parameters"), file.element("LearningModuleEnrollment"):
                file.write("\n")
                for block in blocks:
                    file.write(_enrollment(block, date_format, removed))
    return removed


def _enrollment(block: Block, date_format: str, removed: list[Removed]) -> etree._Element:
    enrollment = Element("Enrollment")
    enrollment.tail = "\n"
    learner, group = SubElement(enrollment, "User"), SubElement(enrollment, "Group")
    texts = (
        (learner, "Email", block.email),
        (learner, "EmployeeID", block.employee_id),
        (group, "GroupName", block.group_name),
        (group, "GroupID", block.group_id),
        (enrollment, "LearningModuleID", block.course_id),
        (enrollment, "LearningModuleSessionID", block.session_id),
        (enrollment, "EnrollmentStatus", block.status),
        (enrollment, "Grade", block.grade),
        (enrollment, "EnrolledDate", _date_text(block.enrolled_on, date_format)),
    )
    for parent, tag, text in texts:
        if text is not None:
            element = SubElement(parent, tag)
            try:
                element.text = _content(text)
            except ValueError:  # lxml refuses what XML forbids, so that clean texts need no look of ours
                element.text = _content(_FORBIDDEN.sub("", text))
                told = " ".join(f"U+{ord(letter):04X}" for letter in _FORBIDDEN.findall(text))
                removed.append(Removed(block.number, tag, told))
    return enrollment


@lru_cache(4096)
def _date_text(day: date | None, date_format: str) -> str | None:
    return None if day is None else day.strftime(date_format)


def _content(text: str) -> Any:
    """CDATA, but where there are carriage returns: unless escaped, which CDATA cannot, they are read as line feeds."""
    return text if "\r" in text else CDATA(text)


def _block(number: int, enrollment: etree._Element, date_format: str | None) -> Block:
    email, employee_id = _one_of(number, enrollment, "User/Email", "User/EmployeeID")
    group_name, group_id = _one_of(number, enrollment, "Group/GroupName", "Group/GroupID")
    return Block(
        number=number,
        email=email,
        employee_id=employee_id,
        group_name=group_name,
        group_id=group_id,
        course_id=_needed(number, enrollment, "LearningModuleID"),
        session_id=_needed(number, enrollment, "LearningModuleSessionID"),
        status=_needed(number, enrollment, "EnrollmentStatus"),
        grade=enrollment.findtext("Grade"),
        enrolled_on=_day(number, enrollment.findtext("EnrolledDate"), date_format),
    )


def _one_of(number: int, enrollment: etree._Element, *paths: str) -> list[str | None]:
    found = [enrollment.findtext(path) for path in paths]
    if found.count(None) != len(found) - 1:
        raise _NoBlock(f"enrollment {number} must have exactly one of {' and '.join(paths)}")
    return found


def _needed(number: int, enrollment: etree._Element, tag: str) -> str:
    found = enrollment.findtext(tag)
    if found is None:
        raise _NoBlock(f"enrollment {number} has no {tag}")
    return found


def _day(number: int, text: str | None, date_format: str | None) -> date | None:
    if text is None or date_format is None:
        return None
    try:
        return datetime.strptime(text, date_format).date()  # noqa: DTZ007  a calendar day has no zone
    except ValueError as error:
        raise _NoBlock(f"the date of enrollment {number} is not written as {date_format}") from error
