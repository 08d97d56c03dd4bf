"""Errors as programs read them (RFC 9457)."""

from http import HTTPStatus

from fastapi.responses import JSONResponse

PROBLEM = "application/problem+json"
# What is before the path of every page for programs.
BELOW = "/api/"


def problem(status: int, detail: str) -> JSONResponse:
    """What went wrong, and what to do."""
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(told, status, media_type=PROBLEM)
