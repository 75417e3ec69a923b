"""Values as clients send them, as they are kept, and as they are answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from encode_media.sandbox.problems import ValidationError
from encode_media.sandbox.schema import Scalar


def now() -> str:
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0).isoformat()


def to_stored(column: Scalar, value: Any) -> Any:
    """What is kept for a value of an operation. Times are naive UTC, to the second."""
    if value is None:
        return None
    if isinstance(value, dict) and "__entity_type__" in value:
        return value.get("id")
    if convert := _CONVERT.get(column.type):
        try:
            return convert(value)
        except (KeyError, TypeError, ValueError) as error:
            raise ValidationError(f"{column.name} can't be {value!r}") from error
    if isinstance(value, dict):  # a client in JavaScript turns any text that looks like a time into one
        return str(value.get("value", ""))
    return value if isinstance(value, str) else str(value)


def to_answer(column: Scalar, value: Any) -> Any:
    """The kept value as JSON for a client."""
    if value is None:
        return None
    if column.type == "date":
        return {"__type__": "datetime", "value": value}
    if column.type == "bool":
        return bool(value)
    if column.type in {"object", "variable"}:
        return json.loads(value)
    if column.type == "float" and float(value).is_integer():
        return int(value)
    return value


def parse_date(text: Any) -> str:
    """Any ISO date or time as naive UTC to the second. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a time")  # noqa: TRY004 - the callers report both alike
    moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return moment.replace(microsecond=0).isoformat()


def _date(value: Any) -> str:
    return parse_date(value["value"] if isinstance(value, dict) else value)


def _truth(value: Any) -> int:
    if isinstance(value, str):
        lowered = value.lower()
        if lowered not in {"true", "false", "1", "0"}:
            raise ValueError(value)
        return int(lowered in {"true", "1"})
    return int(bool(value))


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "date": _date,
    "object": json.dumps,
    "variable": json.dumps,
    "bool": _truth,
    "int": int,
    "float": float,
}
