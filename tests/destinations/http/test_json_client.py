"""The wire to systems that speak JSON, against real sockets: what is tried again, what is in doubt, who has to wait."""

import gzip
import itertools
import json
import logging
import pickle
import socket
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from destinations.http.json_client import (
    LONGEST_PAUSE,
    Answer,
    ApiWire,
    InDoubt,
    JsonApi,
    NotAnswered,
    Parameters,
    check_url,
)
from rollbook.errors import CannotBegin, Stopped, Unavailable
from tests.destinations.answering import Deed, Server, answer, raw, reset, served, silent, trickle
from tests.destinations.http.test_connection import behind_tls

TOKEN = "17|secret<&>token/0123456789"
REMEDY = "Set THE_TOKEN to a token that may write."
CONTENT = {"data": [{"id": 1}], "text": "é"}


def said(content: Any = CONTENT, status: int = 200, **headers: str) -> Deed:
    return answer(json.dumps(content).encode(), status, **headers)


def wire(url: str, **terms: Any) -> ApiWire:
    usual = ApiWire(
        system="The system",
        url=url,
        headers={"Authorization": f"Bearer {TOKEN}"},
        secrets=(TOKEN,),
        credentials=REMEDY,
        timeout=5.0,
        tries=3,
        pause=0.001,
        most_bytes=100_000,
        at_once=4,
    )
    return replace(usual, **terms)


def read(server: Server, path: str = "/things", query: Parameters | None = None, **terms: Any) -> Answer:
    with JsonApi(wire(server.url, **terms)) as api:
        return api.read("GET", path, query=query)


def write(server: Server, **terms: Any) -> Answer:
    with JsonApi(wire(server.url, **terms)) as api:
        return api.write("PUT", "/things/1", json={"status": "ü", "score": 92.5})


def unanswered(server: Server, **terms: Any) -> NotAnswered:
    with pytest.raises(NotAnswered) as caught:
        read(server, **terms)
    return caught.value


def doubted(server: Server, **terms: Any) -> str:
    with pytest.raises(InDoubt) as caught:
        write(server, **terms)
    return caught.value.what


def test_a_reading_is_a_request_with_a_query_and_gives_the_parsed_answer() -> None:
    with served(said()) as server:
        assert read(server, query={"search": "a&b ü", "page": 2}) == Answer(200, CONTENT)
    request = server.received[0]
    assert (request.method, request.path) == ("GET", "/api/things?search=a%26b+%C3%BC&page=2")
    assert request.headers["accept"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"].startswith("rollbook/")


def test_a_write_sends_json_or_a_form() -> None:
    with served(said(status=201)) as server, JsonApi(wire(server.url)) as api:
        assert api.write("PUT", "/things/1", json={"status": "ü", "score": 92.5}).status == 201
        assert api.write("POST", "/things", form={"a": "ü&", "b": 1}).status == 201
        assert api.read("POST", "/report", form=[("a", "1"), ("a", "2")]).status == 201
    first, second, third = server.received
    assert first.headers["content-type"] == "application/json"
    assert json.loads(first.body) == {"status": "ü", "score": 92.5}
    assert second.headers["content-type"] == "application/x-www-form-urlencoded"
    assert second.body == b"a=%C3%BC%26&b=1"
    assert third.body == b"a=1&a=2"


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_body_is_none(status: int) -> None:
    with served(answer(b"", status)) as server:
        assert read(server) == Answer(status, None)
        assert write(server) == Answer(status, None)


@pytest.mark.parametrize("status", [400, 404, 405, 409, 412, 422])
def test_a_refusal_is_an_answer_and_not_tried_again(status: int) -> None:
    with served(said({"message": "no"}, status)) as server:
        assert read(server) == Answer(status, {"message": "no"})
        assert write(server) == Answer(status, {"message": "no"})
    assert len(server.received) == 2


LOST: dict[str, Deed] = {
    "reset": reset,
    "closed": raw(b""),
    "cut short": raw(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"a":'),
    "other protocol": raw(b"no HTTP at all\r\n\r\n"),
    "broken gzip": answer(b"not gzip", Content_Encoding="gzip"),
    "other packing": answer(b"{}", Content_Encoding="br"),
    "500": answer(b"", 500),
    "503": said({"message": "later"}, 503),
    "html": answer(b"<!DOCTYPE html><p>Maintenance"),
    "html with 404": answer(b"<html>", 404),
    "truncated": answer(b'{"data": [{"id"'),
    "garbage": answer(bytes(range(256))),
    "NaN": answer(b'{"score": NaN}'),
    "nested": answer(b"[" * 50_000 + b"]" * 50_000),
    "oversized": answer(b'{"a": "' + b"x" * 200_000 + b'"}'),
    "bomb": answer(gzip.compress(b'"' + bytes(10_000_000)), Content_Encoding="gzip"),
}


@pytest.mark.parametrize("deed", LOST.values(), ids=LOST.keys())
def test_what_is_no_readable_answer_is_asked_for_again_but_never_written_again(deed: Deed) -> None:
    with served(deed, said()) as server:
        assert read(server) == Answer(200, CONTENT)
    assert len(server.received) == 2
    with served(deed) as server:
        error = unanswered(server)
    assert (error.doubtful, len(server.received)) == (True, 3)
    assert error.what.endswith("(after 3 tries)")
    with served(deed, said()) as server:
        assert doubted(server)
    assert len(server.received) == 1


def test_a_certificate_that_fails_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with (
        behind_tls(tmp_path) as (server, _),
        JsonApi(wire(server.url.replace("http:", "https:"), pause=30.0)) as api,
    ):
        for call in (api.read, api.write):
            with pytest.raises(NotAnswered, match="certificate is not trusted") as caught:
                call("PUT", "/", form={})
            assert (caught.value.doubtful, "tries" in caught.value.what) == (False, False)


def test_no_answer_in_time_is_a_doubt() -> None:
    with served(silent, said()) as server:
        assert read(server, timeout=0.1).status == 200
    with served(silent) as server:
        assert doubted(server, timeout=0.1) == "no answer within 0.1 seconds"


@pytest.mark.parametrize(
    "deed",
    [
        trickle(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b" "),
        trickle(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    ],
    ids=["headers", "body", "body without a length"],
)
def test_a_server_that_trickles_is_given_up_in_time(deed: Deed) -> None:
    begun = time.monotonic()
    with served(deed) as server:
        assert doubted(server, timeout=0.15) == "no answer within 0.15 seconds"
        assert unanswered(server, timeout=0.15, tries=2).what == "no answer within 0.15 seconds (after 2 tries)"
    assert time.monotonic() - begun < 3


def test_many_that_trickle_at_once_are_each_given_up_and_no_other_is_cut() -> None:
    slow = trickle(b"HTTP/1.1 200 OK\r\n\r\n", b" ")

    def by_path(handler: BaseHTTPRequestHandler) -> None:
        (slow if "slow" in handler.path else said())(handler)

    with served(by_path) as server, JsonApi(wire(server.url, timeout=1, tries=1, at_once=8)) as api:

        def outcome(number: int) -> bool:
            try:
                return api.read("GET", "/slow" if number % 4 == 0 else "/quick").status == 200
            except NotAnswered:
                return False

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(outcome, range(32)))
    assert outcomes == [number % 4 != 0 for number in range(32)]


def test_a_write_is_sent_again_where_it_was_surely_not_processed() -> None:
    with served(answer(b"", 429), said({}, 429), said(status=201)) as server:
        assert write(server).status == 201
    with served(answer(b"", 429)) as server, pytest.raises(NotAnswered) as caught:
        write(server)
    assert (caught.value.doubtful, len(server.received)) == (False, 3)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with JsonApi(wire(url)) as api, pytest.raises(NotAnswered) as caught:
        api.write("POST", "/things", json={})
    assert not caught.value.doubtful
    assert "after 3 tries" in caught.value.what


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("call", [read, write])
def test_refused_credentials_stop_everything_with_the_remedy(status: int, call: Callable[[Server], Answer]) -> None:
    with served(said({"message": "Unauthenticated."}, status)) as server, pytest.raises(Stopped) as caught:
        call(server)
    assert REMEDY in str(caught.value)
    assert str(status) in str(caught.value)
    assert not isinstance(caught.value, Unavailable)
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", [read, write])
def test_no_redirect_is_followed(status: int, call: Callable[[Server], Answer]) -> None:
    with served(answer(b"", status, Location="/login")) as server, pytest.raises(Stopped, match="Correct its URL"):
        call(server)
    assert len(server.received) == 1


def by_code(status: int, content: Any) -> int:
    return int(content["code"]) if isinstance(content, dict) and "code" in content else status


def test_the_effective_status_may_stand_in_the_body() -> None:
    deeds = [said({"code": c}) for c in ("412", "500", "429", "200", "500", "429", "200", "403")]
    with served(*deeds) as server, JsonApi(wire(server.url), by_code) as api:
        assert api.read("GET", "/").status == 412
        assert api.read("GET", "/").status == 200
        with pytest.raises(InDoubt):
            api.write("PUT", "/", form={})
        assert api.write("PUT", "/", form={}).status == 200
        with pytest.raises(Stopped, match="THE_TOKEN"):
            api.write("PUT", "/", form={})


def test_who_is_asked_to_wait_makes_all_others_wait() -> None:
    moments: list[float] = []

    def noting(handler: BaseHTTPRequestHandler) -> None:
        moments.append(time.monotonic())
        said()(handler)

    with (
        served(said({}, 429, Retry_After="0.4"), noting) as server,
        JsonApi(wire(server.url, pause=0.1)) as api,
        ThreadPoolExecutor(4) as pool,
    ):
        first = pool.submit(api.read, "GET", "/first")
        while not server.received:
            time.sleep(0.001)
        begun = time.monotonic()
        time.sleep(0.05)
        others = [pool.submit(api.write, "POST", f"/{number}", json={}) for number in range(3)]
        assert all(one.result().status == 200 for one in (first, *others))
    assert len(moments) == 4
    assert min(moments) - begun > 0.35


def test_no_waiting_is_longer_than_the_longest_pause() -> None:
    with served(said({}, 429, Retry_After="3600"), said()) as server:
        begun = time.monotonic()
        assert read(server, pause=0.002).status == 200
        waited = time.monotonic() - begun
    assert 0.002 * LONGEST_PAUSE <= waited < 1


def test_the_caller_may_wait_as_the_wire_does() -> None:
    with JsonApi(wire("http://127.0.0.1:9", pause=0.02)) as api:
        begun = time.monotonic()
        api.pause(1)
        first = time.monotonic() - begun
        api.pause(3)
        third = time.monotonic() - begun - first
    assert 0.01 <= first < 0.04 <= third < 0.3


def test_no_more_requests_are_in_flight_than_allowed_and_connections_are_kept() -> None:
    in_flight, most = itertools.count(), [0]
    now: set[int] = set()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        number = next(in_flight)
        now.add(number)
        most[0] = max(most[0], len(now))
        time.sleep(0.01)
        now.discard(number)
        said()(handler)

    with served(slow) as server, JsonApi(wire(server.url, at_once=3)) as api, ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda number: api.read("GET", f"/{number}"), range(40)))
    assert most[0] == 3
    assert len(server.connections) <= 3


def test_foreign_text_is_shown_without_secrets_on_one_line_and_short() -> None:
    with JsonApi(wire("http://127.0.0.1:9")) as api:
        assert api.scrub(f"no\n token {TOKEN} nor {quote(TOKEN, safe='')} ") == "no token *** nor ***"
        assert api.scrub("a\r\nb\x1b[2J\x00c\u2028d\u202ee") == "a b [2J c d e"
        assert len(api.scrub("x" * 10_000_000)) == 300


def echo(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(f"GET {handler.headers['Authorization']} is not HTTP\r\n\r\n".encode())
    handler.close_connection = True


@pytest.mark.parametrize(
    "deed",
    [echo, raw(b"HTTP/1.1 500 " + quote(TOKEN).encode() + b"\r\n\r\n"), answer(b"", 403), answer(TOKEN.encode(), 500)],
)
def test_no_secret_is_in_any_exception_log_or_repr(
    deed: Deed, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    for library in ("httpx", "httpcore"):
        monkeypatch.setattr(logging.getLogger(library), "level", logging.NOTSET)
    with served(deed) as server, JsonApi(wire(server.url)) as api:
        for call in (api.read, api.write):
            with pytest.raises((Stopped, InDoubt)) as caught:
                call("PUT", "/", form={})
            again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
            told = "".join([*traceback.format_exception(caught.value), repr(again), str(again), caplog.text, repr(api)])
            assert TOKEN not in told
            assert quote(TOKEN) not in told
    assert "secret" not in repr(wire(server.url))


def test_no_answer_names_the_system_and_what_happened() -> None:
    with served(answer(b"", 503)) as server:
        error = unanswered(server)
    assert isinstance(error, Unavailable)
    assert error.exit_code == 3
    assert str(error) == (
        "The system gave no answer: HTTP status 503 (Service Unavailable) (after 3 tries). Fix this, then "
        "continue with `rollbook resume`."
    )


@pytest.mark.parametrize("token", ["key\n", "key\r\nX: y", " key", "ключ", "key\x00"])
def test_a_header_that_cannot_be_sent_is_told_before_anything_is(token: str) -> None:
    with pytest.raises(CannotBegin, match="THE_TOKEN") as caught:
        JsonApi(wire("http://127.0.0.1:9", headers={"apitoken": token}))
    assert token.strip() not in str(caught.value)


def test_a_proxy_that_cannot_be_used_is_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://me:secret@proxy.invalid")
    with pytest.raises(CannotBegin, match="proxy") as caught:
        JsonApi(wire("https://moon.invalid/api"))
    assert "secret" not in str(caught.value)
    with served(said()) as server:
        assert read(server).status == 200


def test_the_url_is_judged_in_the_name_of_its_system() -> None:
    check_url("https://moon.invalid/api", "Moon ERP", "https://moon-erp.example/api")
    for url in ("", "moon.invalid", "http://moon.invalid/api", "https://me:secret@moon.invalid", "https://a:port/"):
        with pytest.raises(CannotBegin, match="Moon ERP's URL") as caught:
            check_url(url, "Moon ERP", "https://moon-erp.example/api")
        assert "secret" not in str(caught.value)
