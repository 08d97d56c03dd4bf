"""Batches: the documented tags in their order, every text whole, no half file, no key where none belongs."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from destinations.smarteru import package
from destinations.smarteru.blocks import Block
from destinations.smarteru.package import Removed, batch_bytes, problems_of, read_batch, with_keys, write_batch
from rollbook.errors import CannotBegin

GOLDEN = Path(__file__).parent / "golden"
ISO = "%Y-%m-%d"
DAY = date(2019, 3, 31)

PLAIN = Block(1, "ana@x.org", None, "Nurses", None, "C-7", "S-70", "Completed", "92.5", DAY)
BY_NUMBER = Block(2, None, "007", None, "G 12", "C-7", "S-70", "NotAttended", None, None)
ATTENDED = Block(3, None, "8", "Nurses", None, "C-7", "S-70", "Attended", None, date(1999, 12, 1))
AWKWARD = [
    Block(1, "o'neil&sons@x.org", None, 'R&D <North> "A"', None, "C]]>7", "]]", "Completed", "A+", DAY),
    Block(2, None, " 007 ", None, "Équipe д مجموعة 😀", "C\u2028\x85", "S\t1\n2", "Completed", "]]>]]>", DAY),
    Block(3, None, "&amp;", "a\r\nb & \r", None, "<![CDATA[x]]>", "S", "Attended", None, DAY),
    Block(4, None, "\x00a\ud800", "\x1b[31mRed\ufffe", None, "C", "S", "Attended", None, None),
]
REMOVED = [
    Removed(4, "EmployeeID", "U+0000 U+D800"),
    Removed(4, "GroupName", "U+001B U+FFFE"),
]


@pytest.mark.parametrize(
    ("name", "blocks", "date_format"),
    [
        ("plain", [PLAIN, BY_NUMBER, ATTENDED], ISO),
        ("american_dates", [PLAIN], "%m/%d/%Y"),
        ("awkward", AWKWARD, ISO),
    ],
)
def test_batches_are_written_as_the_golden_files_are(
    tmp_path: Path, name: str, blocks: list[Block], date_format: str
) -> None:
    path = tmp_path / "smarteru-0001.xml"
    removed = write_batch(path, blocks, date_format=date_format)
    golden = (GOLDEN / f"{name}.xml").read_bytes()
    assert path.read_bytes() == golden
    assert batch_bytes(blocks, date_format=date_format) == golden
    assert problems_of(golden) == []
    assert removed == (REMOVED if name == "awkward" else [])


FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
TEXTS = st.text(
    st.characters() | st.sampled_from("&<>]'\"\r\n\t \x00\x0b\x1b\x7f\x85\ufeff\ufffe\ud800éعربي😀"), min_size=1
)
OPTIONAL = st.none() | TEXTS


@st.composite
def blocks(draw: st.DrawFn) -> list[Block]:
    def block(number: int) -> Block:
        email, group_name = draw(OPTIONAL), draw(OPTIONAL)
        return Block(
            number=number,
            email=email,
            employee_id=draw(TEXTS) if email is None else None,
            group_name=group_name,
            group_id=draw(TEXTS) if group_name is None else None,
            course_id=draw(TEXTS),
            session_id=draw(TEXTS),
            status=draw(st.sampled_from(["NotAttended", "Attended", "Completed"])),
            grade=draw(OPTIONAL),
            enrolled_on=draw(st.none() | st.dates(date(1950, 1, 1), date(2100, 1, 1))),
        )

    return [block(number) for number in range(1, draw(st.integers(1, 4)) + 1)]


def cleaned(block: Block) -> Block:
    return Block._make(FORBIDDEN.sub("", value) if isinstance(value, str) else value for value in block)


def forbidden_in(blocks: list[Block]) -> list[str]:
    values = [value for block in blocks for value in block]
    found = [letter for value in values if isinstance(value, str) for letter in FORBIDDEN.findall(value)]
    return [f"U+{ord(letter):04X}" for letter in found]


@given(blocks())
@example(AWKWARD)
def test_any_text_survives_but_for_the_removed_characters_that_are_told(tmp_path: Path, written: list[Block]) -> None:
    path = tmp_path / "batch.xml"
    removed = write_batch(path, written, date_format=ISO)
    assert read_batch(path, date_format=ISO) == [cleaned(block) for block in written]
    assert [name for one in removed for name in one.characters.split()] == forbidden_in(written)
    with_key = tmp_path / "keyed.xml"
    with_key.write_bytes(with_keys(path.read_bytes(), "a&b", "c"))
    assert read_batch(with_key, date_format=ISO) == read_batch(path, date_format=ISO)


@given(blocks())
def test_any_block_has_the_documented_shape(written: list[Block]) -> None:
    graded = [block._replace(status="Completed") for block in written]
    told = problems_of(batch_bytes(graded, date_format=ISO))
    emptied = any("" in (block.email, block.employee_id, block.group_name, block.group_id, block.course_id,
                         block.session_id, block.grade) for block in map(cleaned, graded))  # fmt: skip
    assert bool(told) == emptied, told


def test_a_crash_leaves_neither_half_a_file_nor_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "batch.xml"
    write_batch(path, [PLAIN], date_format=ISO)

    def crashing() -> Iterator[Block]:
        yield PLAIN
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_batch(path, crashing(), date_format=ISO)
    assert list(tmp_path.iterdir()) == [path]
    assert len(read_batch(path)) == 1


def test_a_full_disk_is_not_passed_over_in_silence() -> None:
    with pytest.raises(OSError, match="No space"), Path("/dev/full").open("wb") as full:
        package._write(full, [PLAIN], ISO)


@pytest.mark.parametrize("name", ["a%20b.xml", "file:é 😀.xml", "a?b#c.xml"])
def test_a_batch_may_have_any_name(tmp_path: Path, name: str) -> None:
    write_batch(tmp_path / name, [PLAIN], date_format=ISO)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("key", ["plain-KEY_1", "a&b<c>]]>d", "\"'é😀", "", " x\r\n"])
def test_keys_are_filled_in_whole_and_nothing_else_changes(key: str) -> None:
    bare = batch_bytes(AWKWARD, date_format=ISO)
    filled = with_keys(bare, key, key[::-1])
    root = etree.fromstring(filled)
    assert (root.findtext("AccountAPI"), root.findtext("UserAPI")) == (key, key[::-1])
    assert problems_of(filled) == []
    assert with_keys(filled, "", "") == with_keys(bare, "", "")
    assert filled.count(b"<![CDATA[") >= bare.count(b"<![CDATA[")


@pytest.mark.parametrize("key", ["secret\x00", "secret\ud800", "secret\uffff"])
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(CannotBegin) as caught:
        with_keys(batch_bytes([PLAIN], date_format=ISO), "fine", key)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("xml", [b"", b"<a/>", b"<SmarterU><AccountAPI/></SmarterU>", b"<!DOCTYPE a><a/>"])
def test_keys_go_into_requests_only(xml: bytes) -> None:
    with pytest.raises(CannotBegin):
        with_keys(xml, "a", "b")


def without(tag: str) -> Callable[[bytes], bytes]:
    return lambda xml: re.sub(rb"<%s>.*?</%s>" % (tag.encode(), tag.encode()), b"", xml, flags=re.DOTALL)


def replacing(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(xml: bytes) -> bytes:
        assert old.encode() in xml
        return xml.replace(old.encode(), new.encode(), 1)

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without("User"), "Group"),
        (without("Email"), "User"),
        (replacing("</Email>", "</Email><EmployeeID>7</EmployeeID>"), "EmployeeID"),
        (replacing("</GroupName>", "</GroupName><GroupID>7</GroupID>"), "GroupID"),
        (replacing("<![CDATA[Nurses]]>", ""), "GroupName"),
        (without("LearningModuleSessionID"), "EnrollmentStatus"),
        (replacing("Completed", "Enrolled"), "Enrolled"),
        (replacing("Completed", "Attended"), "Enrollment [1]: a grade goes with Completed only"),
        (replacing("</Grade>", "</Grade><Grade>8</Grade>"), "Grade"),
        (replacing("<Grade>", "<Note>x</Note><Grade>"), "Note"),
        (replacing("enrollSessionHistory", "listUsers"), "Method"),
        (replacing("<UserAPI/>", ""), "UserAPI"),
        (replacing("</SmarterU>", ""), "well-formed"),
        (replacing("<SmarterU>", "<!DOCTYPE SmarterU><SmarterU>"), "DOCTYPE"),
        (without("Enrollment"), "Enrollment"),
    ],
)
def test_what_is_wrong_with_a_batch_is_told(change: Callable[[bytes], bytes], told: str) -> None:
    right = batch_bytes([PLAIN], date_format=ISO)
    assert problems_of(right) == []
    assert told in "\n".join(problems_of(change(right)))


def test_tags_out_of_their_order_are_told() -> None:
    swapped = re.sub(rb"(<User>.*</User>)(<Group>.*</Group>)", rb"\2\1", batch_bytes([PLAIN], date_format=ISO))
    assert "Group" in problems_of(swapped)[0]


def test_a_batch_is_read_with_its_keys_and_its_dates_as_the_setting_says(tmp_path: Path) -> None:
    path = tmp_path / "sent.xml"
    path.write_bytes(with_keys(batch_bytes([PLAIN, BY_NUMBER], date_format="%d/%m/%Y"), "key", "key"))
    assert read_batch(path, date_format="%d/%m/%Y") == [PLAIN, BY_NUMBER]
    assert read_batch(path) == [PLAIN._replace(enrolled_on=None), BY_NUMBER]
    with pytest.raises(CannotBegin, match=r"date of enrollment 1 is not written as %Y-%m-%d"):
        read_batch(path, date_format=ISO)


def test_a_batch_that_somebody_laid_out_anew_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "pretty.xml"
    root = etree.fromstring(batch_bytes([PLAIN, BY_NUMBER], date_format=ISO), etree.XMLParser(remove_blank_text=True))
    path.write_bytes(b"\n<!-- mine -->" + etree.tostring(root, pretty_print=True))
    assert read_batch(path, date_format=ISO) == [PLAIN, BY_NUMBER]
    assert problems_of(path.read_bytes()) == []


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"PK\x03\x04",
        b"<html><body/></html>",
        b"<SmarterU><Result>Success</Result></SmarterU>",
        batch_bytes([], date_format=ISO),
        batch_bytes([PLAIN], date_format=ISO)[:-30],
        without("Email")(batch_bytes([PLAIN], date_format=ISO)),
        without("LearningModuleID")(batch_bytes([PLAIN], date_format=ISO)),
        replacing("</Email>", "</Email><EmployeeID/>")(batch_bytes([PLAIN], date_format=ISO)),
        replacing("enrollSessionHistory", "listUsers")(batch_bytes([PLAIN], date_format=ISO)),
        b'<!DOCTYPE SmarterU [<!ENTITY a "b">]>' + batch_bytes([PLAIN], date_format=ISO).split(b"\n", 1)[1],
    ],
)
def test_what_is_no_batch_is_refused_by_its_name(tmp_path: Path, xml: bytes) -> None:
    path = tmp_path / "other.xml"
    path.write_bytes(xml)
    with pytest.raises(CannotBegin, match=r"other\.xml is not a Rollbook batch"):
        read_batch(path)


def test_a_batch_too_large_or_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "batch.xml"
    write_batch(path, [PLAIN], date_format=ISO)
    with pytest.raises(CannotBegin, match="longer than 100 bytes"):
        read_batch(path, most_bytes=100)
    with pytest.raises(CannotBegin, match="cannot be read"):
        read_batch(tmp_path / "missing.xml")
    with pytest.raises(CannotBegin, match="cannot be read"):
        read_batch(tmp_path)
