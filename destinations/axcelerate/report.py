"""The report on module enrolments: how it is asked for as documented, and which of a row's keys shows what."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from destinations.axcelerate.answers import plain, text_of
from destinations.axcelerate.rows import END, START
from transforms.values.text import fold

REPORT = "learningModuleEnrolments"
# The fields of the documented request, in its order.
DOCUMENTED = (
    "contacts.contactid",
    "contacts.fullname",
    "learningmoduleenrolments.moduleenrolmentid",
    "learningmoduleenrolments.modulename",
    "learningmoduleenrolments.status",
    "learningmoduleenrolments.startdate",
    "learningmoduleenrolments.enddate",
    "learningmoduleenrolments.commencementdate",
    "learningmoduleenrolments.completiondate",
    "classes.classid",
    "classes.classdescriptor",
    "enrolments.enrolid",
    "enrolments.dateenrolled",
    "enrolments.learningplanname",
)
CONTACT, CLASS_ID, ID, ENROL, NAME = "contact", "class", "id", "enrol", "name"
_NAMES = {
    CONTACT: "contacts.contactid",
    CLASS_ID: "classes.classid",
    ID: "learningmoduleenrolments.moduleenrolmentid",
    ENROL: "enrolments.enrolid",
    NAME: "learningmoduleenrolments.modulename",
    START: "learningmoduleenrolments.startdate",
    END: "learningmoduleenrolments.enddate",
}
OF_CONTACT, OF_CLASS, OF_STATUS = _NAMES[CONTACT], _NAMES[CLASS_ID], "learningmoduleenrolments.statusid"
# Without these a report does not show which enrolments there are.
NEEDED = frozenset([CONTACT, CLASS_ID, ID, ENROL])
# What a column may be called where aXcelerate does not say what it calls its fields.
_CALLED = {
    CONTACT: ("contactid",),
    CLASS_ID: ("classid",),
    ID: ("moduleenrolmentid", "learningmoduleenrolmentid", "moduleenrolid"),
    ENROL: ("enrolid",),
    NAME: ("modulename",),
    START: ("startdate", "modulestartdate"),
    END: ("enddate", "moduleenddate"),
}
# Name of a field -> what it is called in rows.
Displays = Mapping[str, str]


def views(displays: Displays) -> Iterator[str]:
    """The other ways of listing the fields to show: nothing but the first, the comma list, is documented."""
    yield json.dumps(DOCUMENTED)
    there = [name for name in DOCUMENTED if name in displays]
    if there and len(there) < len(DOCUMENTED):
        yield ",".join(there)
        yield json.dumps(there)


def displays_of(content: object) -> Displays:
    """What `/report/fields` says that fields are called; names in lower case."""
    listed = plain(content).get("viewfields")
    told = [plain(one) for one in listed] if isinstance(listed, list) else []
    named = [(text_of(one.get("name")), text_of(one.get("display"))) for one in told]
    return {name.lower(): display or "" for name, display in named if name}


def are_names(keys: Iterable[str]) -> bool:
    """Whether a row's keys (as `answers.plain` has them) are the names of fields, so that nobody has to guess."""
    return {fold(_NAMES[role]) for role in NEEDED} <= set(keys)


def columns_of(keys: Collection[str], displays: Displays) -> dict[str, str]:
    """Role -> the key that shows it, of those that are clear. keys: as `answers.plain` has them.

    A display that two fields share shows neither; what is nobody's display is known by its usual words.
    """
    folded = {name: fold(displays[name]) for name in DOCUMENTED if name in displays}
    shared = {display for display, times in Counter(folded.values()).items() if times > 1}
    free = {key: key.replace("enroll", "enrol") for key in keys if key not in folded.values()}
    found = {}
    for role, name in _NAMES.items():
        if fold(name) in keys:
            found[role] = fold(name)
        elif folded.get(name) in keys and folded[name] not in shared:
            found[role] = folded[name]
        elif len(fitting := [key for key, word in free.items() if word in _CALLED[role]]) == 1:
            found[role] = fitting[0]
    return found


def rows_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a report, as `answers.plain` has them."""
    data = body.get("data")
    return [row for row in map(plain, data) if row] if isinstance(data, list) else []
