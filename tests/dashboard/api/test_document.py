"""The OpenAPI document: it has every route, and the program answers as it says, whatever is asked."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from schemathesis.specs.openapi.checks import positive_data_acceptance

from dashboard.api import reading, submitting
from dashboard.api.document import document
from tests.dashboard.api.programs import SHEET, Program, installation, program
from tests.pipeline import app

DOCUMENT = document(500)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program at an installation with a run and a case."""
    folder = tmp_path_factory.mktemp("api")
    known = installation(folder)
    (folder / "a.csv").write_text(SHEET)
    app.run("import", folder / "a.csv", "--database", known.database, "--out", known.out)
    with program(known) as one:
        yield one


def test_every_route_is_in_the_document() -> None:
    routes = [route for router in (reading.router, submitting.router) for route in router.routes]
    known = {
        (route.path.replace("run_id", "run"), method.lower())
        for route in routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert set(OPERATIONS) == known


def test_the_document_is_given_and_shown(here: Program) -> None:
    assert here.get("/openapi.json").json() == document(2)
    page = here.client.get(f"{here.url}/api/v1", headers={"X-Remote-User": "ada"}).text
    for path, _ in OPERATIONS:
        assert f"{path}</code>" in page


def _checked(answer: httpx.Response, path: str, method: str) -> None:
    """The answer is one that the document describes."""
    operation = DOCUMENT["paths"][path][method]
    told = operation["responses"].get(str(answer.status_code), operation["responses"]["default"])
    kind = answer.headers["content-type"].partition(";")[0]
    assert answer.status_code < 500, answer.text
    schema = {**told["content"][kind]["schema"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(answer.json())


@SCHEMA.exclude(operation_id="submit").parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked_is_answered_as_the_document_says(case: "schemathesis.Case[Any]", here: Program) -> None:
    """Also what the document does not allow, other methods, and no or a wrong token."""
    token = here.client.headers["authorization"]
    # A page that there is not is a correct parameter, and refused.
    case.call_and_validate(here.url, headers={"Authorization": token}, excluded_checks=[positive_data_acceptance])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200),
    kind=st.sampled_from(["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=b", "a/b; c"]),
    query=st.dictionaries(st.sampled_from(["profile", "to", "check"]), st.text(max_size=9), max_size=2),
)
def test_whatever_is_sent_is_refused_as_the_document_says(
    here: Program, body: bytes, kind: str, query: dict[str, str]
) -> None:
    """A body that is no form, or a file without a name."""
    answer = here.post("/imports", content=body, headers={"content-type": kind} if kind else {}, params=query)
    _checked(answer, "/api/v1/imports", "post")
    assert answer.status_code == 400
