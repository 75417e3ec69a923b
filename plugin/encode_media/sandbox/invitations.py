"""What the server would have sent by e-mail, kept in a file instead: nothing leaves this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from encode_media.sandbox.problems import NotFound, PermissionDenied
from encode_media.sandbox.store import Store
from encode_media.sandbox.values import now
from encode_media.sandbox.visibility import Caller


class Invitations:
    """One line of JSON for each invitation."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]

    def send_user(self, store: Store, caller: Caller, user_id: str) -> dict[str, Any]:
        """`send_user_invite`. Raises NotFound, PermissionDenied."""
        if not caller.is_administrator:
            raise PermissionDenied(f"{caller.username} may not invite users: administrators only")
        user = store.find("User", (user_id,))
        if user is None:
            raise NotFound(f"User {user_id} was not found")
        return self._keep(caller, "user", user_id, user["email"])

    def send_review_session(self, store: Store, caller: Caller, invitee_id: str) -> dict[str, Any]:
        """`send_review_session_invite`. Raises NotFound, PermissionDenied."""
        if not caller.may_write:
            raise PermissionDenied(f"{caller.username} may only read")
        invitee = store.find("ReviewSessionInvitee", (invitee_id,))
        session = store.find("ReviewSession", (invitee["review_session_id"],)) if invitee else None
        if invitee is None or session is None or session["project_id"] in caller.visibility.hidden_projects:
            raise NotFound(f"ReviewSessionInvitee {invitee_id} was not found")
        return self._keep(caller, "review_session", invitee_id, invitee["email"])

    def _keep(self, caller: Caller, kind: str, identifier: str, email: str | None) -> dict[str, Any]:
        line = {"kind": kind, "id": identifier, "email": email, "by": caller.username, "sent_at": now()}
        with self._path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
        return {"sent": True}
