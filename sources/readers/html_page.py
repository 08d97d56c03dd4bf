"""A web page under a spreadsheet's name: its text decoded, its elements parsed, the number formats of its styles."""

import codecs
import re
from pathlib import Path
from typing import Any

import lxml.html

from sources.cells.format_names import code_of
from sources.errors import Unreadable
from sources.text.encodings import encoding_of

_HEAD = 4096
_CHARSET = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
# Labels that browsers and spreadsheet programs take for a larger set: https://encoding.spec.whatwg.org/#names-and-labels
_LABELS = {
    **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "x-sjis", "sjis"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601"), "cp949"),
    **dict.fromkeys(("utf-16", "utf-16le", "unicode", "ucs-2"), "utf-8"),
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
}
_AS_XLSX = "Open it in a spreadsheet program, see that its letters are right, save it as .xlsx and import that."
# What stands behind the end of a page, where files were joined, is left out by the parser.
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_CELL = re.compile(r"<t[dh](?=[\s>/])", re.IGNORECASE)
_NO_ELEMENTS = re.compile(r"<!--.*?-->|<(script|style|textarea|title|xmp)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_FORMAT = re.compile(
    r"mso-number-format\s*:\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|([^;}\"']+))", re.IGNORECASE
)
_RULE = re.compile(r"([^{}]+)\{((?:[^{}\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')*)\}")
_ESCAPED = re.compile(r"\\([0-9A-Fa-f]{4})|\\(.)")


def page_of(path: Path) -> Any:
    """The root element of the page; raises Unreadable where its encoding is not what it says."""
    text = _ENDS.sub("", _text_of(path).replace("\0", ""))
    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_pis=True)
    page = lxml.html.document_fromstring(text.encode(), parser=parser)
    _refuse_lost_cells(text, page)
    return page


def _refuse_lost_cells(text: str, page: Any) -> None:
    """Raise Unreadable where the parser, which passes over what it does not understand, left cells out."""
    begun = len(_CELL.findall(_NO_ELEMENTS.sub("", text)))
    found = sum(1 for _ in page.iter("td", "th"))
    if found < begun:
        raise Unreadable(f"Of {begun:,} cells of the page only {found:,} can be placed: it is damaged. {_AS_XLSX}")


def _text_of(path: Path) -> str:
    content = path.read_bytes()
    head = content[:_HEAD]
    said = _CHARSET.search(head)
    has_mark = head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if has_mark or b"\0" in head or said is None:
        return content.decode(encoding_of(path).name)
    label = said[1].decode("ascii", errors="replace").lower()
    try:
        name = codecs.lookup(_LABELS.get(label, label)).name
        text = content.decode(name)
    except (LookupError, UnicodeDecodeError) as error:
        raise Unreadable(f"The page says that it is in {label}, which it is not ({error}). {_AS_XLSX}") from error
    if name != "utf-8" and not text.isascii() and _is_utf8(content):
        raise Unreadable(f"The page says that it is in {label}, but its letters are UTF-8. {_AS_XLSX}")
    return text


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class NumberFormats:
    """The number formats of a page's style sheets and style attributes, as Excel writes and reads them in pages."""

    def __init__(self, page: Any) -> None:
        self._codes: dict[str, str] = {}
        for style in page.iter("style"):
            for selectors, body in _RULE.findall(style.text_content()):
                code = _format_in(body)
                if code is not None:
                    names = (selector.strip().lower() for selector in selectors.split(","))
                    self._codes.update(dict.fromkeys(names, code))

    def code_of(self, cell: Any) -> str:
        """The code of a cell's format: its own, its class's, that of all cells or of its row; else `General`."""
        own = _format_in(cell.get("style", ""))
        if own is not None or not (self._codes or cell.getparent().get("style")):
            return own or "General"
        classes = [name.lower() for name in cell.get("class", "").split()]
        wanted = [f"{cell.tag}.{name}" for name in classes] + [f".{name}" for name in classes] + [cell.tag]
        found = next((self._codes[name] for name in wanted if name in self._codes), None)
        return found or _format_in(cell.getparent().get("style", "")) or "General"


def _format_in(declarations: str) -> str | None:
    match = _FORMAT.search(declarations) if "mso-number-format" in declarations.lower() else None
    if match is None:
        return None
    quoted = next(group for group in match.groups() if group is not None)
    return code_of(_ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], quoted.strip()))
