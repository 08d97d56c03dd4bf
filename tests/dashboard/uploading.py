"""Files sent as a browser sends them, and the work on them waited for."""

import io
import time
import zipfile
from collections.abc import Mapping

import httpx

from tests.dashboard.serving import Browser

WORKING = ("checking", "importing")
_PATIENCE_SECONDS = 90


def send(browser: Browser, files: Mapping[str, bytes | str], *, path: str = "/import") -> httpx.Response:
    """Send files by the form of the page."""
    browser.get("/import")
    parts = [("file", (name, text.encode() if isinstance(text, str) else text)) for name, text in files.items()]
    answer = browser.client.post(
        browser.url + path, data={"csrf": browser.csrf}, files=parts, follow_redirects=False, timeout=60
    )
    browser.page = answer.text
    return answer


def uploaded(browser: Browser, files: Mapping[str, bytes | str]) -> str:
    """Send files, and wait for the check: the address of the upload's page, which is what the browser shows."""
    answer = send(browser, files)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    wait(browser, path)
    return path


def wait(browser: Browser, path: str) -> str:
    """Wait until the work on an upload has ended, and show its page; how it stands."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while (stage := stage_of(browser, path)) in WORKING:
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.1)
    browser.get(path)
    return stage


def stage_of(browser: Browser, path: str) -> str:
    """How it stands with an upload."""
    answer = browser.client.get(browser.url + path)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-stage"]


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """A zip file of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()
