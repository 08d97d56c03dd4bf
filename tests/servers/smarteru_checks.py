"""Whether a package is what SmarterU's documentation asks for, before anything in it is looked up."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from lxml import etree

MESSAGES = {
    "SU:01": "No POST data was received",
    "SU:02": "The Package parameter is missing",
    "SU:03": "The Package is not well-formed XML",
    "SU:04": "The SmarterU root element is missing",
    "SU:05": "The AccountAPI element is missing",
    "SU:06": "The UserAPI element is missing",
    "SU:07": "The Method element is missing",
    "SU:08": "The Parameters element is missing",
    "SU:09": "The Parameters element is empty",
    "SU:10": "User and Account API keys are invalid",  # as recorded
    "SU:11": "The Method is not known",
    "SU:12": "The structure of the XML is not valid",
    "SU:13": "An element is not allowed where it stands",
    "SU:9999": "An unknown error occurred",
}


class Refused(Exception):
    """The whole call is refused; nothing of it was processed."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message or MESSAGES[code]


@dataclass(frozen=True)
class Part:
    """A place in a sequence of tags: one of `names` stands there, or none where it is optional, or several.

    inside: what its elements hold; empty: text. open: anything is allowed inside.
    """

    names: tuple[str, ...]
    inside: tuple["Part", ...] = ()
    optional: bool = False
    many: bool = False
    open: bool = False


def _one(name: str, *inside: Part, optional: bool = False, many: bool = False, open_: bool = False) -> Part:
    return Part((name,), inside, optional, many, open_)


def _either(*names: str) -> Part:
    return Part(names)


_PAGE = (_one("Page", optional=True), _one("PageSize", optional=True))
_BLOCK = (
    _one("User", _either("Email", "EmployeeID")),
    _one("Group", _either("GroupName", "GroupID")),
    _one("LearningModuleID"),
    _one("LearningModuleSessionID", optional=True),  # missing, it is ESH:16
    _one("EnrollmentStatus"),
    _one("Grade", optional=True),
    _one("EnrolledDate", optional=True),
)
_USERS = (
    *_PAGE,
    _one("SortField", optional=True),
    _one("SortOrder", optional=True),
    _one("Filters", open_=True, optional=True),
)
_FILTERS = (
    *_PAGE,
    _one(
        "Filters",
        # What stands inside of them is not on record in full.
        _one("Groups", open_=True, optional=True),
        _one("LearningModules", open_=True, optional=True),
        _one("Users", open_=True, optional=True),
    ),
)
_COLUMNS = (
    _one("Columns", _one("ColumnName", optional=True, many=True)),
    _one("CustomFields", open_=True, optional=True),
)
# What each method's `Parameters` hold.
METHODS: dict[str, tuple[Part, ...]] = {
    "enrollSessionHistory": (_one("LearningModuleEnrollment", _one("Enrollment", *_BLOCK, many=True)),),
    "listUsers": (_one("User", *_USERS),),
    "getUserGroups": (_one("User", _either("Email", "EmployeeID", "ID")),),
    "listGroups": (_one("Group", _one("Filters", _one("GroupStatus", optional=True), optional=True)),),
    "getGroupLearningModules": (_one("Group", _either("Name", "GroupID")),),
    "listSessions": (_one("LearningModule", _one("LearningModuleID")),),
    "getLearnerReport": (_one("Report", *_FILTERS, *_COLUMNS),),
}
_COLUMNS_BEHIND = {"getLearnerReport": (_one("Report", *_FILTERS), *_COLUMNS)}


def package_of(http_method: str, content_type: str, body: bytes) -> bytes:
    """The XML in the form field `Package`; raises Refused."""
    if http_method != "POST" or not body:
        raise Refused("SU:01")
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Refused("SU:02")
    try:
        fields = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict"))
    except ValueError:
        raise Refused("SU:03") from None
    if not fields.get("Package"):
        raise Refused("SU:02")
    return fields["Package"].encode()


def root_of(package: bytes) -> etree._Element:
    """The root element; raises Refused. A DOCTYPE is refused, and nothing outside is read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(package, parser)
    except etree.XMLSyntaxError:
        raise Refused("SU:03") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused("SU:03")
    if root.tag != "SmarterU":
        raise Refused("SU:04")
    return root


def parameters_of(
    root: etree._Element, account_api: str, user_api: str, *, columns_behind: bool = False
) -> etree._Element:
    """The first element inside `Parameters`, checked against its method; raises Refused."""
    for name, code in (("AccountAPI", "SU:05"), ("UserAPI", "SU:06"), ("Method", "SU:07"), ("Parameters", "SU:08")):
        if root.find(name) is None or (name != "Parameters" and not text_of(root, name)):
            raise Refused(code)
    if (text_of(root, "AccountAPI"), text_of(root, "UserAPI")) != (account_api, user_api):
        raise Refused("SU:10")
    methods = METHODS | _COLUMNS_BEHIND if columns_behind else METHODS
    method = methods.get(text_of(root, "Method") or "")
    if method is None:
        raise Refused("SU:11")
    if not len(root.find("Parameters")):  # type: ignore[arg-type]
        raise Refused("SU:09")
    _check(root, (_one("AccountAPI"), _one("UserAPI"), _one("Method"), _one("Parameters", *method)))
    return root.find("Parameters")[0]  # type: ignore[index]


def _check(element: etree._Element, parts: tuple[Part, ...]) -> None:
    """SU:13 for what may not stand there, SU:12 for what is missing, out of order, or text where tags belong."""
    names = [str(child.tag) for child in element]
    if element.attrib or any(not _allowed(name, names, parts) for name in names):
        raise Refused("SU:13")
    if not parts:
        return
    places = [next(i for i, part in enumerate(parts) if name in part.names) for name in names]
    missing = any(not part.optional and i not in places for i, part in enumerate(parts))
    if missing or places != sorted(places) or _has_text(element):
        raise Refused("SU:12")
    for child, place in zip(element, places, strict=True):
        if not parts[place].open:
            _check(child, parts[place].inside)


def _allowed(name: str, names: list[str], parts: tuple[Part, ...]) -> bool:
    part = next((part for part in parts if name in part.names), None)
    return part is not None and (part.many or sum(1 for other in names if other in part.names) == 1)


def _has_text(element: etree._Element) -> bool:
    return any((text or "").strip() for text in (element.text, *(child.tail for child in element)))


def text_of(element: etree._Element, path: str) -> str | None:
    """The text at a path without outer blanks; None where there is no such element."""
    found = element.find(path)
    return None if found is None else (found.text or "").strip()
