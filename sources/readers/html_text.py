"""What a cell of a web page shows: form fields by what they hold, nothing of what is hidden or struck out."""

import re
from typing import Any, NamedTuple

from rollbook.rows.marks import RAISED, STRUCK_OUT, shown_as

_BLANK = re.compile(r"[ \t\r\n\f]+")
_BLOCKS = {"p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "dt", "dd"}
_UNSHOWN = {"script", "style", "noscript", "template", "table", "datalist", "rt", "rp"}
_STRUCK = {"s", "strike", "del"}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_STRUCK_STYLE = re.compile(r"text-decoration[a-z-]*\s*:[^;]*line-through", re.IGNORECASE)
# Form fields that show something else than their value: https://html.spec.whatwg.org/#the-input-element
_VALUELESS = {"hidden", "submit", "button", "reset", "image", "file", "password", "range", "color"}
# Stands for the end of a line; the page holds none.
_BREAK = "\0"


class Shown(NamedTuple):
    """The text of a cell, and the mark of one that is not what a reader takes for its value."""

    text: str
    mark: str | None = None


def shown_in(cell: Any) -> Shown:
    """What the cell shows: line ends where the page has them, other blank characters as one space.

    A box that stands alone is `true` or `false`. Marked are a cell that is struck out as a whole, a list in which
    nothing is selected, a box that is not ticked beside a text, and a choice between answers.
    """
    is_struck = _is_struck(cell) or _is_struck(cell.getparent())
    if len(cell):
        return _Writer().read(cell, is_struck)
    text = _lines(cell.text or "")
    return Shown(text, STRUCK_OUT if text and is_struck else None)


def text_in(cell: Any) -> str:
    """The text of what the cell shows."""
    return shown_in(cell).text


_UNSELECTED = shown_as("it is a list in which nothing is selected")
_UNTICKED = shown_as("it is a box that is not ticked")
_CHOICE = shown_as("it is a choice between several answers")


class _Writer:
    """Goes through the elements of one cell."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._struck: list[str] = []
        self._boxes: list[str] = []
        self._mark: str | None = None

    def read(self, cell: Any, is_struck: bool) -> Shown:
        """The whole cell; `is_struck`: as a whole."""
        self._write(cell, self._struck if is_struck else self._pieces)
        text, struck = _lines("".join(self._pieces)), _lines("".join(self._struck))
        if not text and struck:
            return Shown(struck, STRUCK_OUT)
        if len(self._boxes) > 1:
            return Shown(text or ", ".join(self._boxes), _CHOICE)
        if text:
            return Shown(text, _UNTICKED if "false" in self._boxes else self._mark)
        return Shown("".join(self._boxes), self._mark)

    def _write(self, element: Any, pieces: list[str]) -> None:
        ends = [_BREAK] if element.tag in _BLOCKS else []
        pieces += [*ends, _raised(element) or element.text or ""]
        for child in element:
            if isinstance(child.tag, str) and child.tag not in _UNSHOWN and not _is_hidden(child):
                self._write_child(child, pieces)
            pieces.append(child.tail or "")
        pieces += ends

    def _write_child(self, child: Any, pieces: list[str]) -> None:
        if child.tag == "br":
            pieces.append(_BREAK)
        elif child.tag == "input":
            pieces.append(self._field(child))
        elif child.tag == "select":
            pieces.append(self._selected(child))
        else:
            self._write(child, self._struck if _is_struck(child) else pieces)

    def _field(self, field: Any) -> str:
        kind = field.get("type", "text").strip().lower()
        if kind in ("checkbox", "radio"):
            self._boxes.append("true" if "checked" in field.attrib else "false")
        elif kind not in _VALUELESS:
            return str(field.get("value", ""))
        return ""

    def _selected(self, field: Any) -> str:
        options = list(field.iterdescendants("option"))
        chosen = [_option(option) for option in options if "selected" in option.attrib]
        if "multiple" in field.attrib:
            return ", ".join(chosen)
        if not chosen and options:
            self._mark = _UNSELECTED
        return (chosen or [_option(option) for option in options[:1]] or [""])[-1]


def _option(option: Any) -> str:
    return _lines(option.text_content()) or str(option.get("label", ""))


def _raised(element: Any) -> str | None:
    """The figures of a note's number as the small ones that they are: E100¹ is not E1001."""
    return str(element.text or "").translate(RAISED) if element.tag == "sup" else None


def _lines(text: str) -> str:
    lines = _BLANK.sub(" ", text).split(_BREAK)
    return "\n".join(line for line in (line.replace("\xa0", " ").strip() for line in lines) if line)


def _is_struck(element: Any) -> bool:
    return element.tag in _STRUCK or bool(_STRUCK_STYLE.search(element.get("style", "")))


def _is_hidden(element: Any) -> bool:
    return "hidden" in element.attrib or bool(_HIDDEN.search(element.get("style", "")))
