"""The bytes of components: uploads, downloads, and the signatures that stand for credentials in addresses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from encode_media.sandbox.problems import NotFound, PermissionDenied, ValidationError
from encode_media.sandbox.store import Store

SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b"
_UNCLAIMED_S = 24 * 3600.0
_SAFE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
MEDIA_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm",
    ".mkv": "video/x-matroska", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png",
    ".gif": "image/gif", ".webp": "image/webp", ".tif": "image/tiff", ".tiff": "image/tiff",
    ".exr": "image/x-exr", ".dpx": "image/x-dpx", ".wav": "audio/wav", ".mp3": "audio/mpeg",
    ".pdf": "application/pdf", ".txt": "text/plain", ".json": "application/json",
}  # fmt: skip


def media_type(suffix: str | None) -> str:
    return MEDIA_TYPES.get((suffix or "").lower(), "application/octet-stream")


class Files:
    """One file per component id below a folder; a file appears under its name only when it is whole."""

    def __init__(self, folder: Path, secret: str) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._secret = secret.encode()
        self._incoming.mkdir(parents=True, exist_ok=True)

    def path(self, component_id: str) -> Path:
        """Where the bytes are, or will be. Ids come from outside: nothing but an id is accepted."""
        if not _SAFE_ID.fullmatch(component_id):
            raise ValidationError("this is not the id of a component")
        return self._folder / component_id[:2] / component_id

    def existing(self, component_id: str) -> Path:
        path = self.path(component_id)
        if not path.is_file():
            raise NotFound(f"component {component_id} has no data in ftrack.server")
        return path

    def adopt(self, component_id: str, made: Path) -> int:
        """Takes a file of our own making as the component's data; gives its size."""
        target = self.path(component_id)
        target.parent.mkdir(exist_ok=True)
        size = made.stat().st_size
        shutil.move(made, target)
        return size

    def copy(self, component_id: str, present: Path) -> None:
        """Takes a copy of a file as the component's data."""
        target = self.path(component_id)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(present, target)

    def remove(self, component_id: str) -> None:
        self.path(component_id).unlink(missing_ok=True)

    def sign(self, *words: object) -> str:
        """A token that proves we handed out an address for exactly these words."""
        text = "\0".join(str(word) for word in words).encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def check(self, token: str, *words: object) -> None:
        if not hmac.compare_digest(token.encode(), self.sign(*words).encode()):
            raise PermissionDenied("this address was not handed out by the server")

    async def receive(
        self, component_id: str, chunks: AsyncIterator[bytes], *, size: int | None, checksum: str
    ) -> None:
        """Takes an upload as the component's data; `checksum` is the base64 MD5 promised, or empty."""
        target = self.path(component_id)
        incoming = self._incoming / uuid.uuid4().hex
        try:
            received, digest = await _write(incoming, chunks)
            if size is not None and received != size:
                raise ValidationError(f"{size} bytes were promised, {received} came")
            if checksum and base64.b64encode(digest).decode() != checksum.strip():
                raise ValidationError("the data does not have the checksum that was promised")
            target.parent.mkdir(exist_ok=True)
            incoming.replace(target)
        finally:
            incoming.unlink(missing_ok=True)

    def new_parts(self) -> str:
        """Opens a multi-part upload."""
        upload_id = uuid.uuid4().hex
        (self._incoming / upload_id).mkdir()
        return upload_id

    async def receive_part(self, upload_id: str, number: int, chunks: AsyncIterator[bytes]) -> str:
        """Takes one part; gives its tag."""
        path = self._parts(upload_id) / str(number)
        _, digest = await _write(path, chunks)
        return digest.hex()

    def complete(self, component_id: str, upload_id: str, parts: Iterable[tuple[int, str]]) -> None:
        """Makes the parts one file, in their order, after comparing their tags."""
        folder = self._parts(upload_id)
        whole = self._incoming / uuid.uuid4().hex
        with whole.open("wb") as out:
            for number, tag in sorted(parts):
                part = folder / str(number)
                if not part.is_file() or _md5(part).hex() != tag.strip('"'):
                    whole.unlink()
                    raise ValidationError(f"part {number} of the upload is missing or different")
                with part.open("rb") as source:
                    shutil.copyfileobj(source, out)
        target = self.path(component_id)
        target.parent.mkdir(exist_ok=True)
        whole.replace(target)
        shutil.rmtree(folder)

    def _parts(self, upload_id: str) -> Path:
        folder = self._incoming / upload_id
        if not re.fullmatch(r"[0-9a-f]{32}", upload_id) or not folder.is_dir():
            raise NotFound("there is no such upload")
        return folder

    def drop_unclaimed(self, store: Store) -> None:
        """Removes what was uploaded a day ago and never became part of a component."""
        limit = time.time() - _UNCLAIMED_S
        for path in list(self._folder.glob("*/*")):
            if path.stat().st_mtime > limit:
                continue
            if path.parent == self._incoming:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            elif store.find("Component", (path.name,)) is None:
                path.unlink()


async def _write(path: Path, chunks: AsyncIterator[bytes]) -> tuple[int, bytes]:
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    # Blocking writes: the sandbox serves one machine, and a disk is faster than what a client sends.
    with path.open("wb") as out:
        async for chunk in chunks:
            out.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return size, digest.digest()


def _md5(path: Path) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as source:
        while block := source.read(1 << 20):
            digest.update(block)
    return digest.digest()
