"""Webhooks: a JSON object posted with an ID and a signature, as standardwebhooks.com describes them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from destinations.http.connection import Failure, Line, Watch, named, pause_before
from pipeline.notifying.outgoing import NotSent, Refused
from rollbook.secrets import secret_or_none

if TYPE_CHECKING:
    import httpx

    from pipeline.notifying.outgoing import Outgoing
    from rollbook.notify_settings import NotifySettings

SECRET = "ROLLBOOK_WEBHOOK_SECRET"  # noqa: S105 - the name of the variable
_TRIES = 3
_PAUSE = 1.0
# A secret in the form of the standard: this, then base64. Any other is taken as it is.
_PREFIX = "whsec_"


class WebhookSender:
    """Posts messages. A second one with the same ID is the same message: it may be sent again after any doubt."""

    def __init__(self, settings: NotifySettings, addresses: Mapping[str, str]) -> None:
        self._settings = settings
        self._addresses = addresses

    def send(self, message: Outgoing, begin: Callable[[], None]) -> None:
        """Post one message, a few times where the server fails; raises NotSent, Refused where it says no."""
        address = self._addresses.get(message.recipient)
        if address is None:
            raise Refused("this address is no longer in the settings")
        secret = secret_or_none(SECRET)
        if secret is None:
            raise NotSent(f"set {SECRET}: webhooks are signed with it", whole_channel=True)
        body = json.dumps(message.facts, ensure_ascii=False).encode()
        begin()
        for number in range(1, _TRIES + 1):
            failure = self._post(address, message.delivery_id, body, secret)
            if failure is None:
                return
            if not failure.again:
                raise Refused(failure.what)
            if number == _TRIES:
                raise NotSent(failure.what)
            time.sleep(pause_before(_PAUSE, number))

    def close(self) -> None:
        """Nothing stays open."""

    def _post(self, address: str, delivery_id: str, body: bytes, secret: str) -> Failure | None:
        moment = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(moment),
            "webhook-signature": signature(secret, delivery_id, moment, body),
        }
        line = Line(address, Watch(self._settings.timeout))
        try:
            told = line.send("POST", address, _answer, body, headers)
        finally:
            line.close()
        return told if isinstance(told, Failure) else None


def signature(secret: str, delivery_id: str, moment: int, body: bytes) -> str:
    """What proves that the secret's holder sent the body at that time, in seconds since 1970."""
    key = secret.encode()
    if secret.startswith(_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise NotSent(f"{SECRET} begins with {_PREFIX}, but what follows is not base64") from None
    signed = f"{delivery_id}.{moment}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def _answer(response: httpx.Response) -> Failure | bool:
    """Whether it was taken. Only 4xx say that it never will be, but for those that speak of time."""
    status = response.status_code
    if response.is_success:
        return True
    again = status >= 500 or status in (408, 425, 429)
    return Failure(f"the webhook answered with HTTP status {named(status)}", doubtful=False, again=again)
