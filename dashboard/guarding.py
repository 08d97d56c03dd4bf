"""A form of ours, or none."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from dashboard.forms import Form, read_form
from dashboard.rendering import session_of
from dashboard.security import is_own_form


async def own_form(request: Request) -> Form:
    """The form that a page of this session sent; 403 where it is another's."""
    form = await read_form(request)
    if not is_own_form(session_of(request), form.one("csrf"), request.headers, request.state.names):
        raise HTTPException(403)
    return form


OwnForm = Annotated[Form, Depends(own_form)]
