"""What the aXcelerate of the tests is told to change: an enrolment, or a module of a learning plan."""

from tests.servers.axcelerate_answers import NO_CONTENT, Answer, Refused, Style, moment, number, shown
from tests.servers.axcelerate_checks import Asked, day
from tests.servers.axcelerate_state import Enrolment, Kind, Module, State, midnight

# Which enrolment or module: its type, and the IDs that name it.
Key = tuple[str, int] | tuple[str, int, int] | tuple[str, int, int, int]
Content = tuple[tuple[str, str], ...]


class Writing:
    """The two requests that write; each answers with the key of what was written, the content, and what is shown."""

    def __init__(self, state: State, style: Style) -> None:
        self._state, self._style = state, style

    def enrolment(self, asked: Asked) -> tuple[Key, Content, Answer]:
        """PUT /course/enrolment: one enrolment of one contact."""
        kind, contact_id = asked.kind(), asked.id("contactID")
        if contact_id not in self._state.contacts:
            raise Refused(self._style.unknown, "The contact was not found")
        key, enrolment = self._unit(asked, contact_id) if kind == "s" else self._other(asked, contact_id, kind)
        changes = self._changes(asked, "competent", "activityStartDate", "activityEndDate")
        if changes.get("competent") and changes["competent"] not in self._state.outcomes:
            raise Refused(412, "The competent field is not a known outcome code")
        days = {name: day(name, text) if text else None for name, text in changes.items() if name != "competent"}
        if "competent" in changes:
            enrolment.outcome = changes["competent"]
        for name, when in days.items():
            setattr(enrolment, "starts" if name == "activityStartDate" else "ends", midnight(when) if when else None)
        return key, tuple(changes.items()), self.success()

    def module(self, asked: Asked) -> tuple[Key, Content, Answer]:
        """PUT /v2/learningPlan/modules/enrolments: one module of one contact."""
        module = self._state.modules.get(asked.id("moduleEnrolmentId"))
        named = tuple(asked.id(name) for name in ("contactId", "enrolId", "classId"))
        if module is None or named != (module.contact_id, module.enrol_id, module.class_id):
            raise Refused(self._style.unknown, "The module enrolment was not found")
        if asked.fields.get("useCache", "false") not in ("true", "false"):
            raise Refused(412, "The useCache field must be true or false")
        changes = self._changes(asked, "startDate", "endDate")
        days = {name: day(name, text) if text else None for name, text in changes.items()}
        if "accessOverride" in asked.fields:
            changes["accessOverride"] = asked.fields["accessOverride"]
            module.override = _override(changes["accessOverride"])
        for name, when in days.items():
            setattr(module, "starts" if name == "startDate" else "ends", midnight(when) if when else None)
        return ("module", module.id), tuple(changes.items()), self._module_shown(module)

    @staticmethod
    def success() -> Answer:
        """What says that an enrolment was written."""
        return shown({"STATUS": "success", "MSG": "The enrolment was updated."})

    def _unit(self, asked: Asked, contact_id: int) -> tuple[Key, Enrolment]:
        class_id = asked.id("programInstanceID")
        unit_id, code = asked.optional_id("instanceID"), asked.fields.get("subjectCode")
        if unit_id is None and not code:
            raise Refused(412, "The instanceID or the subjectCode field is required")
        if class_id not in self._state.classes:
            raise Refused(self._style.unknown, "The class was not found")
        found = self._state.unit(contact_id, class_id, code or unit_id or 0)
        if found is None or (unit_id is not None and found.id != unit_id):
            raise Refused(self._style.unknown, "The unit enrolment was not found")
        return ("s", contact_id, class_id, found.id), found

    def _other(self, asked: Asked, contact_id: int, kind: Kind) -> tuple[Key, Enrolment]:
        instance_id = asked.id("instanceID")
        found = [one for one in self._state.all(contact_id) if (one.type, one.instance_id) == (kind, instance_id)]
        if len(found) != 1:
            raise Refused(self._style.unknown, "The enrolment was not found")
        return (kind, contact_id, instance_id), found[0]

    def _changes(self, asked: Asked, *names: str) -> dict[str, str]:
        changes = {name: asked.fields[name] for name in names if name in asked.fields}
        if self._style.blank_field == "refused" and "" in changes.values():
            raise Refused(412, "A field is empty", ", ".join(name for name, text in changes.items() if not text))
        return {name: text for name, text in changes.items() if text or self._style.blank_field == "clears"}

    def _module_shown(self, module: Module) -> Answer:
        record = {
            "moduleEnrolmentId": number(module.id, self._style),
            "startDate": moment(module.starts, self._style),
            "endDate": moment(module.ends, self._style),
            "accessOverride": module.override,
        }
        answers = {
            "record": shown(record),
            "array": shown([record]),
            "status": shown({"STATUS": "success", "MSG": "The module enrolment was updated."}),
            "204": NO_CONTENT,
        }
        return answers[self._style.module_answer]


def _override(text: str) -> bool | None:
    if text not in ("true", "false", ""):
        raise Refused(412, "The accessOverride field must be true, false or empty")
    return {"true": True, "false": False, "": None}[text]
