"""What sheets write where they have no identity: else all learners whose ID is `TBC` would be one person."""

import re
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.values.normalize import begins

# The code of a cell that holds such a word where the row names its learner nowhere else.
NO_LEARNER = "row.no_learner"

# The code of a cell that repeats the one above it by a sign or a word.
DITTO = "cell.ditto"

# Signs and words that repeat the cell above, in lower case. As an ID, `same` and `do` may be what they say.
_DITTO_SIGNS = '" \'\' \u2033 \u3003 \u201c \u201d \u201e ,, \u00bb \u00ab -"- --"-- -\u201d- -\u201c-'.split()
_DITTO_WORDS = (
    "ditto | do. | d\u00b0 | dito | dto. | idem | \u00eddem | id. | ibid. | same as above | as above | see above | "
    "(same) | siehe oben | wie oben | s.o. | s. o. | ebd. | voir ci-dessus | ci-dessus | comme ci-dessus | lo mismo | "
    "igual que arriba | come sopra | vedi sopra | zie boven | als boven | como acima | j.w. | jw. | j. w. | "
    "jak wy\u017cej | \u0442\u043e \u0436\u0435 | \u540c\u4e0a | som ovan | som ovenfor"
)
DITTOS = frozenset([*_DITTO_SIGNS, '- " -', *_DITTO_WORDS.split(" | ")])
# No identities of anything, in lower case.
NO_ID = frozenset(["-", "--", "\u2013", "\u2014", "?", "n/a", "null", "none", "nan"])
_OF_NOTHING = (
    "unknown | not known | tbc | tba | tbd | t.b.c. | t.b.a. | t.b.d. | to be confirmed | to be announced | "
    "to be advised | to be determined | n.a. | n.a | n\\a | n / a | not available | not applicable | not provided | "
    "not given | not specified | unspecified | undefined | no id | #n/a! | <na> | nat | nil | (blank) | (none) | "
    "(null) | [null] | \\n | missing | unbekannt | inconnu | desconocido | sconosciuto | onbekend | nieznany | brak | "
    "ok\u00e4nd | ukjent | ukendt | keine angabe | k.a. | k. a. | ohne | s/o | aucun | aucune | ninguno | nessuno | "
    "geen | true | false"
)
# No learner: as an ID of a course, a group or a session these may be codes.
_NOBODY = (
    "na | x | xx | test | dummy | anonymous | anonym | anonyme | guest | unk | no number | no email | no e-mail | "
    "no mail | nomail | noemail | no address | no email address | email | e-mail | pending | blank | empty | "
    "various | several | agency | agency worker | agency staff | contractor | sub-contractor | subcontractor | "
    "visitor | external | temp | temp. | temporary | temporary worker | new | new starter | new hire | new joiner | "
    "starter | starting | guest user | staff | employee | learner | participant | attendee | leaver | left | lost | "
    "lost card | no badge | no card | no payroll number | no employee number | not assigned | unassigned | not "
    "issued | to follow | awaiting | awaiting number | waiting | see hr | ask hr | ext | ext. | extern | n/a. | "
    "[none] | [blank] | xxx-xxx | xxx-xx | 000-000 | 00-00 | sin datos | sin n\u00famero | no tiene | neu | nouveau "
    "| nuevo | nuovo | int\u00e9rimaire | leiharbeiter | zeitarbeit | keine nummer | keine e-mail | keine | ohne "
    "e-mail | vacant | vacancy | vacant post | vakant | vacante | vacature | n.n. | n. n. | n.n | to be named | "
    "to be allocated | walk-in | walk in | bank staff | casual | locum | all staff | everyone | others | aucun email | "
    "sin correo | sin email | nessuna email | brak e-mail"
)
# How programs show TRUE and FALSE in their languages.
_LOGICAL = (
    "wahr | falsch | vrai | faux | verdadero | verdadeiro | falso | vero | waar | onwaar | prawda | fa\u0142sz | "
    "pravda | nepravda | sand | sant | sann | falsk | falskt | usann | tosi | ep\u00e4tosi | igaz | hamis | "
    "do\u011fru | yanl\u0131\u015f | yanli\u015f | \u0438\u0441\u0442\u0438\u043d\u0430 | "
    "\u043b\u043e\u0436\u044c | \u0456\u0441\u0442\u0438\u043d\u0430 | "
    "\u0445\u0438\u0431\u043d\u0456\u0441\u0442\u044c"
)
_REPEATED = "0 ? - . _ * / x".split()
# Addresses that nobody reads, whatever stands behind the @; and words that are one where the domain is another of them.
_NO_MAILBOX = (
    "no-?reply|do-?not-?reply|no[._-]?e?-?mail(?:[._-]?address)?|not?[._-]?(?:provided|available)|unknown|none|tbc|tba|"
    "anonymous|nobody|mailer-daemon|undisclosed-recipients?"
)
_EMPTY_WORD = (
    "na|n-a|nil|null|test|x{2,}|fake|dummy|qwerty|example|xyz|abc|email|mail|none|unknown|nomail|noemail|tbd|no|"
    "nowhere|asdf+|sdf+|asd|asdfgh|qwe|qwer|zxcv|a{3,}|foo|bar|foobar|blah?|placeholder|invalid|lorem|ipsum"
)
# A number at a domain of numbers, as 163.com is one of people: those that count or repeat are typed to fill a cell.
_EMPTY_NUMBER = "(?:123(?:4(?:5(?:6)?)?)?|0{2,}|1{2,}|9{3,})"

_ANYBODY = "(?:user|username|name|your-?name)"
_ANYWHERE = "(?:domain|company|yourcompany|your-?domain|email|mail)"
_NOBODY_ADDRESS = (
    rf"^(?:(?:{_NO_MAILBOX})@|(?:{_EMPTY_WORD})@(?:{_EMPTY_WORD})\.[a-z.]+$|{_ANYBODY}@{_ANYWHERE}\.[a-z.]+$|"
    rf"{_EMPTY_NUMBER}@{_EMPTY_NUMBER}\.[a-z.]+$)"
)


# How these addresses begin: one look at two letters spares the pattern for most.
_BEGINNINGS = tuple(
    "no do un tb an na n- ni nu te xx xy ab em ma du fa qw ex us yo as sd aa fo ba bl pl in lo ip zx 12 00 11 "
    "99".split()
)


@cache
def words(learner: bool) -> frozenset[str]:
    """The placeholders in lower case, dittos among them; learner: those of learners too."""
    found = NO_ID | DITTOS | set(_OF_NOTHING.split(" | "))
    if not learner:
        return frozenset(found)
    repeated = {sign * times for sign in _REPEATED for times in range(1, 13)} | {"9" * times for times in range(4, 13)}
    return frozenset(found | set(_NOBODY.split(" | ")) | set(_LOGICAL.split(" | ")) | repeated)


def placeholders(array: pa.Array, learner: bool) -> pa.Array:
    """A mask of the texts that stand for nothing."""
    return pc.is_in(pc.ascii_lower(array), value_set=_value_set(learner))


def dittos(array: pa.Array, among: pa.Array) -> pa.Array:
    """A mask of the texts that repeat the one above. among: the mask of all `placeholders`."""
    if not pc.any(among).as_py():
        return among
    return pc.and_(among, pc.is_in(pc.utf8_lower(array), value_set=pa.array(sorted(DITTOS), array.type)))


def without(array: pa.Array, empty: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The texts with their placeholders (the mask `empty`) made null, and the mask of the dittos, which stay."""
    repeated = dittos(array, pc.fill_null(empty, False))
    return pc.if_else(pc.and_not(empty, repeated), pa.scalar(None, array.type), array), repeated


def nobodies(array: pa.Array) -> pa.Array:
    """A mask of the addresses (in lower case) that are nobody's."""
    empty = placeholders(array, learner=True)
    candidates = pc.indices_nonzero(pa.array(begins(array, _BEGINNINGS)))
    found = pc.match_substring_regex(array.take(candidates), _NOBODY_ADDRESS)
    if not pc.any(found).as_py():
        return empty
    mask = np.zeros(len(array), dtype=bool)
    mask[candidates.filter(found)] = True
    return pc.or_(empty, pa.array(mask))


def nobody(address: str) -> bool:
    """Is an address (as `transforms.values.normalize.address` has it) no learner's?"""
    return address in words(learner=True) or re.match(_NOBODY_ADDRESS, address) is not None


@cache
def _value_set(learner: bool) -> pa.Array:
    return pa.array(sorted(words(learner)), pa.large_string())
