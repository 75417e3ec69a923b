"""Attributes that are made on reading: links, and addresses of media."""

from __future__ import annotations

from typing import Any

from encode_media.sandbox.files import SERVER_LOCATION, Files
from encode_media.sandbox.store import TYPE_COLUMN, Store, Values


class VirtualValues:
    """Made for one request, because addresses name the host the client used."""

    def __init__(self, files: Files, base_url: str) -> None:
        self._files = files
        self._base_url = base_url

    def __call__(self, store: Store, type_name: str, row: Values, name: str) -> Any:
        if name == "link":
            return _version_link(store, row) if type_name == "AssetVersion" else _context_link(store, row)
        if name == "thumbnail_url":
            component = row["component_id"] if type_name == "NoteComponent" else row.get("thumbnail_id")
            return self._address("thumbnail", component)
        if type_name == "ComponentLocation" and row["location_id"] != SERVER_LOCATION:
            return None
        return self._address("get", row["component_id"])

    def _address(self, action: str, component_id: str | None) -> dict[str, str] | None:
        if component_id is None:
            return None
        token = self._files.sign("read", component_id)
        url = f"{self._base_url}/component/{action}?id={component_id}&token={token}"
        return {"url": url, "value": url}


def _context_link(store: Store, row: Values) -> list[dict[str, str]]:
    link: list[dict[str, str]] = []
    current: Values | None = row
    while current is not None:
        kind = "Project" if current[TYPE_COLUMN] == "Project" else "TypedContext"
        link.insert(0, {"type": kind, "id": current["id"], "name": current["name"]})
        current = store.find("Context", (current["parent_id"],)) if current["parent_id"] else None
    return link


def _version_link(store: Store, row: Values) -> list[dict[str, str]]:
    asset = store.find("Asset", (row["asset_id"],))
    context = store.find("Context", (asset["context_id"],)) if asset else None
    name = f"{asset['name'] if asset else ''} v{row['version']:03d}".strip()
    above = _context_link(store, context) if context else []
    return [*above, {"type": "AssetVersion", "id": row["id"], "name": name}]
