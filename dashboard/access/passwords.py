"""Passwords: `scrypt$N$R$P$SALT$HASH`, salt and hash in base64, as settings keep them."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from binascii import Error

# As much as OWASP recommends (Password Storage Cheat Sheet): 128 MiB and about half a second.
_N, _R, _P = 2**17, 8, 1
# A hash as settings and the users file have it.
FORM = r"^scrypt\$\d+\$\d+\$\d+\$[\w+/=]+\$[\w+/=]+$"
_BYTES = 32
_MOST_MEMORY = 2**28
# Compared with where there is none: a wrong name takes as long as a wrong password.
_NOBODY = f"scrypt${_N}${_R}${_P}${b64encode(bytes(16)).decode()}${b64encode(bytes(_BYTES)).decode()}"


def hashed(password: str) -> str:
    """The hash of a password, with a salt of its own."""
    salt = secrets.token_bytes(16)
    made = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=_BYTES, maxmem=_MOST_MEMORY)
    return f"scrypt${_N}${_R}${_P}${b64encode(salt).decode()}${b64encode(made).decode()}"


def is_password(password: str, kept: str | None) -> bool:
    """Whether the password is that of the hash; a hash that cannot be read fits none."""
    try:
        _, n, r, p, salt, wanted = (kept or _NOBODY).split("$")
        known = b64decode(wanted, validate=True)
        made = hashlib.scrypt(
            password.encode(), salt=b64decode(salt), n=int(n), r=int(r), p=int(p), dklen=_BYTES, maxmem=_MOST_MEMORY
        )
    except (ValueError, Error):
        return False
    return hmac.compare_digest(made, known) and kept is not None
