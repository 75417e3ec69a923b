"""The sandbox's own `encode_media`, done by the engine that does everything else here."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from encode_media.app import encode_here
from encode_media.errors import EncodeMediaError
from encode_media.ftrack.review import ftr_meta
from encode_media.model.request import Options
from encode_media.settings import Settings

if TYPE_CHECKING:
    from encode_media.sandbox.encoder import EncodedMedia

_MOVIE_OPTIONS: Options = {"max_height": 720}
"""One movie, as the server makes: the ladder is what our own action is for."""


@dataclass(frozen=True, slots=True)
class SandboxEncoder:
    """A `sandbox.encoder.MediaEncoder`. Its sources lie in the server's own folder, wherever that is."""

    settings: Settings

    def encode(self, source: Path, folder: Path, *, movie: bool, stop: threading.Event) -> EncodedMedia:
        """Raises EncodingFailed."""
        from encode_media.sandbox.encoder import EncodedFile, EncodedMedia, EncodingFailed

        try:
            result = encode_here(
                self.settings,
                [str(source)],
                sequence=False,
                preset="review",
                options=_MOVIE_OPTIONS if movie else {},
                folder=folder,
                on_progress=lambda _: None,
                stop=stop,
            )
        except EncodeMediaError as error:
            raise EncodingFailed(error.message) from error
        if result.status != "done":
            raise EncodingFailed((result.error or {}).get("message", "the encode was cancelled"))
        made = {output.name: output for output in result.outputs}
        paths = {output.name: Path(output.location) for output in result.published}
        wanted = ("ftrackreview-mp4", "thumbnail") if movie else ("ftrackreview-image",)
        if missing := [name for name in wanted if name not in paths]:
            raise EncodingFailed(f"this source gives no {', '.join(missing)}")
        files = [EncodedFile(path=paths[name], ftr_meta=ftr_meta(made[name]) or "") for name in wanted]
        return EncodedMedia(movie=files[0] if movie else None, image=files[-1])
