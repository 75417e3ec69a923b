"""What a burn-in shows that changes from frame to frame, as expressions over a frame's time.

Over its time and not over a count: ffmpeg builds its graph anew when the form of the pictures changes on the
way, and counts begin again then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from encode_media.model.media import Media, MissingFrames, SourceKind
from encode_media.model.overlay import COUNT_MARK, FIRST_MARK, LAST_MARK, RATE_MARK
from encode_media.timebase import Timecode, describe_rate, frames_per_day, nominal_rate

_LEAST_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A run of frames that show another one, or black where `shown` is None. Counted from 0, ends included."""

    first: int
    last: int
    shown: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Frames from `first` to `last`, counted from 0, some of them shown at another rate."""

    first: int
    last: int
    rate: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """The numbers of the frames of an output."""

    rate: Fraction
    numbers: tuple[tuple[int, int], ...]
    """Where the numbering jumps: index of a frame and its number. The first is for index 0."""
    last_number: int
    count: int = 1
    timecode: Timecode
    """Of the first frame."""
    stands: tuple[Stand, ...] = ()
    source_rate: Fraction | None = None
    """Where frames are repeated or dropped for another rate: the rate they are counted at."""
    only: int | None = None
    """Of a still: the frame it shows, counted from 0."""
    part: Part | None = None
    """Of an animation: what it shows of these frames."""

    @property
    def digits(self) -> int:
        return max(_LEAST_DIGITS, *(len(str(abs(number))) for number in (self.numbers[0][1], self.last_number)))

    def first_text(self) -> str:
        return f"{self.numbers[0][1]:0{self.digits}d}"

    def fixed(self) -> dict[str, str]:
        """What stands for the same on every frame, by its mark."""
        return {
            FIRST_MARK: self.first_text(), LAST_MARK: f"{self.last_number:0{self.digits}d}",
            COUNT_MARK: str(self.count), RATE_MARK: describe_rate(self.rate),
        }  # fmt: skip

    def frame_text(self) -> str:
        """The number, as drawtext expands it."""
        jumps, before = "", 0
        for index, number in self.numbers:
            offset = number - index
            jumps += f"{offset:+d}" if index == 0 else f"{offset - before:+d}*gte(ld(0),{index})"
            before = offset
        return _whole(f"st(0,{self._shown()});ld(0){jumps}", self.digits)

    def timecode_text(self) -> str:
        """`HH:MM:SS:FF`, drop-frame where the start is."""
        base = nominal_rate(self.timecode.rate)
        day = frames_per_day(self.timecode.rate, drop_frame=self.timecode.drop_frame)
        label = f"st(0,mod({self._index()}+{self.timecode.frame % day},{day}));"
        if self.timecode.drop_frame:
            label += _dropped(base)
        parts = (
            f"floor(ld(0)/{base * 3600})",
            f"mod(floor(ld(0)/{base * 60}),60)",
            f"mod(floor(ld(0)/{base}),60)",
        )
        clock = ":".join(_whole(label + part, 2) for part in parts)
        mark = ";" if self.timecode.drop_frame else ":"
        return f"{clock}{mark}{_whole(f'{label}mod(ld(0),{base})', 2)}"

    def stand_text(self) -> str:
        """Which frame is shown instead, while `stands_now`."""
        shown = "".join(f"+{stand.shown}*{_within(stand)}" for stand in self.stands if stand.shown is not None)
        return _whole(f"st(0,{self._shown()});0{shown}", self.digits)

    def now(self, stands: Sequence[Stand]) -> str:
        """1 on the frames of these runs, 0 on others; for a filter's `enable`."""
        return f"st(0,{self._shown()});" + "+".join(_within(stand) for stand in stands)

    def _shown(self) -> str:
        """The frame of the source that is shown: the one nearest in time to the frame of the output."""
        if self.source_rate is None:
            return self._index()
        ratio = self.source_rate / self.rate
        return f"ceil(({self._index()}+0.5)*{ratio.numerator}/{ratio.denominator})-1"

    def _index(self) -> str:
        """The frame of the output."""
        if self.only is not None:
            return str(self.only)
        if self.part is None:
            return f"round(t*{self.rate.numerator}/{self.rate.denominator})"
        own, ratio = self.part.rate, self.rate / self.part.rate
        nearest = f"ceil((round(t*{own.numerator}/{own.denominator})+0.5)*{ratio.numerator}/{ratio.denominator})-1"
        return f"min({self.part.last},{self.part.first}+{nearest})"


def count_frames(media: Media, policy: MissingFrames, first: int, frames: int | None, start: Timecode) -> Counters:
    """The counters of an output that begins with the frame of this number.

    Args:
        media: the source, with the numbers that are missing in it.
        policy: what is done about those.
        first: number of the first frame.
        frames: how many there are.
        start: timecode of the first frame; its rate is that of the output.
    """
    missing = {number for number in media.missing if media.kind is SourceKind.SEQUENCE}
    count = frames or 1
    if missing and policy is MissingFrames.SKIP:
        numbers = [number for number in range(first, first + count + len(missing)) if number not in missing][
            :count
        ]
        jumps = [
            (index, number)
            for index, number in enumerate(numbers)
            if index == 0 or number != numbers[index - 1] + 1
        ]
        return Counters(
            rate=start.rate, numbers=tuple(jumps), last_number=numbers[-1], count=count, timecode=start
        )
    return Counters(
        rate=start.rate,
        numbers=((0, first),),
        last_number=first + count - 1,
        count=count,
        timecode=start,
        stands=_stands(sorted(missing), policy, first, count),
    )


def _stands(missing: Sequence[int], policy: MissingFrames, first: int, count: int) -> tuple[Stand, ...]:
    """Runs of missing frames; the one before each is held, or the next one where there is none before."""
    gone = frozenset(missing)
    found: list[Stand] = []
    for number in missing:
        index = number - first
        if not 0 <= index < count:
            continue
        if found and found[-1].last == index - 1:
            previous = found.pop()
            found.append(Stand(first=previous.first, last=index, shown=previous.shown))
        else:
            shown = number - 1 if index else next((n for n in range(number, first + count) if n not in gone), None)
            found.append(Stand(first=index, last=index, shown=shown if policy is MissingFrames.HOLD else None))
    return tuple(found)


def _within(stand: Stand) -> str:
    return f"between(ld(0),{stand.first},{stand.last})"


def _whole(expression: str, digits: int) -> str:
    return f"%{{eif:{expression}:d:{digits}}}"


def _dropped(base: int) -> str:
    """Adds the labels SMPTE ST 12-1 leaves out: some at each minute but every tenth."""
    dropped = base // 15
    tens, minute = base * 600 - dropped * 9, base * 60 - dropped
    passed = f"gte(ld(1),{base * 60})*(1+floor((ld(1)-{base * 60})/{minute}))"
    return f"st(1,mod(ld(0),{tens}));st(0,ld(0)+{dropped}*(9*floor(ld(0)/{tens})+{passed}));"
