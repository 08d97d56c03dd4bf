"""Where a secret would stand if it leaked: files, what is packed in them, tables, what was printed and logged."""

import zipfile
from collections.abc import Sequence
from html import escape as in_html
from io import BytesIO
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from sqlalchemy import MetaData, create_engine, select

from ledger.database import parse_url
from tests.pipeline.desk import Desk, Printed


def spellings(key: str) -> set[bytes]:
    """A key as it is, percent-encoded and in XML, in the ways that are met."""
    quotes = {"'": "&apos;", '"': "&quot;"}
    texts = {key, quote(key, safe=""), quote(key), quote_plus(key), escape(key), escape(key, quotes), in_html(key)}
    texts |= {quote(escape(key), safe=""), escape(key, {'"': "&quot;"}), repr(key)[1:-1]}
    return {text.encode() for text in texts} | {key.encode("utf-16-le")}


def everything(desk: Desk) -> dict[str, bytes]:
    """Every file, what is packed in workbooks too, and every cell of every table."""
    found = desk.files()
    for name, content in list(found.items()):
        if content[:2] == b"PK":
            with zipfile.ZipFile(BytesIO(content)) as packed:
                found |= {f"{name}/{inner}": packed.read(inner) for inner in packed.namelist()}
    engine, tables = create_engine(parse_url(desk.url)), MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
        for table in tables.sorted_tables:
            cells = [str(cell) for line in connection.execute(select(table)) for cell in line]
            found[f"table {table.name}"] = "\n".join(cells).encode()
    engine.dispose()
    assert {"table rollbook_deliveries", "table rollbook_runs"} <= set(found)
    return found


def found_keys(desk: Desk, keys: Sequence[str], printed: list[Printed], log: str) -> list[tuple[str, bytes]]:
    """Where a key stands, and how."""
    places = everything(desk) | {"log": log.encode()}
    for number, one in enumerate(printed):
        places |= {f"output {number}": one.out.encode(), f"errors {number}": one.errors.encode()}
    spelled = {text for key in keys for text in spellings(key)}
    return [(name, text) for name, content in places.items() for text in spelled if text in content]
