"""What a new server begins with: the demo project, nothing, or what a file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from encode_media.sandbox import seed as built_in
from encode_media.sandbox.files import Files
from encode_media.sandbox.operations import Batch
from encode_media.sandbox.problems import Problem
from encode_media.sandbox.schema import fixed_id
from encode_media.sandbox.seed_checks import SeedError, checked_seed, read_document
from encode_media.sandbox.seed_document import SeedDocument
from encode_media.sandbox.seed_file import plant_document
from encode_media.sandbox.store import Store
from encode_media.sandbox.visibility import Caller, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """`document` says it in a record: the name of a built-in seed, or the content of the file."""

    document: str | Mapping[str, Any]
    api_user: str = built_in.API_USER
    content: SeedDocument | None = None
    folder: Path | None = None
    """Relative paths in the file begin here; None where its media is not at hand."""


DEMO = Seed(document="demo")
EMPTY = Seed(document="empty")


def load_seed(name: str) -> Seed:
    """`demo`, `empty`, or the path of a YAML file. Raises SeedError."""
    built_ins = {"demo": DEMO, "empty": EMPTY}
    if name in built_ins:
        return built_ins[name]
    path = Path(name)
    if not path.is_file():
        raise SeedError(f"{name} is neither demo nor empty nor a file")
    return replace(recorded_seed(read_document(path)), folder=path.absolute().parent)


def recorded_seed(document: Mapping[str, Any]) -> Seed:
    """The seed of a document that was read before. Raises SeedError."""
    content = checked_seed(document, "seed")
    return Seed(document=document, api_user=content.speaker, content=content)


def plant(store: Store, files: Files, seed: Seed, sources: Path) -> bool:
    """Fills an empty store, all or nothing; one that has been filled stays as it is. Raises SeedError."""
    if store.rows('SELECT 1 FROM "Location" LIMIT 1'):
        return False
    name = seed.api_user
    user_id = fixed_id("User", name)
    caller = Caller(id=user_id, username=name, roles=frozenset({"Administrator"}), visibility=Visibility())
    with store.transaction():
        batch = Batch(store, caller)
        built_in.words(batch)
        if seed.content is not None:
            try:
                plant_document(batch, files, seed.content, seed.folder)
                batch.finish()
            except Problem as problem:
                raise SeedError(f"the seed can't be planted: {problem}") from problem
            return True
        if seed is EMPTY or seed.document == "empty":
            built_in.people(batch, names=[built_in.API_USER])
        else:
            built_in.people(batch)
            built_in.demo_project(batch, sources)
            built_in.private_project(batch, sources)
        batch.finish()
    return True


def api_user(store: Store, seed: Seed) -> str:
    """Whom the key speaks for if nobody says more: the seed's, or an administrator of what is there."""
    rows = store.rows(
        'SELECT u.username AS name FROM "Resource" u JOIN "UserSecurityRole" r ON r.user_id = u.id '
        "JOIN \"SecurityRole\" s ON s.id = r.security_role_id WHERE u.is_active = 1 AND s.name = 'Administrator' "
        "ORDER BY r.is_all_projects DESC, u.rowid"
    )
    names = [str(row["name"]) for row in rows]
    return seed.api_user if seed.api_user in names or not names else names[0]
