"""Many versions at once in a sandbox, made in a few requests."""

from __future__ import annotations

import uuid
from typing import Any

from support.sandbox import RunningSandbox

PER_REQUEST = 100


def many_versions(sandbox: RunningSandbox, count: int, *, shot: str = "sh030") -> list[dict[str, str]]:
    """New assets with one version each, all with the same movie as their source; gives them as a selection."""
    session = sandbox.session()
    context = session.query(f'select id from Shot where name is "{shot}"').one()
    place = session.query('select id from Location where name is "ftrack.unmanaged"').one()
    kind = session.query("select id from AssetType").first()
    movie = str(sandbox.data / "sources" / "sh010_comp_v001.mov")
    place_of_asset = {"context_id": context["id"], "type_id": kind["id"]}
    selection, operations = [], []
    for number in range(count):
        asset, version, component = (str(uuid.uuid4()) for _ in range(3))
        operations += [
            _create("Asset", asset, name=f"many_{number:04d}_{asset[:6]}", **place_of_asset),
            _create("AssetVersion", version, asset_id=asset),
            _create("FileComponent", component, name="main", file_type=".mov", size=1000, version_id=version),
            _create(
                "ComponentLocation",
                str(uuid.uuid4()),
                component_id=component,
                location_id=place["id"],
                resource_identifier=movie,
            ),
        ]
        selection.append({"entityId": version, "entityType": "assetversion"})
    for start in range(0, len(operations), 4 * PER_REQUEST):
        session.call(operations[start : start + 4 * PER_REQUEST])
    return selection


def _create(type_name: str, entity_id: str, **values: Any) -> dict[str, Any]:
    return {
        "action": "create",
        "entity_type": type_name,
        "entity_key": [entity_id],
        "entity_data": {"__entity_type__": type_name, "id": entity_id, **values},
    }
