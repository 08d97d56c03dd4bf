"""aXcelerate as a target: rows find their enrolment, and what they say of it is compared, written and taken back."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from destinations.axcelerate.answers import same, status_of
from destinations.axcelerate.deciding import HeldEnrolment, decide, exists, taken
from destinations.axcelerate.enrolments import SYSTEM
from destinations.axcelerate.lookup import BatchLookup
from destinations.axcelerate.rows import MODULE, OVERRIDE, Address, access, named_module, subject_of
from destinations.axcelerate.updates import ChangedMeanwhile, Held, UpdateRefused, Writing
from destinations.http.json_client import ApiWire, JsonApi, check_url
from destinations.row_target import Each, Known, RowVerdict, Target
from ledger.remote.writes import Write
from rollbook.rows.activities import CLASS, CLEAR, UNIT

if TYPE_CHECKING:
    from ledger.remote.outbox import Delivery
    from rollbook.options import OnExisting
    from rollbook.settings import AxcelerateSettings

_CREDENTIALS = (
    "Set ROLLBOOK_AXCELERATE_API_TOKEN and ROLLBOOK_AXCELERATE_WS_TOKEN to tokens of a user who may read and update "
    "enrolments."
)


def axcelerate_api(settings: AxcelerateSettings, api_token: str, ws_token: str) -> JsonApi:
    """The wire to aXcelerate; raises CannotBegin where its address is none, or not safe."""
    url = (settings.url or "").rstrip("/")
    check_url(url, SYSTEM, "https://TENANT.app.axcelerate.com/api")
    wire = ApiWire(
        system=SYSTEM,
        url=url,
        headers={"apitoken": api_token, "wstoken": ws_token},
        secrets=(api_token, ws_token),
        credentials=_CREDENTIALS,
        timeout=settings.timeout,
        tries=settings.tries,
        pause=settings.pause,
        most_bytes=settings.answer_mib * 2**20,
        at_once=settings.at_once,
    )
    return JsonApi(wire, status_of)


def axcelerate_target(settings: AxcelerateSettings, api_token: str, ws_token: str) -> AxcelerateTarget:
    """The target; raises what `axcelerate_api` raises."""
    return AxcelerateTarget(axcelerate_api(settings, api_token, ws_token), settings)


class AxcelerateTarget(Target):
    """See `Target`. A row is about a unit, workshop, class or e-learning that its contact is enrolled in, or a module.

    known: the overrides of access that were sent last (`override`, module enrolment): whether the report shows them is
    not documented. What is written or taken back enters `known.found` and `known.gone` then, and not in `prepare`.
    """

    def __init__(self, api: JsonApi, settings: AxcelerateSettings) -> None:
        self._api = api
        self._reading = BatchLookup(api, settings)
        self._writing = Writing(api, settings.tries, self._reading.again)
        self._found: dict[str, HeldEnrolment] = {}
        self.known = Known()

    def __enter__(self) -> Self:
        self._api.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._api.__exit__(None, None, None)

    def codes(self, rows: Sequence[Delivery]) -> Iterable[tuple[str, str]]:
        """See `Target.codes`: the module enrolments whose override a row gives."""
        for subject in map(subject_of, rows):
            if subject.kind == MODULE and subject.module and OVERRIDE in subject.said:
                yield "override", subject.module
                yield "override", named_module(subject.contact, subject.class_id or "", subject.module)

    def prepare(self, rows: Sequence[Delivery], known: Known, each: Each[Any]) -> None:
        """See `Target.prepare`: the enrolments of each contact and class, and the module enrolments of each contact."""
        self.known, self._found = known, {}
        self._reading.prepare([subject_of(row) for row in rows], each)

    def key(self, row: Delivery) -> str | None:
        """See `Target.key`: type and IDs of the enrolment, as `s:CONTACT:CLASS:UNIT`."""
        found = self._reading.find(subject_of(row))
        return found.address.key if isinstance(found, HeldEnrolment) else None

    def lane(self, row: Delivery) -> Hashable:
        """See `Target.lane`: a contact in a class; a workshop or e-learning by itself."""
        subject = subject_of(row)
        if subject.kind in (UNIT, CLASS):
            return subject.contact, subject.class_id
        return subject.contact, subject.kind, subject.module or subject.unit

    def look(self, row: Delivery, begun: Write | None, on_existing: OnExisting) -> RowVerdict | Write:
        """See `Target.look` and `deciding.decide`."""
        subject = subject_of(row)
        found = self._reading.find(subject)
        if isinstance(found, RowVerdict):
            return found
        self._found[found.address.key] = found
        if OVERRIDE in subject.said and OVERRIDE not in found.held and (sent := self._sent(found.address)) is not None:
            found.held[OVERRIDE] = sent
        return decide(found, subject.said, begun, on_existing)

    def write(self, row: Delivery, write: Write) -> RowVerdict | None:  # noqa: ARG002 - the write says it all
        """See `Target.write`. What was read some time ago is read again before it is written over."""
        found = self._found[write.key]
        if not write.creates:
            renewed = self._reading.renewed(found)
            if renewed is None:
                return None
            self._found[write.key] = found = renewed
        due = {n: text for n, text in write.content.items() if n not in found.held or not same(n, found.held[n], text)}
        try:
            if due:
                self._writing.put(found.address, due, write.former)
        except UpdateRefused as refused:
            return self._reading.refused(str(refused))
        except ChangedMeanwhile as changed:
            return exists(changed.held, {n: text for n, text in due.items() if not same(n, changed.held.get(n), text)})
        found.held.update(due)
        if OVERRIDE in due and found.address.kind == MODULE:
            self._note(found.address, due[OVERRIDE])
        return RowVerdict(taken(write), target_id=write.target_id)

    def take_back(self, write: Write) -> str | None:
        """See `Target.take_back`. Whether aXcelerate empties a field is not documented: it is read again to tell."""
        address = Address.of(write.key)
        held = self._reading.again(address)
        if held is None:
            return f"It can no longer be found ({address})."
        held = {name: held[name] for name in write.content if name in held}
        unknown = [name for name in write.content if name not in write.former]
        back = {n: text for n, text in write.former.items() if n not in held or not same(n, held[n], text)}
        if not all(same(name, held.get(name, write.content[name]), write.content[name]) for name in back):
            return f"It was changed since ({address}: {_describe(held)})."
        # Whether a blank empties an outcome or a date is not documented, so each goes by itself.
        sure = {name: text for name, text in back.items() if text is not None}
        unsure: list[Held] = [{name: text} for name, text in back.items() if name not in sure]
        stays = [self._put_back(address, write, due) for due in (sure, *unsure) if due]
        if unknown:
            stays.append(f"{' and '.join(unknown)} stays, for it is not known what it was before ({address}).")
        return " ".join(filter(None, stays)) or None

    def _put_back(self, address: Address, write: Write, due: Held) -> str | None:
        """Write what was before; why some of it stays. Whether a blank was taken is read."""
        try:
            self._writing.put(address, due, write.content)
        except UpdateRefused as refused:
            told = self._api.scrub(f"aXcelerate says: {refused}")
            return f"{' and '.join(due)} stays ({address}): {told}."
        except ChangedMeanwhile as changed:
            return f"It was changed since ({address}: {_describe(changed.held)})."
        if OVERRIDE in due:
            self._note(address, due[OVERRIDE] or CLEAR)
            return None
        if None not in due.values():
            return None
        held = self._reading.again(address)
        left = [name for name in due if held is None or held.get(name) is not None]
        return f"{' and '.join(left)} stays ({address}): aXcelerate does not empty it." if left else None

    def _sent(self, address: Address) -> str | None:
        """The override that was sent last to a module."""
        names = [("override", name) for name in self._reading.names(address)]
        sent = (self.known.found.get(name, self.known.ids.get(name)) for name in names if name not in self.known.gone)
        return next((access(text) for text in sent if text), None)

    def _note(self, address: Address, override: str) -> None:
        self.known.found |= {("override", name): override for name in self._reading.names(address)}


def _describe(held: Held) -> str:
    return ", ".join(f"{name} is {text or 'blank'}" for name, text in held.items())
