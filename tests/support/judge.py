"""Judges finished files by decoding them with PyAV: nothing here is shared with the product's own check."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import av
import av.sidedata.sidedata


@dataclass(kw_only=True)
class Seen:
    """What a file holds."""

    stamps: list[Fraction] = field(default_factory=list)
    """Seconds, in order of showing."""
    keys: list[int] = field(default_factory=list)
    """Indices of key frames, in order of decoding."""
    sizes: set[tuple[int, int]] = field(default_factory=set)
    rotations: set[int] = field(default_factory=set)
    codec: str = ""
    rate: Fraction | None = None
    colour: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Range, primaries, transfer, matrix as ITU-T H.273 numbers."""
    sample_aspect: Fraction = Fraction(1)
    samples: int = 0
    sample_rate: int = 0
    channels: int = 0
    first_sound_s: Fraction | None = None

    @property
    def frames(self) -> int:
        return len(self.stamps)

    @property
    def longest_group(self) -> int:
        """Frames from a key frame to the next, or to the end."""
        return max((later - earlier for earlier, later in pairwise([*self.keys, self.frames])), default=0)

    @property
    def steps_s(self) -> set[float]:
        """The distances between frames, in whole tenths of milliseconds."""
        return {round(float(later - earlier), 4) for earlier, later in pairwise(self.stamps)}

    @property
    def sound_s(self) -> Fraction:
        return Fraction(self.samples, self.sample_rate) if self.sample_rate else Fraction(0)


def look_at(path: str) -> Seen:
    """Decodes the file from the first packet to the last; a damaged one raises."""
    seen = Seen()
    with av.open(path) as container:
        packets = 0
        streams = [*container.streams.video[:1], *container.streams.audio[:1]]
        for packet in container.demux(streams):
            if packet.stream.type == "video" and packet.size:
                if packet.is_keyframe:
                    seen.keys.append(packets)
                packets += 1
            for frame in packet.decode():
                _note(seen, frame)
        if container.streams.video:
            _describe(seen, container.streams.video[0])
    seen.stamps.sort()
    return seen


def _note(seen: Seen, frame: object) -> None:
    if isinstance(frame, av.VideoFrame):
        base = frame.time_base or Fraction(1)
        seen.stamps.append((frame.pts or 0) * base)
        seen.sizes.add((frame.width, frame.height))
        seen.rotations.add(frame.rotation)
    elif isinstance(frame, av.AudioFrame):
        if seen.first_sound_s is None and frame.pts is not None:
            seen.first_sound_s = frame.pts * (frame.time_base or Fraction(1))
        seen.samples += frame.samples
        seen.sample_rate = frame.sample_rate
        seen.channels = frame.layout.nb_channels


def _describe(seen: Seen, stream: av.video.stream.VideoStream) -> None:
    context = stream.codec_context
    seen.codec = context.codec.canonical_name
    seen.rate = stream.average_rate
    seen.sample_aspect = stream.sample_aspect_ratio or Fraction(1)
    seen.colour = (context.color_range, context.color_primaries, context.color_trc, context.colorspace)
