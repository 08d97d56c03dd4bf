"""Mail addresses as settings and profiles name them: one plain address each, without a name around it."""

import re
from typing import Annotated

from pydantic import AfterValidator

# RFC 5322, 3.2.3 (dot-atom) and RFC 5321, 4.1.2: what every mail server takes, and no header can be made of it.
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


def _is_address(given: str) -> str:
    if not _ADDRESS.fullmatch(given) or len(given) > 254:
        raise ValueError(f"“{given}” is not a mail address; write it plain, such as hr@example.com")
    return given


MailAddress = Annotated[str, AfterValidator(_is_address)]


def domain_of(address: str) -> str:
    """What stands behind the @ of an address."""
    return address.rpartition("@")[2]
