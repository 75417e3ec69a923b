"""`get_widget_url`, and the small pages behind it."""

# ruff: noqa: S608 - the queries are ftrack's own, not SQL, and what comes from outside is quoted

from __future__ import annotations

import time
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from encode_media.sandbox.files import Files
from encode_media.sandbox.problems import NotFound, PermissionDenied, ValidationError
from encode_media.sandbox.query_run import no_virtual_values, run_query
from encode_media.sandbox.store import Store
from encode_media.sandbox.visibility import Caller, find_caller

NAMES = ("info", "tasks", "tasks_browser")
LIFE_S = 360
"""As ftrack: six minutes."""


def widget_url(files: Files, caller: Caller, operation: dict[str, Any], base_url: str) -> dict[str, str]:
    """The answer to `get_widget_url`: an address that is good for the caller, for a while."""
    name = operation.get("name")
    if name not in NAMES:
        raise ValidationError(f"there is no widget {name}: {', '.join(NAMES)}")
    key = operation.get("entity_key") or []
    words = {
        "name": str(name),
        "theme": "light" if operation.get("theme") == "light" else "dark",
        "entity_type": str(operation.get("entity_type") or ""),
        "entity_key": key if isinstance(key, str) else ",".join(str(part) for part in key),
        "user": caller.username,
        "until": str(int(time.time()) + LIFE_S),
    }
    if name == "info" and not words["entity_key"]:
        raise ValidationError("the widget info needs an entity")
    return {"widget_url": f"{base_url}/widget?{urlencode({**words, 'token': _token(files, words)})}"}


def widget_page(store: Store, files: Files, query: Mapping[str, str]) -> str:
    """The page of an address we handed out. Raises Problem."""
    words = {name: query.get(name, "") for name in ("name", "theme", "entity_type", "entity_key", "user", "until")}
    files.check(query.get("token", ""), "widget", *words.values())
    caller = find_caller(store, words["user"])
    if caller is None or int(words["until"]) < time.time():
        raise PermissionDenied("this address has expired")
    if words["name"] == "info":
        return _page(words, f"{words['entity_type']}", _facts(store, caller, words))
    return _page(words, "Tasks", _tasks(store, caller, words))


def _token(files: Files, words: Mapping[str, str]) -> str:
    return files.sign("widget", *words.values())


def _facts(store: Store, caller: Caller, words: Mapping[str, str]) -> list[tuple[str, str]]:
    entity_type = store.schema.types.get(words["entity_type"])
    if entity_type is None:
        raise ValidationError(f"there is no entity type {words['entity_type']}")
    names = ", ".join(entity_type.columns())
    keys = zip(entity_type.key, words["entity_key"].split(","), strict=False)
    where = " and ".join(f'{name} is "{_quoted(value)}"' for name, value in keys)
    expression = f"select {names} from {entity_type.name} where {where}"
    found = run_query(store, expression, caller.visibility, no_virtual_values)["data"]
    if not found:
        raise NotFound(f"{entity_type.name} {words['entity_key']} was not found")
    return [(name, _text(value)) for name, value in found[0].items() if not name.startswith("__")]


def _tasks(store: Store, caller: Caller, words: Mapping[str, str]) -> list[tuple[str, str]]:
    """The tasks below the entity, or else the caller's own."""
    if words["entity_key"]:
        identifier = _quoted(words["entity_key"])
        condition = f'project_id is "{identifier}" or ancestors.id is "{identifier}" or id is "{identifier}"'
    else:
        condition = f'assignments.resource_id is "{caller.id}"'
    expression = f"select name, parent.name, status.name from Task where {condition} order by name"
    found = run_query(store, expression, caller.visibility, no_virtual_values)["data"]
    return [
        (f"{task['parent']['name']} / {task['name']}", task["status"]["name"] if task["status"] else "")
        for task in found
    ]


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _text(value: Any) -> str:
    return str(value.get("value", "")) if isinstance(value, dict) else "" if value is None else str(value)


def _page(words: Mapping[str, str], title: str, rows: list[tuple[str, str]]) -> str:
    colours = "#fff;color:#222" if words["theme"] == "light" else "#1c1f24;color:#ddd"
    lines = "".join(f"<tr><th scope=row>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    style = f"body{{font:14px sans-serif;background:{colours}}}th{{text-align:left;padding-right:1em}}"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{style}</style>"
        f"<h1>{escape(title)}</h1><table>{lines or '<tr><td>Nothing here</td></tr>'}</table></html>"
    )
