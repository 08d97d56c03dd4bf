"""Office Open XML packages: a zip archive of parts, found by their relations and whatever the case of their names.

Names of parts have no case and relations say where parts are: ECMA-376 part 2, sections 6.2.2 and 6.5.
"""

import zipfile
from dataclasses import dataclass
from posixpath import join, normpath
from typing import IO
from urllib.parse import unquote

from lxml import etree

from sources.errors import Unreadable

_SMALL = 64 << 20


@dataclass(frozen=True)
class Related:
    """What a part refers to. kind: the last word of the relation's type, as `worksheet`; part: its name as said."""

    kind: str
    part: str


class Package:
    r"""The parts of an open archive. Names that people and programs wrote are found with `/` or `\\`, in any case."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_folded(name): name for name in archive.namelist()}

    def __contains__(self, part: str) -> bool:
        return _folded(part) in self._names

    def stored_name(self, part: str) -> str:
        """The name under which the archive has the part; raises Unreadable where it does not."""
        name = self._names.get(_folded(part)) or self._names.get(_folded(unquote(part)))
        if name is None:
            raise Unreadable(
                f"The workbook's part {part} is missing: the file is damaged. Ask its sender for a new copy."
            )
        return name

    def open(self, part: str) -> IO[bytes]:
        """The content of a part."""
        return self._archive.open(self.stored_name(part))

    def size(self, part: str) -> int:
        """How many bytes the part has, as the archive says."""
        return self._archive.getinfo(self.stored_name(part)).file_size

    def read(self, part: str, most: int = _SMALL) -> bytes:
        """The content of a small part; raises Unreadable for a larger one."""
        with self.open(part) as file:
            body = file.read(most + 1)
        if len(body) > most:
            raise Unreadable(f"The workbook's {part} is over {most >> 20} MiB: it is damaged or unsafe.")
        return body

    def xml(self, part: str) -> etree._Element:
        """The root element of a small part; raises Unreadable where it declares a document type, as no program does."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(self.read(part), parser)
        if root.getroottree().docinfo.internalDTD is not None:
            raise document_type_refused(part)
        return root

    def related(self, part: str) -> dict[str, Related]:
        """Relation number -> what the part refers to; of the package itself where `part` is empty."""
        folder, _, name = part.replace("\\", "/").rpartition("/")
        relations = f"{folder}/_rels/{name}.rels".lstrip("/")
        if relations not in self:
            return {}
        return {
            element.get("Id", ""): Related(element.get("Type", "").rpartition("/")[2], _target(folder, element))
            for element in self.xml(relations).iter("{*}Relationship")
            if element.get("TargetMode") != "External"
        }

    def workbook(self, usual: str) -> str:
        """The part of the workbook: what the package says, else the usual name."""
        parts = (related.part for related in self.related("").values() if related.kind == "officeDocument")
        return next((part for part in parts if part in self), usual)

    def related_of_kind(self, part: str, kind: str) -> str | None:
        """The first part of a kind, as `styles`, that the part refers to; None where it is not there."""
        parts = (related.part for related in self.related(part).values() if related.kind == kind)
        return next((found for found in parts if found in self), None)


def document_type_refused(part: str) -> Unreadable:
    """A document type could define entities, and no spreadsheet program writes one."""
    return Unreadable(
        f"The workbook's {part} declares a document type, which no spreadsheet program does: it may be a trap. "
        "Open it in a spreadsheet program, save it as a new .xlsx and import that."
    )


def _folded(name: str) -> str:
    return normpath(name.replace("\\", "/")).lstrip("/").lower()


def _target(folder: str, element: etree._Element) -> str:
    target = element.get("Target", "").replace("\\", "/")
    return target.lstrip("/") if target.startswith("/") else normpath(join(folder, target))
