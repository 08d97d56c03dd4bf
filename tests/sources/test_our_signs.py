"""Whether a file may be a failed-rows workbook: signs as they stand in texts and within what is packed."""

import zipfile
from pathlib import Path

import pytest

from rollbook.returned import OUR_HEADERS, SUMMARY_SHEET
from sources.our_signs import bears_signs, may_be_ours

SIGN = OUR_HEADERS[0]
LONGEST_COMMENT = (1 << 16) - 1


def packed(path: Path, content: str, comment: bytes = b"") -> Path:
    """A zip file of one part, whose bytes show nothing of its content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", content)
        archive.comment = comment
    assert SIGN.encode() not in path.read_bytes()
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_text_bears_a_sign_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "copy.csv"
    file.write_bytes(f"Notes;{SIGN};E-mail\n".encode(encoding))
    assert may_be_ours(file)
    file.write_bytes("Notes;E-mail\n".encode(encoding))
    assert not may_be_ours(file)


@pytest.mark.parametrize("comment", [b"", b"c" * LONGEST_COMMENT])
def test_a_sign_within_what_is_packed(tmp_path: Path, comment: bytes) -> None:
    """However far from its end the file says that it is packed."""
    assert may_be_ours(packed(tmp_path / "ours.xlsx", f"<sst><si><t>{SIGN}</t></si></sst>", comment))
    assert may_be_ours(packed(tmp_path / "summary.xlsx", f"<sst><si><t>{SUMMARY_SHEET}</t></si></sst>", comment))
    assert not may_be_ours(packed(tmp_path / "theirs.xlsx", "<sst><si><t>E-mail</t></si></sst>", comment))


def test_what_is_no_file_or_is_damaged_is_not_ours(tmp_path: Path) -> None:
    """It is told when it is read."""
    assert not may_be_ours(tmp_path / "nowhere.csv")
    assert not may_be_ours(tmp_path)
    damaged = tmp_path / "damaged.xlsx"
    whole = packed(tmp_path / "whole.xlsx", SIGN * 100).read_bytes()
    damaged.write_bytes(whole[:20] + b"\0" * 20 + whole[40:])
    assert not may_be_ours(damaged)
    (tmp_path / "empty.csv").touch()
    assert not may_be_ours(tmp_path / "empty.csv")


def test_it_is_what_looking_into_the_file_says(tmp_path: Path) -> None:
    """Whether a process of its own was needed or not."""
    for content in (SIGN, "E-mail", ""):
        for file in (packed(tmp_path / "a.xlsx", f"<t>{content * 40}</t>"), tmp_path / "a.csv"):
            if file.suffix == ".csv":
                file.write_text(content, encoding="utf-8")
            assert may_be_ours(file) == bears_signs(file)
