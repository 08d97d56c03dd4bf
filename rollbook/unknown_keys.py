"""Keys of settings and profiles that do not exist, with the key that may have been meant, and values that are wrong."""

from collections.abc import Mapping, Sequence
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


# Kinds of pydantic's errors whose own words say nothing to somebody who writes settings, by how they begin.
_EXPECTED = {
    "time_delta": "write a duration between quotes, such as 90s, 26h or 7d",
    "bool": "write true or false, without quotes",
    "int": "write a whole number, without quotes",
    "float": "write a number, without quotes",
    "string_type": "write a text between quotes",
    "path_type": "write the path of one file or folder, between quotes",
}


def what_is_wrong(model: type[BaseModel], problem: Mapping[str, Any], place: Sequence[int | str]) -> str:
    """What is wrong with a key or a value, of an error as pydantic lists it. place: where it stands."""
    if problem["type"] == "extra_forbidden":
        return no_such_key(model, place)
    kind, said = str(problem["type"]), str(problem["msg"])
    expected = next((words for begins, words in _EXPECTED.items() if kind.startswith(begins)), None)
    return expected or said.removeprefix("Value error, ").replace("Input should be", "it should be", 1)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
