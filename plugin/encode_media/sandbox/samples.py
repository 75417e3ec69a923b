"""What a record keeps of an upload: all of a small one, the size and digest of a large one."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

KEPT = 64 * 1024


class Sample:
    """Looks at the chunks as they pass."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._begin = b""
        self._size = 0
        self._digest = hashlib.md5(usedforsecurity=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            if len(self._begin) <= KEPT:
                self._begin += chunk[: KEPT + 1]
            self._size += len(chunk)
            self._digest.update(chunk)
            yield chunk

    def document(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"size": self._size, "md5": self._digest.hexdigest()}
        if self._size <= KEPT:
            facts["data"] = base64.b64encode(self._begin).decode()
        return facts
