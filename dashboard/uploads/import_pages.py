"""Import a file: what was uploaded, how it is read, what a check found, and the import."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from dashboard import receiving
from dashboard.access.security import is_own_form
from dashboard.confirming import ask as ask_to_send
from dashboard.confirming import is_confirmed
from dashboard.forms import Form
from dashboard.guarding import OwnForm
from dashboard.rendering import Desk, desk_of, lead, note, session_of, show, who
from dashboard.roles import covers, role_of
from dashboard.uploads.import_forms import decided, facts_of
from dashboard.wording import count, say
from ledger.activity import DOWNLOAD, PROFILE
from pipeline.uploads.importing import Importing, Standing, groups_of
from pipeline.uploads.store import FILES, OUT, Upload
from rollbook.errors import CannotBegin

router = APIRouter()
_SHOWN_UPLOADS = 20
# The header by which a script asks for what changed since, and the one that says how it stands.
_FRAGMENT, _STAGE = "x-fragment", "x-stage"
_ON_EXISTING = ("reject", "update", "best")


@router.get("/import")
def ask(request: Request) -> Response:
    """Choose files, and the uploads that are there."""
    importing = _importing(desk_of(request))
    importing.tidy()
    own = [upload for upload in importing.uploads.all() if is_for(request, upload)][:_SHOWN_UPLOADS]
    return show(
        request,
        "import.html",
        recent=[(upload, importing.standing(upload)) for upload in own],
        most_mib=importing.settings.dashboard.upload_mib,
        days=importing.settings.dashboard.upload_days,
    )


@router.post("/import")
async def take(request: Request) -> Response:
    """Receive files, and begin to check them."""
    desk = desk_of(request)
    importing = _importing(desk)

    def permit(fields: Mapping[str, str]) -> None:
        if not is_own_form(session_of(request), fields.get("csrf", ""), request.headers, request.state.names):
            raise HTTPException(403)

    upload = await received(request, importing, permit)
    return lead(f"/import/{upload.upload_id}")


async def received(request: Request, importing: Importing, permit: Any) -> Upload:
    """The upload that a form's files make, being checked."""
    most = importing.settings.dashboard.upload_mib * 2**20
    receiving.refuse_large(request, most)
    with desk_of(request).doors.entered():
        await run_in_threadpool(importing.tidy)
        await run_in_threadpool(importing.refuse_full)
        folder = importing.uploads.receive()
        try:
            form = await receiving.receive_form(request, folder / FILES, most, permit)
            permit(form.fields)  # where no file came
            if not form.names:
                raise CannotBegin("No file was chosen. Go back, and choose one.")
            upload = importing.uploads.add(folder, tuple(form.names), who(request))
        except BaseException:
            receiving.discard(folder)
            raise
    with suppress(CannotBegin):  # too many are at work: its page says so, and checks it later
        await run_in_threadpool(importing.check, upload)
    return upload


@router.get("/import/{upload_id}")
def look(request: Request, upload_id: str) -> Response:
    """An upload as it stands."""
    importing, upload = _known(request, upload_id)
    standing = importing.standing(upload)
    answer = _shown(request, importing, upload, standing)
    answer.headers[_STAGE] = standing.stage
    return answer


def _to(upload_id: str, **said: bool) -> Response:
    """To an upload's page. said: what it has to say or to keep there (`checked_first`, `remember`)."""
    told = {name: "yes" for name, is_so in said.items() if is_so}
    return lead(f"/import/{upload_id}{'?' if told else ''}{urlencode(told)}")


def _shown(request: Request, importing: Importing, upload: Upload, standing: Standing) -> Response:
    if _FRAGMENT in request.headers:
        return show(request, "upload_progress.html", upload=upload, standing=standing)
    findings = importing.findings(upload) if standing.stage in ("checked", "refused", "broken") else {}
    facts = facts_of(importing, upload, findings) if findings else {}
    return show(
        request,
        "upload.html",
        upload=upload,
        standing=standing,
        findings=findings,
        asked={name for name in ("checked_first", "remember") if request.query_params.get(name) == "yes"},
        **facts,
    )


@router.post("/import/{upload_id}/check")
def check(request: Request, upload_id: str, form: OwnForm) -> Response:
    """Take what was said of columns and values, and check again."""
    importing, upload = _known(request, upload_id)
    importing.check(upload, **_decided(importing, upload, form))
    return _to(upload_id, remember=_remembers(form))


def _remembers(form: Form) -> bool:
    return form.one("remember") == "yes"


def _decided(importing: Importing, upload: Upload, form: Form) -> dict[str, Any]:
    """What the form says of an upload: groups, destination, on_existing."""
    findings = importing.findings(upload)
    to, existing = form.one("to", upload.destination), form.one("existing", upload.on_existing or "")
    if to not in importing.destinations():
        raise CannotBegin("Go back, and choose where the rows go.")
    return {
        "groups": decided(form, findings) if findings else upload.groups,
        "destination": to,
        "on_existing": existing if existing in _ON_EXISTING else None,
    }


@router.post("/import/{upload_id}/import")
def begin(request: Request, upload_id: str, form: OwnForm) -> Response:
    """Import the files as they were checked; or go on with an import that was broken off.

    What the form says and no check has seen is checked first, and so is a form that shows an earlier check: in another
    tab, or after going back.
    """
    importing, upload = _known(request, upload_id)
    if upload.run_id is not None:
        return _go_on(request, importing, upload, form)
    checked, said = importing.as_checked(upload), _decided(importing, upload, form)
    if form.one("shown-to") != upload.destination:
        raise CannotBegin("Where the rows go was changed meanwhile. Go back, reload the page, and look again.")
    is_seen = form.one("checked") == importing.findings(upload)["summary"]["run"]
    if not is_seen or said != {name: getattr(checked, name) for name in said}:
        importing.check(upload, **said)
        return _to(upload_id, checked_first=True, remember=_remembers(form))
    if not is_confirmed(form, upload.destination):
        rows = importing.findings(upload)["summary"]["rows"]
        return _ask_to_send(request, form, upload, count("{n} rows of these files are sent.", rows["pending"]))
    saved = importing.remember(checked) if _remembers(form) else ()
    importing.begin_import(upload, groups=checked.groups, saved=saved)
    for path in saved:
        note(request, PROFILE, detail=Path(path).name)
    desk_of(request).offering.forget()
    return lead(f"/import/{upload_id}")


def _go_on(request: Request, importing: Importing, upload: Upload, form: Form) -> Response:
    """Resume an import that was broken off."""
    if importing.standing(upload).stage in ("broken", "refused"):
        if not is_confirmed(form, upload.destination):
            return _ask_to_send(request, form, upload, say("The import goes on, and sends the rows that are left."))
        importing.begin_import(upload)
    return lead(f"/import/{upload.upload_id}")


def _ask_to_send(request: Request, form: Form, upload: Upload, doing: str) -> Response:
    return ask_to_send(request, form, upload.destination, doing, f"/import/{upload.upload_id}")


@router.post("/import/{upload_id}/discard")
def discard(request: Request, upload_id: str, _: OwnForm) -> Response:
    """Remove the uploaded files."""
    importing, upload = _known(request, upload_id)
    importing.discard(upload)
    return lead("/import")


@router.get("/import/{upload_id}/failed-rows/{name}")
def failed_rows(request: Request, upload_id: str, name: str) -> Response:
    """A workbook of the rows that would fail, to be corrected and uploaded."""
    importing, upload = _known(request, upload_id)
    found = next((path for path in workbooks(importing, upload) if path.name == name), None)
    if found is None:
        raise HTTPException(404)
    note(request, DOWNLOAD, detail=found.name)
    return FileResponse(found, filename=f"{Path(upload.files[0]).stem}.{found.name}")


def workbooks(importing: Importing, upload: Upload) -> list[Path]:
    """The failed-rows workbooks of the last check."""
    run = importing.findings(upload).get("summary", {}).get("run", "")
    return sorted((importing.uploads.place(upload) / OUT / run).glob("failed-rows*.xlsx")) if run else []


@router.get("/import/{upload_id}/profile/{number:int}")
def profile(request: Request, upload_id: str, number: int) -> Response:
    """How files of a group are read, as a profile."""
    importing, upload = _known(request, upload_id)
    findings = importing.findings(upload)
    groups = groups_of(findings) if findings else upload.groups
    if not 0 <= number < len(groups):
        raise HTTPException(404)
    name = f"{Path(groups[number].files[0]).stem}.toml".encode("ascii", "replace").decode().replace('"', "")
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(groups[number].profile, media_type="application/toml", headers=headers)


def _importing(desk: Desk) -> Importing:
    """Uploads, where this dashboard writes."""
    return desk.acting.importing


def _known(request: Request, upload_id: str) -> tuple[Importing, Upload]:
    """The upload, or 404 where there is none that this person may see."""
    importing = _importing(desk_of(request))
    upload = importing.uploads.find(upload_id)
    if upload is None or not is_for(request, upload):
        raise HTTPException(404)
    return importing, upload


def is_for(request: Request, upload: Upload) -> bool:
    """Whether somebody may see an upload: their own, or as an administrator."""
    is_own = upload.by == who(request) or covers(role_of(request), "administer")
    return is_own and not upload.only_check
