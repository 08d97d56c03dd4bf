"""Runs are resumed, retried and undone; and how far one is that is at work."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dashboard.confirming import SEND, ask, is_confirmed
from dashboard.forms import Form
from dashboard.guarding import OwnForm
from dashboard.rendering import desk_of, lead, show, who
from dashboard.roles import require_own
from dashboard.runs.run_facts import described
from dashboard.runs.run_pages import find_run
from dashboard.wording import count, say
from ledger.alive import as_it_stands
from ledger.runs import RUNNING, Run
from pipeline.progress import progress_of
from rollbook.errors import CannotBegin

router = APIRouter()


@router.get("/runs/{run_id}/progress")
def show_progress(request: Request, run_id: str) -> Response:
    """A fragment of the page of a run: how far it is. Its header says in which state the run is."""
    with desk_of(request).reading() as connection:
        run = as_it_stands(connection, find_run(connection, run_id))
        progress = progress_of(connection, run) if run.state == RUNNING else None
    answer = show(request, "progress.html", run=run, progress=progress, described=described)
    answer.headers["X-Run-State"] = run.state
    return answer


@router.post("/runs/{run_id}/resume")
def resume(request: Request, run_id: str, form: OwnForm) -> Response:
    """Finish a run that was stopped or killed."""
    run = _own_run(request, run_id)
    if not run.is_unfinished or run.state == RUNNING:
        raise CannotBegin(f"Run {run.run_id} is {run.state.replace('_', ' ')}: there is nothing to resume.")
    if not is_confirmed(form, run.destination):
        return _ask(request, form, run, say("Run {run} goes on, and sends the rows that are left.", run=run.run_id))
    desk_of(request).acting.resume(run, who(request))
    return lead(f"/runs/{run.run_id}")


@router.post("/runs/{run_id}/retry")
def retry(request: Request, run_id: str, form: OwnForm) -> Response:
    """Judge the open rows of a run again, as a run of its own, to which this leads."""
    run = _own_run(request, run_id)
    if not is_confirmed(form, run.destination):
        told = say("The failed rows of run {run} are judged again; the good ones are sent.", run=run.run_id)
        return _ask(request, form, run, told)
    began = desk_of(request).acting.retry(run, who(request))
    desk_of(request).offering.forget()
    return lead(f"/runs/{began or run.run_id}")


@router.post("/runs/{run_id}/undo")
def undo(request: Request, run_id: str, form: OwnForm) -> Response:
    """Take a run's rows back, and lead back to where it was begun."""
    run, desk = _own_run(request, run_id), desk_of(request)
    if not is_confirmed(form, run.destination):
        number = run.counts.loaded + run.counts.updated
        doing = count("{n} rows of run {run} are taken back.", number, run=run.run_id)
        return _ask(request, form, run, doing, "Take back from {system}")
    left = desk.acting.undo(run.run_id, who(request))
    desk.offering.forget()
    back = form.one("group")
    told = f"undone-{left}"
    return lead(f"/inbox/{back}?done={told}" if back.isdigit() else f"/runs/{run.run_id}?done={told}")


def _own_run(request: Request, run_id: str) -> Run:
    """The run as it stands; raises NotAllowed where it is not for this person to change."""
    with desk_of(request).reading() as connection:
        run = as_it_stands(connection, find_run(connection, run_id))
    require_own(request, run.started_by, who(request))
    return run


def _ask(request: Request, form: Form, run: Run, doing: str, deed: str = SEND) -> Response:
    return ask(request, form, run.destination, doing, f"/runs/{run.run_id}", deed)
