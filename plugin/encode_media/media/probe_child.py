"""The short-lived process in which media is read: wishes as an argument, one line of JSON for each answer.

`reader.read_apart` starts it, limits it and ends it.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from encode_media.errors import EncodeMediaError, failure
from encode_media.model.codec import from_json, to_json
from encode_media.model.media import SourceCheck, SourceRef


def main(wishes: str) -> None:
    for wish in json.loads(wishes):
        print(json.dumps(_answer(wish)), flush=True)  # noqa: T201 - this is how it answers


def _answer(wish: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"ok": _TASKS[wish["task"]](wish)}
    except EncodeMediaError as error:
        return {"error": error.to_dict()}
    except MemoryError:
        problem = "reading it needs too much memory"
        return {"error": failure("source.corrupt", path=wish["path"], problem=problem).to_dict()}


def _probe(wish: dict[str, Any]) -> Any:
    from encode_media.media.reading import read_media

    source = from_json(SourceRef, wish["source"])
    rate = Fraction(wish["default_rate"])
    check = SourceCheck(wish["check"])
    return to_json(read_media(source, default_rate=rate, count_frames=wish["count_frames"], check=check))


def _inspect(wish: dict[str, Any]) -> Any:
    from encode_media.media.inspection import inspect_file, inspect_sequence

    if not wish["is_sequence"]:
        rate = Fraction(wish["rate"]) if wish["rate"] else None
        return to_json(inspect_file(wish["path"], loudness=wish["loudness"], rate=rate))
    return to_json(inspect_sequence(wish["path"], wish["first_frame"], wish["frames"]))


_TASKS = {"probe": _probe, "inspect": _inspect}
