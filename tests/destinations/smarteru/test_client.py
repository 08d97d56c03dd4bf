"""The wire, against a real HTTP server: what is tried again, what is in doubt, and no key anywhere."""

import gzip
import itertools
import logging
import pickle
import socket
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from lxml import etree

from destinations.http.json_client import NotAnswered
from destinations.smarteru.client import LONGEST_PAUSE, Reply, SmarterU, Wire, check_url, scrub
from rollbook.errors import CannotBegin, Stopped
from tests.destinations.answering import Deed, Server, raw, reset, served, silent, trickle
from tests.destinations.answering import answer as answered

ACCOUNT, USER = "acc<0unt>&key=1/2 ü", "u5er]]>%key+'\""
XML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<SmarterU><AccountAPI></AccountAPI><UserAPI></UserAPI>'
    b"<Method>listGroups</Method><Parameters/></SmarterU>"
)
ANSWER = b"<SmarterU><Result>Success</Result><Info/><Errors/></SmarterU>"


def answer(body: bytes = ANSWER, status: int = 200, **headers: str) -> Deed:
    return answered(body, status, **headers)


def wire(url: str, **terms: Any) -> Wire:
    usual = Wire(url, ACCOUNT, USER, timeout=5.0, tries=3, pause=0.001, most_bytes=100_000)
    return replace(usual, **terms)


def call(server: Server, on_doubt: Callable[[], None] | None = None, **terms: Any) -> Reply:
    with SmarterU(wire(server.url, **terms)) as smarteru:
        return smarteru.call(XML, on_doubt)


def refused(server: Server, **terms: Any) -> NotAnswered:
    with pytest.raises(NotAnswered) as caught:
        call(server, **terms)
    return caught.value


def test_a_package_is_posted_as_a_percent_encoded_form_field_with_the_keys_in_it() -> None:
    with served(answer()) as server:
        assert call(server) == Reply(ANSWER, doubtful=False)
    headers, body = server.received[0][:2]
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert b"+" not in body
    assert b"<" not in body
    fields = parse_qs(body.decode("ascii"), strict_parsing=True)
    assert list(fields) == ["Package"]
    package = etree.fromstring(fields["Package"][0].encode())
    assert (package.findtext("AccountAPI"), package.findtext("UserAPI")) == (ACCOUNT, USER)


def test_one_connection_serves_many_calls() -> None:
    with served(answer()) as server, SmarterU(wire(server.url)) as smarteru:
        for _ in range(3):
            smarteru.call(XML)
    assert (len(server.received), len(server.connections)) == (3, 1)


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_a_server_error_is_tried_again_and_leaves_a_doubt(status: int) -> None:
    doubts: list[int] = []
    with served(answer(b"", status), answer(b"", status), answer()) as server:
        reply = call(server, lambda: doubts.append(len(server.received)))
    assert reply == Reply(ANSWER, doubtful=True)
    assert doubts == [1]


def test_too_many_requests_are_tried_again_without_a_doubt() -> None:
    with served(answer(b"", 429), answer()) as server:
        assert call(server, pytest.fail) == Reply(ANSWER, doubtful=False)
    with served(answer(b"", 429)) as server:
        error = refused(server)
    assert (error.doubtful, len(server.received)) == (False, 3)
    assert error.what == "HTTP status 429 (Too Many Requests) (after 3 tries)"


def test_a_doubt_stays_when_the_last_try_is_none() -> None:
    with served(answer(b"", 500), answer(b"", 429)) as server:
        assert refused(server).doubtful


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 413])
def test_other_statuses_are_final_and_no_redirect_is_followed(status: int) -> None:
    with served(answer(b"", status, Location="/elsewhere")) as server:
        error = refused(server)
    assert len(server.received) == 1
    assert f"HTTP status {status}" in str(error)
    assert isinstance(error, Stopped)
    assert error.exit_code == 3


@pytest.mark.parametrize(
    "deed",
    [
        reset,
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<SmarterU>"),
        raw(b"no HTTP at all\r\n\r\n"),
        answer(b"not gzip", Content_Encoding="gzip"),
        answer(gzip.compress(ANSWER)[:-12], Content_Encoding="gzip"),
    ],
    ids=["reset", "closed", "cut short", "other protocol", "broken gzip", "gzip cut short"],
)
def test_a_connection_lost_after_sending_is_tried_again_and_leaves_a_doubt(deed: Deed) -> None:
    doubts: list[int] = []
    with served(deed, answer()) as server:
        reply = call(server, lambda: doubts.append(len(server.received)))
    assert reply == Reply(ANSWER, doubtful=True)
    assert doubts == [1]
    with served(deed) as server:
        error = refused(server, tries=2)
    assert (error.doubtful, len(server.received)) == (True, 2)


def test_no_answer_in_time_is_a_doubt() -> None:
    with served(silent, answer()) as server:
        assert call(server, timeout=0.1).doubtful
    with served(silent) as server:
        error = refused(server, timeout=0.1, tries=1)
    assert error.doubtful
    assert error.what == "no answer within 0.1 seconds"


def test_the_last_try_calls_nobody_about_its_doubt() -> None:
    with served(answer(b"", 500)) as server, pytest.raises(NotAnswered) as caught:
        call(server, pytest.fail, tries=1)
    assert caught.value.doubtful


def test_what_the_doubt_is_told_to_may_stop_the_call() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with served(answer(b"", 500), answer()) as server, pytest.raises(KeyboardInterrupt):
        call(server, stop)
    assert len(server.received) == 1


def test_nothing_is_in_doubt_where_nobody_listens() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    with SmarterU(wire(url)) as smarteru, pytest.raises(NotAnswered) as caught:
        smarteru.call(XML, pytest.fail)
    assert not caught.value.doubtful
    assert "refused" in caught.value.what
    assert "after 3 tries" in caught.value.what


def test_nothing_is_in_doubt_where_the_name_is_unknown_or_tls_fails() -> None:
    with SmarterU(wire("https://smarteru.invalid/apiv2/", tries=1)) as smarteru, pytest.raises(NotAnswered) as caught:
        smarteru.call(XML)
    assert not caught.value.doubtful
    with served(answer()) as server:
        https = server.url.replace("http:", "https:")
        with SmarterU(wire(https, tries=1)) as smarteru, pytest.raises(NotAnswered) as caught:
            smarteru.call(XML)
    assert not caught.value.doubtful
    assert not server.received


def test_nothing_is_in_doubt_where_the_connection_is_not_made_in_time() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]  # they fill the queue, nobody accepts
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        crowded = wire(f"http://127.0.0.1:{address[1]}/", timeout=0.1, tries=1)
        with SmarterU(crowded) as smarteru, pytest.raises(NotAnswered) as caught:
            smarteru.call(XML)
        for one in waiting:
            one.close()
    assert not caught.value.doubtful


@pytest.mark.parametrize(
    "deed",
    [
        trickle(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x"),
        trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    ],
    ids=["headers", "body", "body without a length"],
)
def test_a_server_that_trickles_is_given_up_in_time(deed: Deed) -> None:
    begun = time.monotonic()
    with served(deed) as server:
        error = refused(server, timeout=0.15, tries=2)
    assert time.monotonic() - begun < 2
    assert error.doubtful
    assert error.what == "no answer within 0.15 seconds (after 2 tries)"


def test_a_gzipped_answer_is_unpacked() -> None:
    with served(answer(gzip.compress(ANSWER), Content_Encoding="gzip")) as server:
        assert call(server).body == ANSWER
    assert server.received[0][0]["accept-encoding"] == "gzip"


@pytest.mark.parametrize("size", [1000, 1001])
@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_is_read_up_to_the_limit_and_not_beyond(size: int, packed: bool) -> None:
    body = ANSWER.ljust(size)
    deed = answer(gzip.compress(body), Content_Encoding="gzip") if packed else answer(body)
    with served(deed) as server:
        if size == 1000:
            assert call(server, most_bytes=1000).body == body
            return
        error = refused(server, most_bytes=1000)
    assert (error.doubtful, len(server.received)) == (True, 1)
    assert "longer than 1,000 bytes" in error.what


def test_a_body_that_never_ends_and_a_small_one_that_becomes_large_are_given_up() -> None:
    endless = trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536)
    with served(endless) as server:
        assert "longer than 100,000 bytes" in refused(server).what
    bomb = gzip.compress(bytes(50_000_000), compresslevel=9)
    assert len(bomb) < 60_000
    with served(answer(bomb, Content_Encoding="gzip")) as server:
        assert "longer than 100,000 bytes" in refused(server).what


PAGE = b"<!DOCTYPE html>\n<html><body><h1>Sorry</h1><p>We are moving.</body></html>"


@pytest.mark.parametrize(
    "page",
    [PAGE, b"", b"null", ANSWER[:40], b"<html/>", b"<SmarterU><Info/></SmarterU>", bytes(range(200, 256))],
    ids=["html", "empty", "json", "cut", "other root", "no result", "noise"],
)
def test_what_is_no_answer_of_smarteru_is_tried_again_and_leaves_a_doubt(page: bytes) -> None:
    with served(answer(page), answer()) as server:
        assert call(server) == Reply(ANSWER, doubtful=True)
    with served(answer(page)) as server:
        error = refused(server)
    assert (error.doubtful, len(server.received)) == (True, 3)
    assert error.what.startswith("what came back is")
    assert error.what.isprintable()


def test_a_request_that_is_too_large_suggests_a_smaller_batch_and_leaves_no_doubt() -> None:
    with served(answer(PAGE, 413)) as server:
        error = refused(server)
    assert (error.doubtful, len(server.received)) == (False, 1)
    assert "Set a smaller `batch_size` under [smarteru]" in str(error)


def test_a_page_that_repeats_the_request_shows_no_part_of_a_key() -> None:
    for before in range(250, 310, 4):
        page = b"<html>" + b"." * before + f"{ACCOUNT} {escape(USER)} {quote(USER)}".encode()
        with served(answer(page)) as server:
            told = str(refused(server, tries=1))
        assert not any(part in told for part in ("acc<", "u5er", "1/2")), told


def test_a_packing_that_was_not_asked_for_is_not_read() -> None:
    with served(answer(ANSWER, Content_Encoding="br")) as server:
        error = refused(server)
    assert (error.doubtful, len(server.received)) == (True, 1)


def test_pauses_grow_and_retry_after_is_honoured_up_to_the_longest_pause() -> None:
    moments: list[float] = []

    def noting(deed: Deed) -> Deed:
        def noted(handler: BaseHTTPRequestHandler) -> None:
            moments.append(time.monotonic())
            deed(handler)

        return noted

    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    deeds = [
        answer(b"", 503),
        answer(b"", 503),
        answer(b"", 429, Retry_After="0.1"),
        answer(b"", 429, Retry_After="3600"),
        answer(b"", 429, Retry_After=in_an_hour),
        answer(b"", 429, Retry_After="soon"),
        answer(),
    ]
    with served(*map(noting, deeds)) as server:
        call(server, tries=7, pause=0.005)
    waited = [after - before for before, after in itertools.pairwise(moments)]
    longest = 0.005 * LONGEST_PAUSE
    assert 0.0025 <= waited[0] < 0.25
    assert 0.005 <= waited[1] < 0.25
    assert 0.1 <= waited[2] < 0.3
    assert longest <= waited[3] < longest + 0.3
    assert longest <= waited[4] < longest + 0.3
    assert waited[5] < longest


def spellings(key: str) -> list[str]:
    named = {'"': "&quot;", "'": "&apos;"}
    numbered = "".join(f"&#{ord(letter)};" for letter in key)
    return [
        key,
        quote(key),
        quote(key, safe=""),
        quote(key, safe="").lower(),
        quote_plus(key),
        escape(key),
        escape(key, named),
        numbered,
        "".join(f"&#x{ord(letter):X};" for letter in key),
        quote_plus(escape(key, named)),
        repr(key.encode())[2:-1],
        key.replace("]]>", "]]]]><![CDATA[>"),
        quote(key.replace("]]>", "]]]]><![CDATA[>"), safe=""),
    ]


@pytest.mark.parametrize("key", ["plain-key-0123", ACCOUNT, USER, "a.b*c", "back\\slash"])
def test_keys_are_scrubbed_however_they_are_spelled(key: str) -> None:
    for spelled in spellings(key):
        assert scrub(f"before {spelled} after", "", key) == "before *** after", spelled
    assert scrub("nothing in here", key) == "nothing in here"
    assert scrub("no keys", "", "") == "no keys"


def echo(handler: BaseHTTPRequestHandler) -> None:
    assert isinstance(handler.server, Server)
    handler.wfile.write(b"GET " + handler.server.received[-1][1] + b" is not HTTP\r\n\r\n")
    handler.close_connection = True


@pytest.mark.parametrize(
    "deed",
    [
        echo,
        raw(b"HTTP/1.1 500 " + quote(USER).encode() + b"\r\n\r\n"),
        reset,
        answer(b"", 500),
        answer(b"", 403),
        answer(b"x" * 200_000),
    ],
)
def test_no_key_is_in_any_exception_log_or_repr(
    deed: Deed, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    for library in ("httpx", "httpcore"):
        monkeypatch.setattr(logging.getLogger(library), "level", logging.NOTSET)
    with served(deed) as server:
        error = refused(server, tries=2)
    assert "Package" not in error.what
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    shown = "".join([*traceback.format_exception(error), caplog.text, repr(error), str(again)])
    for key in (ACCOUNT, USER):
        for spelled in spellings(key):
            assert spelled not in shown


def test_no_key_is_in_the_repr_of_the_wire_or_of_the_client() -> None:
    with SmarterU(wire("https://api.smarteru.com/apiv2/")) as smarteru:
        for shown in (repr(wire("https://api.smarteru.com/apiv2/")), repr(smarteru), str(smarteru)):
            assert ACCOUNT not in shown
            assert USER not in shown
    assert asdict(wire("u"))["account_api"] == ACCOUNT


def test_keys_that_an_answer_repeats_are_blotted_out_but_short_ones_are_parts_of_words() -> None:
    whole = "<SmarterU><Result>Failed</Result><Info>{}</Info></SmarterU>"
    told = whole.format(f"{escape(ACCOUNT)} of the contest, {quote(ACCOUNT)}, ").encode()
    with served(answer(told)) as server:
        body = call(server, user_api="test").body
    assert body.decode() == whole.format("*** of the contest, ***, ")
    with served(answer(whole.format("key acc-0123456789 is not valid").encode())) as server:
        assert call(server, account_api="acc-0123456789").body.decode() == whole.format("key *** is not valid")


@pytest.mark.parametrize(
    "url",
    [
        "https://api.smarteru.com/apiv2/",
        "HTTPS://api.smarteru.com/apiv2/",
        "http://localhost:8801/",
        "http://LOCALHOST/",
        "http://127.0.0.1:8801/apiv2/",
        "http://127.8.9.10/",
        "http://[::1]:8801/",
    ],
)
def test_https_and_the_loopback_are_taken(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.smarteru.com/apiv2/",
        "http://localhost.example.org/",
        "http://127.0.0.1.example.org/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://[::2]/",
        "ftp://localhost/",
        "api.smarteru.com/apiv2/",
        "https://",
        "https:///apiv2/",
        "https://me:secret@api.smarteru.com/",
        "http://localhost:secret@api.smarteru.com/",
        "https://api.smarteru.com:port/",
        "",
        "\x00",
    ],
)
def test_other_urls_are_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(CannotBegin) as caught:
        check_url(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(CannotBegin):
        SmarterU(wire(url))


def test_proxies_of_the_environment_are_used_but_not_to_the_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "https_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    asked: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as client:
            asked.append(client.recv(65_536))
            client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.setenv("HTTP_PROXY", address)
        thread = threading.Thread(target=serve, args=(proxy,))
        thread.start()
        with served(answer()) as server:
            assert call(server).body == ANSWER
        assert asked == []
        proxied = wire("https://smarteru.invalid/apiv2/", tries=1)
        with SmarterU(proxied) as smarteru, pytest.raises(NotAnswered) as caught:
            smarteru.call(XML)
        thread.join()
    assert asked[0].startswith(b"CONNECT smarteru.invalid:443")
    assert b"Package" not in asked[0]
    assert not caught.value.doubtful


def test_a_proxy_that_cannot_be_used_is_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://me:secret@proxy.invalid")
    with pytest.raises(CannotBegin, match="proxy") as caught:
        SmarterU(wire("https://api.smarteru.com/apiv2/"))
    assert "secret" not in str(caught.value)
