"""`POST /api/v1/imports`: files come in, and a run begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from dashboard import receiving
from dashboard.api.document import only_known
from dashboard.receiving import NotAForm, Received
from dashboard.rendering import desk_of, who
from ledger.runs import new_run_id
from pipeline.uploads.importing import Importing, text_of_settings
from pipeline.uploads.store import FILES, Upload
from rollbook.clock import now
from rollbook.errors import CannotBegin
from rollbook.options import DestinationName

router = APIRouter(dependencies=[Depends(only_known)])
_YES, _NO = frozenset({"true", "1", "yes"}), frozenset({"", "false", "0", "no"})
_FORM = "multipart/form-data"


@dataclass(frozen=True)
class Asked:
    """What a program asks for: the text of a profile, the destination, and whether it is only to be checked."""

    profile: str | None
    to: str
    only_check: bool


@router.post("/api/v1/imports", status_code=202)
async def submit(request: Request) -> Response:
    """Take files, and begin to import or check them."""
    importing = desk_of(request).acting.importing
    upload = await _received(request, importing)
    begun = await run_in_threadpool(_begin, importing, upload)
    return JSONResponse({"run": begun}, 202, {"Location": f"/api/v1/runs/{begun}"})


async def _received(request: Request, importing: Importing) -> Upload:
    most = importing.settings.dashboard.upload_mib * 2**20
    receiving.refuse_large(request, most)
    with desk_of(request).doors.entered():
        await run_in_threadpool(importing.tidy)
        await run_in_threadpool(importing.refuse_full)
        folder = importing.uploads.receive()
        try:
            form = await _files(request, folder / FILES, most)
            if not form.names:
                raise NotAForm("No file was sent. Name the part of the form with the file `file`.")
            asked = await run_in_threadpool(_asked, importing, {**request.query_params, **form.fields})
            facts: dict[str, Any] = {
                "destination": asked.to,
                "preset": asked.profile,
                "only_check": asked.only_check,
                "run_id": new_run_id(now()),
            }
            return importing.uploads.add(folder, tuple(form.names), who(request), **facts)
        except BaseException:
            receiving.discard(folder)
            raise


async def _files(request: Request, folder: Any, most: int) -> Received:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        return await receiving.receive_form(request, folder, most, lambda _fields: None)
    name = request.query_params.get("name", "")
    if not name:
        raise NotAForm(
            "Send a form with the part `file`, or the file itself with its name in the address: ?name=march.csv"
        )
    return await receiving.receive_body(request, folder, most, name)


def _asked(importing: Importing, fields: Mapping[str, str]) -> Asked:
    """What the fields ask for; raises CannotBegin where they ask for nothing that there is."""
    to, check = fields.get("to", "") or "database", fields.get("check", "").casefold()
    if to not in get_args(DestinationName):
        raise CannotBegin(f"There is no destination {to}. There are: {', '.join(get_args(DestinationName))}.")
    if check not in _YES | _NO:
        raise CannotBegin("check is true or false.")
    name = fields.get("profile", "")
    profile = text_of_settings(importing.settings, name) if name else None
    return Asked(profile, to, check in _YES)


def _begin(importing: Importing, upload: Upload) -> str:
    try:
        begun = importing.check(upload) if upload.only_check else importing.begin_import(upload)
    except CannotBegin:
        importing.uploads.discard(upload)
        raise
    assert begun.run_id is not None
    return begun.run_id
