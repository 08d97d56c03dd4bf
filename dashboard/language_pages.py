"""Another language for the pages: chosen by a link at the foot of each, and kept in a cookie."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from dashboard.access.security import own_path
from dashboard.rendering import lead
from dashboard.wording import COOKIE
from rollbook.notify_settings import Language

router = APIRouter()
_YEAR = 365 * 24 * 3600


@router.get("/language/{language}")
def choose(request: Request, language: Language, back: Annotated[str, Query(max_length=2_000)] = "/") -> Response:
    """Keep the language, and lead back to the page."""
    answer = lead(own_path(back))
    secure = bool(request.state.secure)
    answer.set_cookie(COOKIE, language, max_age=_YEAR, httponly=True, samesite="lax", secure=secure)
    return answer
