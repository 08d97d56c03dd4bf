"""A form whose session had ended is shown again, with what was entered: nothing that somebody typed is lost."""

import json
from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import HTMLResponse

from dashboard.forms import Form
from dashboard.rendering import show

# What no person typed.
_TECHNICAL = frozenset({"csrf", "seen", "back", "step", "kind", "next", "confirmed"})


class FormExpired(Exception):
    """A form that one of our pages sent bears no token of this session."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form


def show_again(request: Request, status: int, pairs: Sequence[tuple[str, str]], action: str) -> HTMLResponse:
    """The page that offers to send the form again, to the path that it was for."""
    own = [(name, value) for name, value in pairs if name != "csrf"]
    entered = [
        (name.removeprefix("cell-").removeprefix("means-"), value)
        for name, value in own
        if value.strip() and name not in _TECHNICAL and not name.startswith("seen-")
    ]
    return show(request, "again.html", status, pairs=own, entered=entered[:200], action=action)


def as_text(form: Form) -> str:
    """A form as a field of the login keeps it."""
    return json.dumps([pair for pair in form.pairs if pair[0] != "csrf"], ensure_ascii=False)


def from_text(text: str) -> list[tuple[str, str]]:
    """The same, read; nothing if it is not a Rollbook form."""
    try:
        pairs = json.loads(text)
        return [(str(name), str(value)) for name, value in pairs]
    except (ValueError, TypeError, RecursionError):
        return []
