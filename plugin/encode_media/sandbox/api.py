"""`POST /api`: a batch of operations, done together or not at all."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from encode_media.sandbox.desk import Desk
from encode_media.sandbox.files import media_type
from encode_media.sandbox.json_schema import json_schemas, schema_hash
from encode_media.sandbox.operations import Batch
from encode_media.sandbox.problems import PermissionDenied, Unsupported, ValidationError
from encode_media.sandbox.query_run import run_query
from encode_media.sandbox.search import search_query
from encode_media.sandbox.virtual_values import VirtualValues
from encode_media.sandbox.visibility import Caller
from encode_media.sandbox.widgets import widget_url

SERVER_VERSION = "25.1.0"
"""The ftrack release whose behaviour this server follows."""


class Api:
    """Answers batches for callers that are known already."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._schemas = json_schemas()
        self._hash = schema_hash(self._schemas)

    def call(self, caller: Caller, operations: Any, base_url: str, headers: Mapping[str, str]) -> list[Any]:
        """Does the operations in order, announces what changed. Raises Problem, and then nothing happened."""
        if isinstance(operations, dict):
            operations = [operations]
        if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
            raise ValidationError("the body must be a list of operations")
        jobs: list[str] = []

        def work(batch: Batch) -> list[Any]:
            request = _Request(self._desk, batch, base_url, jobs)
            return [self._one(request, operation) for operation in operations]

        elements = self._desk.commits.run(caller, work, headers)
        for job_id in jobs:
            self._desk.media_jobs.queue(job_id)
        return elements

    def _one(self, request: _Request, operation: dict[str, Any]) -> Any:
        action = operation.get("action")
        if action == "query_server_information":
            return self._server_information(request.caller, operation.get("values"))
        if action == "query_schemas":
            return self._schemas
        handler = request.handlers().get(str(action))
        if handler is None:
            # The Python client tells this apart from other failures by these very words.
            raise Unsupported(f"Invalid action u'{action}'")
        return handler(operation)

    def _server_information(self, caller: Caller, names: list[str] | None) -> dict[str, Any]:
        information = {
            "version": SERVER_VERSION,
            "schema_hash": self._hash,
            "is_timezone_support_enabled": True,
            "storage_scenario": {"scenario": None, "data": {}},
            "user_information": {"id": caller.id, "username": caller.username},
            "product": {"name": "Encode Media sandbox"},
        }
        if names is None:
            return information
        return {name: value for name, value in information.items() if name in {*names, "version"}}


class _Request:
    """One batch of one caller."""

    def __init__(self, desk: Desk, batch: Batch, base_url: str, jobs: list[str]) -> None:
        self.caller = batch.caller
        self._batch = batch
        self._desk = desk
        self._files = desk.files
        self._store = batch.store
        self._base_url = base_url
        self._jobs = jobs
        """Takes the ids of the jobs that begin once the batch is committed."""

    def handlers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            "query": self._query,
            "search": self._search,
            "create": self._batch.create,
            "update": self._batch.update,
            "delete": self._batch.delete,
            "get_upload_metadata": self._upload,
            "complete_multipart_upload": self._complete_upload,
            "encode_media": self._encode_media,
            "get_widget_url": self._widget,
            "reset_remote": self._reset,
            "send_user_invite": self._invite_user,
            "send_review_session_invite": self._invite_to_review,
        }

    def _query(self, operation: dict[str, Any]) -> dict[str, Any]:
        virtual = VirtualValues(self._files, self._base_url)
        return run_query(self._store, str(operation.get("expression", "")), self.caller.visibility, virtual)

    def _search(self, operation: dict[str, Any]) -> dict[str, Any]:
        virtual = VirtualValues(self._files, self._base_url)
        query = search_query(self._store.schema, operation)
        return {**run_query(self._store, query, self.caller.visibility, virtual), "action": "search"}

    def _widget(self, operation: dict[str, Any]) -> dict[str, str]:
        return widget_url(self._files, self.caller, operation, self._base_url)

    def _reset(self, operation: dict[str, Any]) -> dict[str, Any]:
        """A new key for a user: the caller's own, or anybody's for administrators."""
        if operation.get("reset_type") != "api_key":
            raise ValidationError("only the api_key can be reset")
        key = operation.get("entity_key") or self.caller.id
        user = self._batch.visible("User", str(key[0] if isinstance(key, list) else key))
        if user["id"] != self.caller.id and not self.caller.is_administrator:
            raise PermissionDenied(f"{self.caller.username} may not reset the key of {user['username']}")
        return {"action": "reset_remote", "data": {"api_key": self._desk.credentials.renew(user["id"])}}

    def _invite_user(self, operation: dict[str, Any]) -> dict[str, Any]:
        return self._desk.invitations.send_user(self._store, self.caller, str(operation.get("user_id")))

    def _invite_to_review(self, operation: dict[str, Any]) -> dict[str, Any]:
        invitee = str(operation.get("review_session_invitee_id"))
        return self._desk.invitations.send_review_session(self._store, self.caller, invitee)

    def _upload(self, operation: dict[str, Any]) -> dict[str, Any]:
        """An address to send the bytes to; the component itself may come later."""
        if not self.caller.may_write:
            raise PermissionDenied(f"{self.caller.username} may only read")
        component_id = str(operation.get("component_id"))
        self._files.path(component_id)
        answer = {"action": "get_upload_metadata", "component_id": component_id}
        parts = operation.get("parts")
        if isinstance(parts, int) and parts > 1:
            return {**answer, **self._part_addresses(component_id, parts)}
        checksum = _md5_text(operation.get("checksum"))
        size = operation.get("file_size")
        size = int(size) if size is not None else ""
        token = self._files.sign("write", component_id, size, checksum)
        query = f"token={token}&size={size}&md5={quote(checksum, safe='')}"
        name = str(operation.get("file_name", ""))
        headers = {"Content-Type": media_type("." + name.rpartition(".")[2])}
        if checksum:
            headers["Content-MD5"] = checksum
        return {**answer, "url": f"{self._base_url}/upload/{component_id}?{query}", "headers": headers}

    def _part_addresses(self, component_id: str, parts: int) -> dict[str, Any]:
        upload_id = self._files.new_parts()
        urls = []
        for number in range(1, parts + 1):
            token = self._files.sign("part", upload_id, number)
            url = f"{self._base_url}/upload/{component_id}/part/{number}?upload={upload_id}&token={token}"
            urls.append({"part_number": number, "signed_url": url})
        return {"upload_id": upload_id, "urls": urls}

    def _complete_upload(self, operation: dict[str, Any]) -> dict[str, Any]:
        component_id = str(operation.get("component_id"))
        try:
            parts = [(int(part["part_number"]), str(part["e_tag"])) for part in operation["parts"]]
            upload_id = str(operation["upload_id"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValidationError("complete_multipart_upload needs upload_id and parts") from error
        self._files.complete(component_id, upload_id, parts)
        return {"action": "complete_multipart_upload", "component_id": component_id}

    def _encode_media(self, operation: dict[str, Any]) -> dict[str, Any]:
        if not self.caller.may_write:
            raise PermissionDenied(f"{self.caller.username} may only read")
        job_id = self._desk.media_jobs.accept(self._batch, operation)
        self._jobs.append(job_id)
        return {"action": "encode_media", "job_id": job_id}


def _md5_text(given: Any) -> str:
    """The base64 MD5 of a request, or nothing."""
    if not given:
        return ""
    text = str(given).strip()
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValidationError("the checksum must be a base64 MD5") from error
    return text
