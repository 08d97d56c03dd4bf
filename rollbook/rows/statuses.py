"""The five statuses (Moon ERP's words) and how far each one is along the way."""

ENROLLED, ATTENDED, COMPLETED, CANCELLED, NO_SHOW = STATUSES = (
    "enrolled",
    "attended",
    "completed",
    "cancelled",
    "no_show",
)

# `best` keeps the furthest: what was attended is stronger evidence than what was planned or called off.
PROGRESS: dict[str, int] = {CANCELLED: 0, ENROLLED: 1, NO_SHOW: 2, ATTENDED: 3, COMPLETED: 4}
