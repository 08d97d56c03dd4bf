"""What a failed-rows workbook says of itself beside its cells: the properties that Rollbook gave it."""

import zipfile
from pathlib import Path

from rollbook.returned import LABELS

# Ours are a few lines; whoever has more of them has not got them from us.
_MOST_BYTES = 1 << 20
# Where kinds of workbooks keep the properties that a document was given, and the attribute that holds their names.
_PARTS = {"docprops/custom.xml": "name", "meta.xml": "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}name"}


def our_properties(path: Path) -> dict[str, str]:
    """{label: text} of those of rollbook.returned.LABELS that the workbook bears; nothing where it is no zip."""
    if not zipfile.is_zipfile(path):
        return {}
    found: dict[str, str] = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            attribute = _PARTS.get(member.filename.replace("\\", "/").casefold())
            if attribute and member.file_size <= _MOST_BYTES:
                found |= _named(archive.read(member), attribute)
    return found


def _named(xml: bytes, attribute: str) -> dict[str, str]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:  # properties are no rows: a file is read without them
        return {}
    texts = {str(element.get(attribute)): "".join(map(str, element.itertext())) for element in root.iter(etree.Element)}
    return {label: text for label, text in texts.items() if label in LABELS}
