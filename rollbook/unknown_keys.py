"""Keys of settings and profiles that do not exist, with the key that may have been meant."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel


def no_such_key(model: type[BaseModel], place: Sequence[int | str]) -> str:
    """What is wrong with a key that the model does not know. place: the keys that lead to it, itself last."""
    for step in place[:-1]:
        model = _model_in(model.model_fields[str(step)].annotation if step in model.model_fields else None) or model
    known = [field.alias or name for name, field in model.model_fields.items()]
    alike = get_close_matches(str(place[-1]), known, 1)
    return f"there is no such key (did you mean “{alike[0]}”?)" if alike else "there is no such key"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
