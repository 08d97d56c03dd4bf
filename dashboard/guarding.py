"""A form of ours, or none."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from dashboard.access.security import is_from_here, is_own_form
from dashboard.forms import Form, read_form
from dashboard.kept_forms import FormExpired
from dashboard.rendering import session_of


async def own_form(request: Request) -> Form:
    """The form that a page of this session sent; 403 where it is another's, which is shown again if it is ours."""
    form = await read_form(request)
    session, names = session_of(request), request.state.names
    if not is_own_form(session, form.one("csrf"), request.headers, names):
        if session is not None and session.csrf and is_from_here(request.headers, names):
            raise FormExpired(form)
        raise HTTPException(403)
    return form


OwnForm = Annotated[Form, Depends(own_form)]
