"""What is asked of the aXcelerate of the tests: fields by name, lists of enrolments, the report on modules."""

import json
from collections.abc import Iterable
from typing import Any

from tests.servers.axcelerate_answers import (
    NO_CONTENT,
    Answer,
    Refused,
    ReportField,
    Style,
    enrolment_shown,
    moment,
    number,
    shown,
)
from tests.servers.axcelerate_checks import Asked, whole
from tests.servers.axcelerate_state import STATUSES, Module, State

REPORT = "learningModuleEnrolments"
STATUS_FIELD = "learningmoduleenrolments.statusid"
# What a report can be narrowed by -> how that is asked, and the Module's attribute.
_FILTERS = {
    STATUS_FIELD: ("text IN", "status"),
    "contacts.contactid": ("IN", "contact_id"),
    "classes.classid": ("IN", "class_id"),
}


class Reading:
    """The four requests that change nothing."""

    def __init__(self, state: State, style: Style) -> None:
        self._state, self._style = state, style

    def enrolments(self, asked: Asked, *, shifts: bool = False) -> Answer:
        """GET /course/enrolments.

        shifts: somebody enters the first record of the list again just before, so that the others move up by one.
        """
        contact_id = asked.id("contactID") if self._style.needs_contact else asked.optional_id("contactID")
        instance_id, kind = asked.optional_id("instanceID"), asked.kind("p")
        offset, limit = _count(asked, "offset", 0), _count(asked, "limit", 100)
        if limit < 1:
            raise Refused(412, "The limit field must be at least 1")
        if contact_id is not None and contact_id not in self._state.contacts and self._style.unknown == 404:
            raise Refused(404, "The contact was not found")
        found = [
            one
            for one in self._state.all(contact_id)
            if one.type == kind and instance_id in (None, one.instance_id)
        ]  # fmt: skip
        if shifts and found:
            self._state.move_to_the_end(min(found, key=lambda one: one.order))
        found.sort(key=lambda one: one.order)
        page = found[offset : offset + min(limit, self._style.limit_most or limit)]
        return self._listed([enrolment_shown(one, self._style) for one in page])

    def fields(self, asked: Asked) -> Answer:
        """GET /report/fields."""
        self._check_helper()
        _known_report(asked)
        return shown({"VIEWFIELDS": [{"DISPLAY": one.display, "NAME": one.name} for one in self._style.report_fields]})

    def field(self, asked: Asked) -> Answer:
        """GET /report/field."""
        self._check_helper()
        name = asked.needed("fieldReference")
        if name not in {*_FILTERS, *(one.name for one in self._style.report_fields)}:
            raise Refused(self._style.unknown, "The field was not found", name)
        options = STATUSES if name == STATUS_FIELD else {}
        return shown(
            {"VALUEOPTIONS": [{"DISPLAY": word, "VALUE": number(id_, self._style)} for id_, word in options.items()]}
        )

    def _check_helper(self) -> None:
        """Raise Refused where the user may not see what tells of fields."""
        if self._style.helpers == "forbidden":
            raise Refused(403, "The user does not have permission")
        if self._style.helpers == "absent":
            raise Refused(404, "The resource was not found")

    def report(self, asked: Asked) -> Answer:
        """POST /report/run."""
        try:
            _known_report(asked)
            view = asked.needed("selectedViewFields")
            modules = self._narrowed(asked.fields.get("selectedFilterFields") or "[]")
            if not self._takes(view):
                return self._otherwise(modules)
            columns = self._columns(view)
        except Refused as refused:
            if self._style.report_errors == "own":
                raise
            return shown({"DATA": [], "SUCCESS": False, "COUNT": 0, "ERRORMSG": refused.message})
        rows = [self._row(module, columns) for module in modules]
        if not rows and self._style.empty == "204":
            return NO_CONTENT
        return shown({"DATA": rows[: self._style.rows_most], "SUCCESS": True, "COUNT": len(rows), "ERRORMSG": ""})

    def _takes(self, view: str) -> bool:
        form = "json" if view.lstrip().startswith("[") else "comma"
        return self._style.view_fields in (form, "either")

    def _otherwise(self, modules: list[Module]) -> Answer:
        """What a list of fields is answered with that is not in the form that is taken."""
        if self._style.other_views == "500":
            return Answer(500, b"Internal Server Error")
        if self._style.other_views == "refused":
            raise Refused(412, "The selected view fields cannot be read")
        rows: list[dict[str, Any]] = [{} for _ in modules] if self._style.other_views == "no columns" else []
        return shown({"DATA": rows, "SUCCESS": True, "COUNT": len(rows), "ERRORMSG": ""})

    def _listed(self, records: list[dict[str, Any]]) -> Answer:
        return NO_CONTENT if not records and self._style.empty == "204" else shown(records)

    def _columns(self, text: str) -> list[ReportField]:
        known = {one.name: one for one in self._style.report_fields}
        names = _names(text)
        if missing := [name for name in names if name not in known]:
            raise Refused(412, "A selected view field is not known", ", ".join(missing))
        return [known[name] for name in names]

    def _narrowed(self, text: str) -> list[Module]:
        wanted = [self._filter(one) for one in _objects(text)]
        return [
            module
            for module in self._state.modules.values()
            if all(getattr(module, attribute) in values for attribute, values in wanted)
        ]

    def _filter(self, one: dict[str, Any]) -> tuple[str, set[int]]:
        if set(one) != {"name", "value", "operator"} or not all(isinstance(text, str) for text in one.values()):
            raise Refused(412, "A filter has a name, a value and an operator, all of them text")
        operator, attribute = _FILTERS.get(one["name"], (None, ""))
        if operator is None or one["operator"] != operator:
            raise Refused(412, "A selected filter field or its operator is not known", f"{one['name']}")
        values = one["value"].split(",")
        if self._style.in_most is not None and len(values) > self._style.in_most:
            raise Refused(412, f"A filter takes at most {self._style.in_most} values")
        return attribute, {whole(one["name"], value.strip()) for value in values}

    def _row(self, module: Module, columns: Iterable[ReportField]) -> dict[str, Any]:
        return {self._key(one): self._value(module, one.attribute) for one in columns}

    def _key(self, column: ReportField) -> str:
        keys = {"display": column.display, "name": column.name, "upper": column.name.upper()}
        return keys[self._style.report_keys]

    def _value(self, module: Module, attribute: str) -> Any:
        if attribute in ("starts", "ends"):
            return moment(getattr(module, attribute), self._style, self._style.report_dates)
        texts = {
            "full_name": self._state.contacts.get(module.contact_id, ""),
            "name": module.name,
            "status": STATUSES[module.status],
            "class_name": self._state.classes[module.class_id].name,
            "plan": "Plan A",
            "none": self._style.blank,
        }
        return texts[attribute] if attribute in texts else number(getattr(module, attribute), self._style)


def _count(asked: Asked, name: str, default: int) -> int:
    found = asked.optional_id(name)
    return default if found is None else found


def _known_report(asked: Asked) -> None:
    if asked.needed("reportReference") != REPORT:
        raise Refused(412, "The report is not known")


def _names(text: str) -> list[str]:
    """The names of a JSON array, or between commas."""
    if not text.lstrip().startswith("["):
        return [name.strip() for name in text.split(",")]
    found = _array(text)
    if not all(isinstance(name, str) for name in found):
        raise Refused(412, "The selected view fields must be names")
    return found


def _objects(text: str) -> list[dict[str, Any]]:
    found = _array(text)
    if not all(isinstance(one, dict) for one in found):
        raise Refused(412, "The selected filter fields must be objects")
    return found


def _array(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise Refused(412, "A JSON array is expected")
    return found
