"""What the codes mean that rows are refused with by the systems outside, whichever it was."""

from collections.abc import Mapping

from destinations.axcelerate.codes import CODES as AXCELERATE
from destinations.moon.codes import CODES as MOON
from destinations.row_target import RefusalCode
from destinations.smarteru import codes as smarteru
from validators.rules import RULES

_OTHERS: Mapping[str, RefusalCode] = {**MOON, **AXCELERATE}
MEANINGS: Mapping[str, str] = {
    **{code: known.meaning for code, known in smarteru.CODES.items()},
    **{code: known.meaning for code, known in _OTHERS.items()},
}


def find(code: str, message: str) -> RefusalCode:
    """What is known of a code, be it of a system or of a rule that was applied to what a system holds."""
    if code in _OTHERS:
        return _OTHERS[code]
    if code in RULES:
        rule = RULES[code]
        return RefusalCode(code, rule.checks, rule.what_to_do, rule.fields)
    known = smarteru.find(code, message)
    return RefusalCode(known.code, known.meaning, known.remedy, known.fields)
