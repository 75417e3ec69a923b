"""What the operations of a request work with."""

from __future__ import annotations

from dataclasses import dataclass

from encode_media.sandbox.commits import Commits
from encode_media.sandbox.credentials import Credentials
from encode_media.sandbox.files import Files
from encode_media.sandbox.invitations import Invitations
from encode_media.sandbox.media_jobs import MediaJobs
from encode_media.sandbox.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One server's parts, made when it starts."""

    store: Store
    files: Files
    commits: Commits
    credentials: Credentials
    invitations: Invitations
    media_jobs: MediaJobs
