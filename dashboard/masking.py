"""The token of a session's forms, written another way on each page.

Pages are compressed: a text that was the same on each of them could be guessed from how long they are (BREACH).
"""

import secrets


def masked(token: str) -> str:
    """The token (hex digits), as a page holds it; another text each time."""
    plain = bytes.fromhex(token)
    pad = secrets.token_bytes(len(plain))
    return (pad + _xor(plain, pad)).hex()


def unmasked(text: str) -> str:
    """The token of a text that `masked` made; '' of any other."""
    try:
        sent = bytes.fromhex(text)
    except ValueError:
        return ""
    half = len(sent) // 2
    return _xor(sent[:half], sent[half:]).hex() if len(sent) == 2 * half else ""


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
