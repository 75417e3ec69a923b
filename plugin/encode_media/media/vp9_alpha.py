"""The transparency of VP9 in WebM, which is a second stream of pictures. Runs in the probe's child process.

The usual decoder leaves it out and says nothing, so a file that lost it looks like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from encode_media.media.opening import problem_text

if TYPE_CHECKING:
    from av.packet import Packet

_KIND = "matroska_block_additional"
_ID_LENGTH = 8
"""Before the data: which of several additions it is; 1 is transparency (WebM, alpha channel)."""
_ALPHA_ID = (1).to_bytes(_ID_LENGTH, "big")


class AlphaPictures:
    """Decodes them packet by packet and counts those of the right size."""

    def __init__(self, width: int, height: int) -> None:
        import av

        self._size = (width, height)
        self._decoder = av.CodecContext.create("vp9", "r")
        self.count = 0

    def problem_with(self, packet: Packet[Any]) -> str:
        """Empty where the transparency of this picture can be decoded, and where there is none."""
        import av

        try:
            self._add(packet)
        except (av.error.FFmpegError, MemoryError) as error:
            return f"transparency: {problem_text(error)}"
        return ""

    def _add(self, packet: Packet[Any]) -> None:
        import av

        for part in packet.iter_sidedata():
            data = bytes(part)
            if str(part.data_type) != _KIND or not data.startswith(_ALPHA_ID):
                continue
            for frame in self._decoder.decode(av.Packet(data[_ID_LENGTH:])):
                self.count += (frame.width, frame.height) == self._size
