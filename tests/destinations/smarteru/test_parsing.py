"""Nothing outside the bytes is read, and what is no XML is told why."""

from pathlib import Path

import pytest
from lxml import etree

from destinations.smarteru.parsing import NotXml, parse


def test_sections_are_kept_only_where_they_are_asked_for() -> None:
    xml = b"<a><b><![CDATA[x & y]]></b></a>"
    assert parse(xml).findtext("b") == parse(xml, keep_cdata=True).findtext("b") == "x & y"
    assert etree.tostring(parse(xml)) == b"<a><b>x &amp; y</b></a>"
    assert etree.tostring(parse(xml, keep_cdata=True)) == xml


def test_a_text_is_whole_across_comments_and_sections() -> None:
    assert parse(b"<a><b>one<!-- not --> <![CDATA[t]]]]><![CDATA[>wo]]><?no?></b></a>").findtext("b") == "one t]]>wo"


@pytest.mark.parametrize(
    "start", ["<!DOCTYPE a>", '<!DOCTYPE a [<!ENTITY e SYSTEM "{uri}">]>', '<!DOCTYPE a SYSTEM "{uri}">']
)
def test_no_file_is_read_and_a_doctype_is_refused(tmp_path: Path, start: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    for inside in ("", "&e;"):
        with pytest.raises(NotXml) as caught:
            parse(f"{start.format(uri=secret.as_uri())}<a>{inside}</a>".encode())
        assert "secret<" not in str(caught.value)


@pytest.mark.parametrize("xml", [b"", b"<a>", b"a", b"<a/><b/>", b"<a>\x00</a>", b"<a>\xff</a>", b"<a>" * 5000])
def test_what_is_not_well_formed_is_told(xml: bytes) -> None:
    with pytest.raises(NotXml, match="not well-formed"):
        parse(xml)
