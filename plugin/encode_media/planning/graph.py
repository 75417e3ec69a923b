"""One ffmpeg run as data, compiled to an argument list. The only module that knows ffmpeg-python.

Each output names its whole chain of filters from the source on. Chains that begin alike are laid
once and split where they part, so outputs can be described without knowing of each other and still
share the decode and every step they have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

GLOBAL_FLAGS = (
    "-nostdin", "-hide_banner", "-v", "error", "-progress", "pipe:1", "-nostats", "-stats_period", "0.5", "-y",
)  # fmt: skip
"""Progress blocks on stdout twice a second, only errors on stderr; -y because names are private to the job."""


_JOINED = {2: "stereo", 6: "5.1", 8: "7.1"}
"""Layouts of mono tracks that belong together."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter. An option without a name is positional and comes first."""

    name: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Fork:
    """The stream in several copies, each with a chain of its own, that one filter makes one of again."""

    branches: tuple[Chain, ...]
    join: Filter
    beside: tuple[Chain, ...] = ()
    """More inputs of the filter, behind the branches. All begin with one and the same source filter."""


Chain = tuple["Filter | Fork", ...]


def step(name: str, *positional: object, **options: object) -> Filter:
    """A filter from plain values; fractions and numbers are written as ffmpeg reads them."""
    pairs = [("", text_of(value)) for value in positional]
    pairs += [(key, text_of(value)) for key, value in options.items()]
    return Filter(name, tuple(pairs))


def text_of(value: object) -> str:
    """`24000/1001`, never 23.976; everything else as Python writes it."""
    return f"{value.numerator}/{value.denominator}" if isinstance(value, Fraction) else str(value)


def pick_frames(first: int, count: int, rate: Fraction) -> Filter:
    """Frames by index from 0, of a stream whose time base is one frame: ffmpeg rounds times to it.

    By time and not by counting: ffmpeg builds the graph anew when the form of the pictures changes on the way,
    and counters start again then.
    """
    begin = {"start": _seconds(first / rate)} if first else {}
    return step("trim", **begin, end=_seconds((first + count) / rate))


def _seconds(value: Fraction) -> str:
    return f"{float(value):.6f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A part of a movie's pictures that is read by itself."""

    options: Mapping[str, str | None]
    """Of the input, as it is opened once more."""
    steps: Chain
    """What picks them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """What is read. `options` go before `-i`; None is a flag without a value."""

    path: str
    options: Mapping[str, str | None] = field(default_factory=dict)
    excerpts: tuple[Excerpt, ...] = ()
    """What is read of the pictures, one after the other, where that is little of them; their times are lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundInput:
    """Where sound comes from: the run's own source, or a file or generator beside it."""

    path: str | None = None
    """None: the run's own source."""
    options: tuple[tuple[str, str | None], ...] = ()
    streams: tuple[int, ...] = (0,)
    """Several are mono tracks that become the channels of one sound, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """What is written. `video` None: no picture; `audio` None: no sound."""

    path: str
    video: Chain | None = None
    audio: Chain | None = None
    sound: SoundInput | None = None
    """Where `audio` begins; None: at the stream the run names."""
    copied: tuple[int, ...] = ()
    """Streams of the source that are written as they are."""
    joined: InputFile | None = None
    """Another file whose picture is written as it is."""
    options: Mapping[str, str | None] = field(default_factory=dict)


def compile_run(
    source: InputFile,
    outputs: Sequence[OutputFile],
    *,
    video_stream: int | None,
    audio_stream: int | None = None,
) -> tuple[str, ...]:
    """The arguments after the program name: one source, its picture and sound shared by all outputs."""
    import ffmpeg

    node = ffmpeg.input(_textual(source.path), **source.options)
    videos = [output.video for output in outputs if output.video is not None]
    pictures = iter(_branches(_pictures(node, source, str(video_stream)), videos, "split") if videos else ())
    sounds = _sounds(node, outputs, audio_stream)
    files = []
    for index, output in enumerate(outputs):
        streams = [node[str(stream)] for stream in output.copied]
        if output.joined is not None:
            streams.append(ffmpeg.input(output.joined.path, **output.joined.options)["v:0"])
        streams += [] if output.video is None else [next(pictures)]
        streams += [sounds[index]] if index in sounds else []
        files.append(ffmpeg.output(*streams, output.path, **output.options))
    arguments = ffmpeg.merge_outputs(*files).get_args()
    return (*GLOBAL_FLAGS, *(argument.translate(_BYTES_BACK) for argument in arguments))


def _pictures(node: Any, source: InputFile, stream: str) -> Any:
    """The stream of pictures, or its excerpts one after the other."""
    import ffmpeg

    if not source.excerpts:
        return node[stream]
    ends = []
    for excerpt in source.excerpts:
        opened = ffmpeg.input(_textual(source.path), **excerpt.options)
        ends += _branches(opened[stream], [excerpt.steps], "split")
    # "Unsafe": pictures of another size are passed on too, and get the size that is wanted behind it.
    return _filtered(ends, step("concat", n=len(ends), unsafe=1))


def _textual(path: str) -> str:
    """The path as proper text, which ffmpeg-python needs; `_BYTES_BACK` undoes it."""
    return path.translate(_BYTES_AWAY)


_BYTES_AWAY = {0xDC00 + byte: 0x10FE00 + byte for byte in range(0x80, 0x100)}
"""Bytes of a name that are no text: Python's stand-ins for them to characters for private use, and back."""
_BYTES_BACK = {private: stand_in for stand_in, private in _BYTES_AWAY.items()}


def _sounds(node: Any, outputs: Sequence[OutputFile], audio_stream: int | None) -> dict[int, Any]:
    """The end of each output's sound, by the output's index; sounds of one origin share what they can."""
    origins: dict[SoundInput, list[tuple[int, Chain]]] = {}
    for index, output in enumerate(outputs):
        if output.audio is not None:
            origin = output.sound or SoundInput(streams=(audio_stream or 0,))
            origins.setdefault(origin, []).append((index, output.audio))
    ends: dict[int, Any] = {}
    for origin, chains in origins.items():
        _grow(_sound_stream(node, origin), chains, "asplit", ends)
    return ends


def _sound_stream(node: Any, origin: SoundInput) -> Any:
    import ffmpeg

    if origin.path is not None:
        node = ffmpeg.input(_textual(origin.path), **dict(origin.options))
    tracks = [node[str(stream)] for stream in origin.streams]
    if len(tracks) == 1:
        return tracks[0]
    return ffmpeg.filter(tracks, "join", inputs=len(tracks), channel_layout=_JOINED[len(tracks)])


def generate_run(filter_name: str, options: Mapping[str, object], output: OutputFile) -> tuple[str, ...]:
    """The arguments of a run whose picture comes from a generator instead of a file."""
    import ffmpeg

    described = step(filter_name, **options)
    text = ":".join(f"{key}={value}" for key, value in described.options)
    node = ffmpeg.input(f"{filter_name}={text}", f="lavfi")
    (picture,) = _branches(node["0"], [output.video or ()], "split")
    return (*GLOBAL_FLAGS, *ffmpeg.output(picture, output.path, **output.options).get_args())


def _branches(stream: Any, chains: Sequence[Chain], splitter: str) -> list[Any]:
    """The end of each chain, in order, with common beginnings laid only once."""
    ends: dict[int, Any] = {}
    _grow(stream, list(enumerate(chains)), splitter, ends)
    return [ends[index] for index in range(len(chains))]


def _grow(stream: Any, chains: list[tuple[int, Chain]], splitter: str, ends: dict[int, Any]) -> None:
    groups = _by_first(chains)
    branches = [stream] if len(groups) == 1 else _split(stream, splitter, len(groups))
    for branch, (first, members) in zip(branches, groups, strict=True):
        if first is None:
            ends[members[0][0]] = branch
        else:
            _grow(_apply(branch, first, splitter), members, splitter, ends)


def _by_first(
    chains: Iterable[tuple[int, Chain]],
) -> list[tuple[Filter | Fork | None, list[tuple[int, Chain]]]]:
    """Chains grouped by their first filter, which is taken off; a chain at its end is a group of its own."""
    groups: list[tuple[Filter | Fork | None, list[tuple[int, Chain]]]] = []
    places: dict[Filter | Fork, int] = {}
    for index, chain in chains:
        if not chain:
            groups.append((None, [(index, chain)]))
            continue
        first, rest = chain[0], chain[1:]
        if first not in places:
            places[first] = len(groups)
            groups.append((first, []))
        groups[places[first]][1].append((index, rest))
    return groups


def _split(stream: Any, splitter: str, count: int) -> list[Any]:
    node = stream.filter_multi_output(splitter)
    return [node.stream(number) for number in range(count)]


def _apply(stream: Any, wanted: Filter | Fork, splitter: str) -> Any:
    if isinstance(wanted, Fork):
        beside = _generated(wanted.beside, splitter) if wanted.beside else []
        return _filtered([*_branches(stream, wanted.branches, splitter), *beside], wanted.join)
    return _filtered([stream], wanted)


def _filtered(streams: Sequence[Any], wanted: Filter) -> Any:
    import ffmpeg

    positional = [value for key, value in wanted.options if not key]
    named = {key: value for key, value in wanted.options if key}
    return ffmpeg.filter(list(streams), wanted.name, *positional, **named)


def _generated(chains: Sequence[Chain], splitter: str) -> list[Any]:
    """The ends of chains whose first filter takes nothing in."""
    import ffmpeg.nodes

    class Generator(ffmpeg.nodes.FilterNode):  # type: ignore[misc]
        """A filter node without an input, which the library does not foresee."""

        def __init__(self, name: str, options: dict[str, str]) -> None:
            super(ffmpeg.nodes.FilterNode, self).__init__(
                stream_spec=None, name=name, incoming_stream_types=set(), min_inputs=0, max_inputs=0,
                outgoing_stream_type=ffmpeg.nodes.FilterableStream, args=[], kwargs=options,
            )  # fmt: skip

    firsts = {chain[0] for chain in chains}
    first = firsts.pop()
    if firsts or isinstance(first, Fork):
        raise TypeError("chains beside the stream begin with one and the same filter")
    return _branches(
        Generator(first.name, dict(first.options)).stream(), [chain[1:] for chain in chains], splitter
    )
