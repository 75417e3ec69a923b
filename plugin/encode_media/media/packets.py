"""One pass over the packets of a picture stream: the first picture, and when each one is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from encode_media.errors import failure
from encode_media.media.formats import RAW_DEMUXERS
from encode_media.media.key_frames import LOOKED_AT, KeyFrames
from encode_media.media.opening import problem_text
from encode_media.media.streams import stated_field_order

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_FIELD_CODECS = frozenset({"h264", "hevc", "mpeg2video", "vc1"})
"""Their interlaced pictures may be two packets, one for each field."""


class Reading:
    """Reads a stream from its beginning. Ask for `first_frame`, then for the `rest` if it is needed."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        stream.codec_context.thread_count = 1  # mostly one frame: threads would only add start-up and memory
        self.stamps: list[int] = []
        self.untimed = False
        """True: the stream has no times; `stamps` only counts."""
        context = stream.codec_context
        self.keys = KeyFrames(context.codec.canonical_name, context.extradata or b"")
        self._stream = stream
        self._demuxer = container.format.name
        self._packets = container.demux(stream)
        self._problem = "no picture in it can be decoded"
        self._decoded_stamps: list[int | None] = []
        self._interlaced = False

    def first_frame(self, path: str) -> VideoFrame:
        """The first picture that can be decoded.

        Raises:
            UnsupportedFormat: there is none.
        """
        for packet in self._packets:
            self._note(packet)
            frames = self._decode(packet)
            if frames:
                self._interlaced = bool(frames[0].interlaced_frame)
                return frames[0]
        raise failure("source.corrupt", path=path, problem=self._problem)

    def rest(self) -> None:
        """Counts the other pictures: by packets, or by decoding where a packet is not always a picture."""
        must_decode = self._demuxer in RAW_DEMUXERS or self._may_be_field_coded()
        for packet in self._packets:
            self._note(packet)
            if must_decode:
                self._decode(packet)
        if must_decode:
            timed = [stamp for stamp in self._decoded_stamps if stamp is not None]
            self.untimed = len(timed) < len(self._decoded_stamps)
            self.stamps = list(range(len(self._decoded_stamps))) if self.untimed else timed

    def _may_be_field_coded(self) -> bool:
        context = self._stream.codec_context
        stated = stated_field_order(context)
        interlaced = self._interlaced if stated is None else stated not in ("progressive", "unknown")
        return interlaced and context.codec.canonical_name in _FIELD_CODECS

    def _note(self, packet: Packet[Any]) -> None:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if packet.size and not packet.is_discard:
            if packet.is_keyframe:
                self.keys.note(len(self.stamps), bytes(memoryview(packet)[:LOOKED_AT]))
            self.untimed |= stamp is None
            self.stamps.append(len(self.stamps) if stamp is None else stamp)

    def _decode(self, packet: Packet[Any]) -> list[VideoFrame]:
        import av

        try:
            frames = self._stream.codec_context.decode(packet)
        except (av.error.InvalidDataError, av.error.EOFError) as error:
            self._problem = problem_text(error)
            return []
        self._decoded_stamps += [frame.pts for frame in frames]
        return frames
