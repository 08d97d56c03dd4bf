"""The OpenAPI document: it has every route, and the program answers as it says, whatever is asked."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from dashboard.api import reading, submitting
from dashboard.api.document import document
from tests.dashboard.api.programs import SHEET, Program, installation, program
from tests.pipeline import app

DOCUMENT = document(500)
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
    page = here.client.get(f"{here.url}/api/v1").text
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


def _values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What the schema allows, and what it does not."""
    odd = st.one_of(st.text(max_size=20), st.integers(), st.sampled_from(["", "\0", "%", "'", "-1", "ä" * 50]))
    if "enum" in schema:
        return st.one_of(st.sampled_from(schema["enum"]), odd)
    if schema["type"] == "integer":
        return st.one_of(st.integers(schema["minimum"], schema["maximum"]), odd)
    if schema["type"] == "array":
        return st.lists(_values(schema["items"]), max_size=3)
    return odd


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize(("path", "method"), [one for one in OPERATIONS if one[1] == "get"])
def test_whatever_is_asked_is_answered_as_the_document_says(
    here: Program, path: str, method: str, data: st.DataObject
) -> None:
    query, run = {}, "last"
    for one in DOCUMENT["paths"][path][method]["parameters"]:
        if one["in"] == "path":
            run = data.draw(st.one_of(st.just("last"), st.from_regex(r"\A[0-9a-z-]{1,20}\Z"), st.text(max_size=5)))
        elif data.draw(st.booleans()):
            query[one["name"]] = data.draw(_values(one["schema"]))
    place = httpx.URL(here.url).copy_with(path=path.replace("{run}", run or "last"))
    answer = here.client.get(place, params=query)
    if answer.url.path.count("/") == path.count("/"):
        _checked(answer, path, method)
    else:
        assert answer.status_code < 500


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
