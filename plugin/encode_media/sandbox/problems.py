"""What the server refuses, by the exception names that clients look at."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """Reported to the client as `{exception, content, error_code}`."""

    name = "ServerError"
    status = 500

    def answer(self) -> dict[str, Any]:
        """The object that stands for the whole batch.

        The Python client runs the text through `str.format`, so it must not hold braces.
        """
        text = str(self).replace("{", "(").replace("}", ")")
        return {"exception": self.name, "content": text, "error_code": None}


class ValidationError(Problem):
    name = "ValidationError"
    status = 400


class ParseError(Problem):
    """The query can't be read."""

    name = "ParseError"
    status = 400


class PermissionDenied(Problem):
    name = "PermissionError"
    status = 403


class InvalidCredentials(Problem):
    name = "InvalidCredentialsError"
    status = 401


class DuplicateEntry(Problem):
    name = "DuplicateEntryError"
    status = 409


class NotFound(Problem):
    name = "NotFoundError"
    status = 404


class Unsupported(Problem):
    name = "ServerError"
    status = 400
