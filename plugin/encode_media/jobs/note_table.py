"""Small notes that outlive a process: what a person chose last, which batches are open."""

from __future__ import annotations

import json
import time

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from encode_media.jobs.engine import JsonDict
from encode_media.jobs.job_table import metadata

notes = sa.Table(
    "encode_media_notes",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
)


def recall(conn: sa.Connection, key: str) -> JsonDict | None:
    row = conn.execute(sa.select(notes.c.value).where(notes.c.key == key)).scalar()
    if row is None:
        return None
    value: JsonDict = json.loads(row)
    return value


def remember(conn: sa.Connection, key: str, value: JsonDict, *, only_new: bool) -> bool:
    """False: there was one already, and it stays."""
    insert = sqlite.insert(notes) if conn.dialect.name == "sqlite" else postgresql.insert(notes)
    changed = {"value": json.dumps(value), "updated_at": time.time()}
    adding = insert.values(key=key, **changed)
    if only_new:
        added = adding.on_conflict_do_nothing(index_elements=[notes.c.key]).returning(notes.c.key)
        return conn.execute(added).scalar() is not None
    conn.execute(adding.on_conflict_do_update(index_elements=[notes.c.key], set_=changed))
    return True
