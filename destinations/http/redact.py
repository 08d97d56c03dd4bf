"""Foreign text without the secrets that it may repeat, in whatever spelling."""

import re

_SHORTEST_SURE_KEY = 12
SHOWN = 300
# Beyond this a text is not looked at: what is shown of it is far shorter.
_LOOKED_AT = 100_000


def scrub(text: str, *keys: str) -> str:
    """The text with every key made `***`, be it as it is, percent-encoded, in XML or as Python shows bytes."""
    for key in keys:
        if key:
            text = re.sub(_SPLIT.join(map(_any_spelling, key)), "***", text)
    return text


def shown(text: str, *keys: str) -> str:
    """The text as people may see it: without the keys, on one line, of at most SHOWN characters."""
    return one_line(scrub(text[:_LOOKED_AT], *keys))[:SHOWN]


def one_line(text: str) -> str:
    """The text on one line, without control characters: a server's words must not command a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def without_keys(body: bytes, *keys: str) -> bytes:
    """An answer without the keys that it repeats. Short keys are left: `test` may be a part of any name."""
    sure = [key for key in keys if len(key) >= _SHORTEST_SURE_KEY]
    if not any(octet in body for octet in _SPELLS) and not any(key.encode() in body for key in sure):
        return body
    text = body.decode("utf-8", errors="surrogateescape")
    return scrub(text, *sure).encode("utf-8", errors="surrogateescape")


def _any_spelling(letter: str) -> str:
    """A pattern of what may stand for one character of a key."""
    entities = [f"&{name};" for name, stands_for in _ENTITIES.items() if stands_for == letter]
    spelled = [
        *map(_or_percent, entities),
        f"(?i:{_or_percent('&#')}0*{ord(letter)}{_or_percent(';')})",
        f"(?i:{_or_percent('&#')}x0*{ord(letter):x}{_or_percent(';')})",
        "".join(rf"(?i:\\x{octet:02x})" for octet in _octets(letter)),
        re.escape("\\" + letter) if letter in "\\'\"" else r"\+" if letter == " " else "",
        _or_percent(letter),
    ]
    return f"(?:{'|'.join(filter(None, spelled))})"


def _or_percent(text: str) -> str:
    """A pattern of a text, each character as it is or percent-encoded."""
    return "".join(
        f"(?:{''.join(f'(?i:%{octet:02x})' for octet in _octets(letter))}|{re.escape(letter)})" for letter in text
    )


def _octets(letter: str) -> bytes:
    return letter.encode("utf-8", errors="surrogatepass")


_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
# What another spelling of a key than the plain one cannot do without, `+` being that of a blank.
_SPELLS = (b"&", b"%", b"\\", b"]]><![CDATA[", b"+")
# Where `]]>` stands in a text, its CDATA section is ended and begun anew.
_SPLIT = f"(?:{_or_percent(']]><![CDATA[')})?"
