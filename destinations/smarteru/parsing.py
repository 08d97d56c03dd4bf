"""XML from outside as a tree: nothing outside the bytes is read, no entity is expanded, a DOCTYPE is refused."""

from lxml import etree


class NotXml(ValueError):
    """The bytes are no XML that Rollbook reads. The message is a clause that says why."""


def parse(xml: bytes, *, keep_cdata: bool = False) -> etree._Element:
    """The root, comments and processing instructions left out; raises NotXml.

    keep_cdata: the sections are written as such again when the tree is.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=not keep_cdata,
    )
    try:
        # Blank lines before the XML declaration are the mark of a server's template, and harmless.
        root = etree.fromstring(xml.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotXml(f"it is not well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotXml("it is XML with a DOCTYPE, which SmarterU does not know")
    return root
