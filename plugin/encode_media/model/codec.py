"""Values to JSON and back, from their annotations (pydantic does the work)."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_json(value: Any) -> Any:
    """Plain JSON data of a model value: rates become `"24000/1001"`, tuples lists, enums their values."""
    return _adapter(cast("Hashable", type(value))).dump_python(value, mode="json")


def from_json(kind: type[T], data: Any) -> T:
    """The value a JSON form stands for.

    Raises:
        pydantic.ValidationError: the data does not fit the type.
    """
    result: T = _adapter(cast("Hashable", kind)).validate_python(data)
    return result
