"""Writing to aXcelerate: one request an enrolment, sent again only when what is there shows that it was not taken."""

from collections.abc import Callable, Mapping
from itertools import count

from destinations.axcelerate.answers import is_refusal, plain, same, text_of, words_of
from destinations.axcelerate.enrolments import SYSTEM
from destinations.axcelerate.rows import END, MODULE, OUTCOME, OVERRIDE, START, Address, access
from destinations.http.json_client import Answer, InDoubt, JsonApi, NotAnswered
from rollbook.rows.activities import CLEAR, LOCKED, UNIT, UNLOCKED

Held = Mapping[str, str | None]
_ENROLMENT, _MODULES = "/course/enrolment", "/v2/learningPlan/modules/enrolments"
_NAMES = {OUTCOME: "competent", START: "activityStartDate", END: "activityEndDate"}
_MODULE_NAMES = {OVERRIDE: "accessOverride", START: "startDate", END: "endDate"}


# An empty one is documented to clear the override.
_ACCESS = {UNLOCKED: "true", LOCKED: "false", CLEAR: ""}


class UpdateRefused(Exception):
    """aXcelerate says no, in its own words (not scrubbed)."""


class ChangedMeanwhile(Exception):
    """While it was in doubt whether a write was taken, somebody else wrote. held: what is there now."""

    def __init__(self, held: Held) -> None:
        super().__init__()
        self.held = held


class Writing:
    """Writes, from many threads at once. tries: how often a write in doubt is sent at most.

    again: what is held now at an address; None where it cannot be read.
    """

    def __init__(self, api: JsonApi, tries: int, again: Callable[[Address], Held | None]) -> None:
        self._api, self._tries, self._again = api, tries, again

    def put(self, address: Address, content: Held, former: Held) -> None:
        """Write fields; None empties one. former: what they held before.

        Raises Refused; ChangedMeanwhile; NotAnswered where it stays in doubt; and what JsonApi.write raises.
        """
        path, form = request_of(address, content)
        for number in count(1):
            told = self._send(path, form, address)
            if told is None:
                return
            refusal = isinstance(told, UpdateRefused)
            if refusal and number == 1:
                raise told
            if not refusal and number < self._tries:
                self._api.pause(number)
            held = self._again(address)
            if held is not None and _holds(held, content):
                return
            if refusal and OVERRIDE in content and OVERRIDE not in (held or {}):
                # No report shows an override: whether the try before was taken is for the next run to find out.
                raise NotAnswered(SYSTEM, f"a write was in doubt, then it was refused: {told}", doubtful=True)
            if refusal:
                raise told
            if held is not None and not _is_either(held, content, former):
                raise ChangedMeanwhile(held)
            if number >= self._tries:
                raise NotAnswered(SYSTEM, f"{told} (after {number} tries)", doubtful=True)

    def _send(self, path: str, form: Mapping[str, str], address: Address) -> Exception | None:
        """None where it surely was taken, else Refused, or InDoubt with what happened."""
        try:
            answer = self._api.write("PUT", path, form=form)
        except InDoubt as doubt:
            return InDoubt(doubt.what)
        if is_refusal(answer.status):
            return UpdateRefused(words_of(answer.content))
        return _judged(answer, address)


def request_of(address: Address, content: Held) -> tuple[str, dict[str, str]]:
    """(path, form) of the request that writes these fields; None empties one."""
    if address.kind == MODULE:
        contact, class_id, enrol, module_id = address.ids
        named = {"contactId": contact, "enrolId": enrol, "classId": class_id, "moduleEnrolmentId": module_id}
        changed = {_MODULE_NAMES[name]: _ACCESS.get(access(text or ""), text or "") for name, text in content.items()}
        return _MODULES, {**named, **changed, "useCache": "false"}
    named = {"contactID": address.contact, "instanceID": address.ids[-1], "type": address.kind}
    if address.kind == UNIT:
        named["programInstanceID"] = address.ids[1]
    return _ENROLMENT, {**named, **{_NAMES[name]: text or "" for name, text in content.items()}}


def _judged(answer: Answer, address: Address) -> Exception | None:
    """What a success says of a write. What one to a module looks like is not documented: it may even have no body."""
    said = (text_of(plain(answer.content).get("status")) or "").casefold()
    if said == "success" or (address.kind == MODULE and not said):
        return None
    if said:
        return UpdateRefused(words_of(answer.content))
    return InDoubt("the answer does not say that it was done")


def _holds(held: Held, content: Held) -> bool:
    return all(name in held and same(name, held[name], text) for name, text in content.items())


def _is_either(held: Held, content: Held, former: Held) -> bool:
    """Whether each field that can be read holds what is written, or what it held before."""
    return all(
        same(name, held[name], text) or same(name, held[name], former.get(name))
        for name, text in content.items()
        if name in held
    )
