"""Errors as programs read them (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi.responses import JSONResponse

PROBLEM = "application/problem+json"
# What is before the path of every page for programs.
BELOW = "/api/v1/"


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """What went wrong, and what to do."""
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(told, status, dict(headers or {}), media_type=PROBLEM)
