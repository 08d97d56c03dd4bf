"""aXcelerate: the national outcome codes. States add their own (25, 50, 53, 54, 65, 66, 79, …), by a setting."""

NATIONAL_OUTCOMES: dict[str, str] = {
    "20": "competent",
    "30": "not competent",
    "40": "withdrawn",
    "41": "incomplete, RTO closed",
    "51": "RPL granted",
    "52": "RPL not granted",
    "60": "credit transfer",
    "61": "superseded",
    "70": "continuing",
    "81": "non-assessable, satisfactorily completed",
    "82": "non-assessable, not satisfactorily completed",
    "85": "not yet started",
    "0": "not reported",
}
