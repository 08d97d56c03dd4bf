"""A JSON object whose last entry is a list of many lines, in pieces: none has to hold all of them."""

from collections.abc import Iterable, Iterator
from json import dumps
from typing import Any


def json_pieces(told: dict[str, Any], name: str, lines: Iterable[Any]) -> Iterator[str]:
    """The text of `told` with the entry `name`, a line of the list at a time.

    >>> "".join(json_pieces({"run": "r1"}, "rows", [{"a": 1}]))
    '{"run": "r1", "rows": [{"a": 1}]}'
    """
    yield dumps(told, ensure_ascii=False, default=str).removesuffix("}") + f', "{name}": ['
    for number, line in enumerate(lines):
        yield ",\n" * bool(number) + dumps(line, ensure_ascii=False, default=str)
    yield "]}"
