"""The description of the interface, as an OpenAPI document and as a page for people."""

from typing import Any, get_args

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from dashboard.api.problems import PROBLEM
from dashboard.forms import SORTED, STATES
from dashboard.rendering import desk_of, show
from dashboard.runs.run_pages import RUN_ID
from ledger.runs import STATES as RUN_STATES
from rollbook import __version__
from rollbook.options import DestinationName
from rollbook.rows.outcomes import OUTCOMES

router = APIRouter()
_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_NUMBER: dict[str, Any] = {"type": "integer"}


@router.get("/api/v1/openapi.json")
def as_json(request: Request) -> Response:
    """The OpenAPI document."""
    return JSONResponse(document(desk_of(request).settings.dashboard.upload_mib))


@router.get("/api/v1")
def as_page(request: Request) -> Response:
    """The same, to be read."""
    told = document(desk_of(request).settings.dashboard.upload_mib)
    return show(request, "api.html", document=told)


def document(most_mib: int) -> dict[str, Any]:
    """The OpenAPI document. most_mib: the size of the files that may be sent, in MiB together."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rollbook",
            "version": __version__,
            "summary": "Submit spreadsheets, and read what became of them.",
        },
        "security": [{"token": []}],
        "paths": {
            "/api/v1/imports": {"post": _submit(most_mib)},
            "/api/v1/runs": {"get": _runs()},
            "/api/v1/runs/{run}": {"get": _run()},
            "/api/v1/runs/{run}/rows": {"get": _rows()},
            "/api/v1/runs/{run}/changes": {"get": _changes()},
            "/api/v1/runs/{run}/undo": {"post": _undo()},
            "/api/v1/cases": {"get": _cases()},
        },
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "schemas": _SCHEMAS},
    }


async def only_known(request: Request) -> None:
    """Raise HTTPException where the address has a parameter that is not in the document: a misspelt filter, say."""
    path = request.scope["route"].path.replace("{run_id}", "{run}")
    operation = document(0)["paths"][path][request.method.lower()]
    known = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
    for name in request.query_params:
        if name not in known:
            raise HTTPException(422, f"There is no parameter “{name}”. There are: {', '.join(known) or 'none'}.")


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _named(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


_SCHEMAS: dict[str, Any] = {
    "Problem": _object(type=_TEXT, title=_TEXT, status=_NUMBER, detail=_TEXT),
    "Begun": _object(run=_TEXT),
    "Counts": _object(**dict.fromkeys(("read", *OUTCOMES, "ignored"), _NUMBER)),
    "Run": _object(
        run=_TEXT,
        state={"enum": list(RUN_STATES)},
        destination=_TEXT,
        exit=_NUMBER,
        rows=_named("Counts"),
        files=_list_of({"type": "object"}),
        cases={"type": "object"},
        failures={"type": "object"},
    ),
    "RunLine": _object(
        run=_TEXT,
        command=_TEXT,
        state={"enum": list(RUN_STATES)},
        destination=_TEXT,
        started_at=_TEXT,
        finished_at=_MAYBE,
        by=_MAYBE,
        exit={"type": ["integer", "null"]},
        rows=_named("Counts"),
        files=_list_of(_TEXT),
    ),
    "Row": _object(
        source_file=_MAYBE,
        source_sheet=_MAYBE,
        source_row={"type": ["integer", "null"]},
        source_column=_MAYBE,
        outcome={"enum": [*OUTCOMES, "ignored"]},
        reason=_MAYBE,
        duplicate_of=_MAYBE,
        learner=_MAYBE,
        session=_MAYBE,
        case_id={"type": ["integer", "null"]},
    ),
    "Change": _object(learner=_MAYBE, session=_MAYBE, field=_TEXT, **{"was": _MAYBE, "is": _MAYBE}, run_id=_MAYBE),
    "CaseProblem": _object(code=_TEXT, source_column=_MAYBE, header=_MAYBE, value=_MAYBE, message=_TEXT, remedy=_TEXT),
    "Case": _object(
        case_id=_NUMBER,
        state=_TEXT,
        source_file=_TEXT,
        source_sheet=_TEXT,
        source_row=_NUMBER,
        source_column=_MAYBE,
        first_seen=_TEXT,
        last_seen=_TEXT,
        times=_NUMBER,
        cells={"type": "object"},
        problems=_list_of(_named("CaseProblem")),
    ),
    "Undone": _object(run=_TEXT, exit=_NUMBER, deleted=_NUMBER, restored=_NUMBER, left=_list_of({"type": "object"})),
}


def _operation(
    name: str, summary: str, role: str, schema: dict[str, Any], parameters: list[Any] | None = None, **more: Any
) -> dict[str, Any]:
    """One thing that can be asked for. role: of the user whose token it takes."""
    status = more.pop("status", "200")
    refused = {"description": "Refused, with what to do.", "content": {PROBLEM: {"schema": _named("Problem")}}}
    return {
        "operationId": name,
        "summary": summary,
        "description": f"Needs the role “{role}”, or a higher one.",
        "parameters": parameters or [],
        "responses": {
            status: {"description": "Done.", "content": {"application/json": {"schema": schema}}},
            "default": refused,
        },
        **more,
    }


def _query(name: str, told: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": told, "schema": schema, **more}


_RUN_ID = {
    "name": "run",
    "in": "path",
    "required": True,
    "description": "The ID of a run, or `last`.",
    "schema": {"type": "string", "pattern": RUN_ID.pattern},
}
_LIMIT = _query("limit", "How many, at most.", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100})


def _submit(most_mib: int) -> dict[str, Any]:
    options = {
        "profile": {**_TEXT, "description": "The name of a profile or preset to read the files by."},
        "to": {"enum": list(get_args(DestinationName)), "description": "The destination; the database by default."},
        "check": {"enum": ["true", "false"], "description": "true: find out what would happen, and import nothing."},
    }
    files = {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "description": "Spreadsheets or archives.",
    }
    form = {"type": "object", "properties": {"file": files, **options}, "required": ["file"]}
    return _operation(
        "submit",
        f"Import files, or check them: up to {most_mib:,} MiB together.",
        "import",
        _named("Begun"),
        [
            _query("name", "Of a body that is one file: its name, such as march.csv.", _TEXT),
            *(
                _query(name, schema["description"], {k: v for k, v in schema.items() if k != "description"})
                for name, schema in options.items()
            ),
        ],
        status="202",
        requestBody={
            "required": True,
            "content": {
                "multipart/form-data": {"schema": form},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        },
    )


def _runs() -> dict[str, Any]:
    older = _query("older", "The `next` of the page before.", {"type": "string", "pattern": RUN_ID.pattern})
    schema = _object(runs=_list_of(_named("RunLine")), next=_MAYBE)
    return _operation("list_runs", "Runs, the latest first.", "look", schema, [older, _LIMIT])


def _run() -> dict[str, Any]:
    told = "A run as it stands: the object of `rollbook show RUN --json`."
    return _operation("show_run", told, "look", _named("Run"), [_RUN_ID])


def _rows() -> dict[str, Any]:
    outcome = _query("outcome", "Only rows with these outcomes.", _list_of({"enum": [*OUTCOMES, "ignored"]}))
    schema = _object(run=_TEXT, rows=_list_of(_named("Row")))
    told = "Every row of a run, with what became of it: the object of `rollbook rows RUN --json`."
    return _operation("list_rows", told, "look", schema, [_RUN_ID, outcome])


def _changes() -> dict[str, Any]:
    schema = _object(run=_TEXT, changes=_list_of(_named("Change")))
    told = "Every field that a run changed: the object of `rollbook changes RUN --json`."
    return _operation("list_changes", told, "look", schema, [_RUN_ID])


def _undo() -> dict[str, Any]:
    told = "Take a run's rows back: the object of `rollbook undo RUN --json`."
    return _operation("undo", told, "import", _named("Undone"), [_RUN_ID])


def _cases() -> dict[str, Any]:
    texts = {
        "text": "Part of a cell's text.",
        "code": "A rule.",
        "column": "A header.",
        "file": "The file in which the row was first found.",
        "sheet": "Its sheet.",
        "run": "A run that found the row.",
        "after": "The `next` of the page before.",
    }
    filters = [_query(name, told, _TEXT) for name, told in texts.items()]
    state = _query("state", "Open ones by default.", {"enum": list(STATES), "default": "open"})
    sort = _query("sort", "The order; `-` turns it around.", {"enum": list(SORTED), "default": "-case"})
    schema = _object(cases=_list_of(_named("Case")), next=_MAYBE)
    return _operation("list_cases", "Failed rows with their problems.", "look", schema, [state, *filters, sort, _LIMIT])
