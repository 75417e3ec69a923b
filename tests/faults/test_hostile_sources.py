"""Hostile sources through the whole encode: a clear end in time, nothing read outside, nothing left."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from encode_media.app import run_to_end
from encode_media.errors import InvalidParameters, SourceMissing, UnsupportedFormat
from encode_media.jobs.memory_engine import MemoryEngine
from encode_media.jobs.workflow import Tools, make_workflow
from encode_media.local import FolderDestination
from encode_media.media.capabilities import find_ffmpeg
from encode_media.media.limits import MAX_PIXELS, MAX_SPAN
from encode_media.media.probe import probe
from encode_media.media.roots import require_inside
from encode_media.media.sequence import find_source
from encode_media.model.media import SourceRef
from encode_media.model.request import EncodeRequest
from encode_media.model.result import RunResult
from encode_media.presets.catalog import Catalog
from encode_media.settings import Settings
from encode_media.timebase import FrameSpan
from support.clips import Clips, copied, frame_of
from support.damage import damaged

LINKS = pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")


class Bench:
    """Encodes with roots around the sources, and knows of everything that must not change."""

    def __init__(self, folder: Path, ffmpeg: str) -> None:
        self.sources, self.outside = folder / "sources", folder / "outside"
        self.work, self.out = folder / "work", folder / "out"
        for each in (self.sources, self.outside, self.work, self.out):
            each.mkdir()
        self._settings = Settings(work_folder=self.work, source_roots=(self.sources,), ffmpeg=ffmpeg)
        self._ffmpeg = find_ffmpeg(ffmpeg)

    def encode(self, source: SourceRef, preset: str = "thumbnail", **options: object) -> RunResult:
        tools = Tools(
            catalog=Catalog(),
            ffmpeg=self._ffmpeg,
            settings=self._settings,
            destination=FolderDestination(self.out, lambda _: None),
        )
        request = EncodeRequest(preset=preset, options=options, source=source)
        return run_to_end(MemoryEngine(make_workflow(tools)), request, threading.Event())

    def refuses(self, source: SourceRef, *codes: str) -> None:
        started = time.monotonic()
        result = self.encode(source)
        assert time.monotonic() - started < 30
        assert result.error is not None
        assert result.error["code"] in codes, result.error
        assert list(self.out.iterdir()) == []
        assert [path for path in self.work.rglob("*") if path.is_file()] == [], "nothing is left"


@pytest.fixture
def bench(tmp_path: Path, ffmpeg: str) -> Bench:
    return Bench(tmp_path, ffmpeg)


# --- leaving the roots -----------------------------------------------------------------------------


@LINKS
def test_a_link_out_of_the_roots_is_not_followed(bench: Bench, clips: Clips) -> None:
    secret = copied(clips.movie("secret.mov", size="96x64", frames=4), bench.outside)
    link = bench.sources / "innocent.mov"
    link.symlink_to(secret)
    bench.refuses(SourceRef(path=str(link)), "source.outside_roots")


@LINKS
def test_a_linked_folder_out_of_the_roots_is_not_entered(bench: Bench, clips: Clips) -> None:
    copied(clips.sequence("png", size="96x64", frames=3), bench.outside)
    (bench.sources / "shot").symlink_to(bench.outside)
    bench.refuses(find_source([str(bench.sources / "shot")]), "source.outside_roots")


@LINKS
def test_one_frame_that_is_a_link_out_of_the_roots_stops_the_sequence(bench: Bench, clips: Clips) -> None:
    pattern = copied(clips.sequence("png", size="96x64", frames=3), bench.sources)
    secret = copied(clips.still("png", size="96x64"), bench.outside)
    frame_of(pattern, 1002).unlink()
    frame_of(pattern, 1002).symlink_to(secret)
    bench.refuses(find_source([str(pattern)]), "source.outside_roots")


@LINKS
def test_links_that_stay_within_the_roots_are_fine(bench: Bench, clips: Clips) -> None:
    pattern = copied(clips.sequence("png", size="96x64", frames=3), bench.sources)
    frame_of(pattern, 1002).unlink()
    frame_of(pattern, 1002).symlink_to(frame_of(pattern, 1001))
    assert bench.encode(find_source([str(pattern)])).status == "done"


def test_two_dots_do_not_lead_out_of_the_roots(bench: Bench, clips: Clips) -> None:
    secret = copied(clips.movie("secret.mov", size="96x64", frames=4), bench.outside)
    path = f"{bench.sources}/../outside/{secret.name}"
    bench.refuses(SourceRef(path=path), "source.outside_roots")


def test_a_neighbour_with_a_longer_name_is_not_inside(tmp_path: Path) -> None:
    """`/show-secret` begins like `/show`."""
    with pytest.raises(SourceMissing) as caught:
        require_inside(SourceRef(path=str(tmp_path / "show-secret" / "a.mov")), [tmp_path / "show"])
    assert caught.value.code == "source.outside_roots"


# --- scripts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:{secret}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{secret}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    ],
    ids=["hls", "concat", "sdp"],
)
def test_a_script_called_like_a_movie_reads_nothing(bench: Bench, clips: Clips, text: str) -> None:
    secret = copied(clips.movie("secret.mov", size="96x64", frames=4), bench.outside)
    script = bench.sources / "plate.mov"
    script.write_text(text.format(secret=secret))
    bench.refuses(SourceRef(path=str(script)), "source.not_media")


def test_a_movie_swapped_for_a_script_after_the_probe_reads_nothing(
    bench: Bench, clips: Clips, ffmpeg: str
) -> None:
    """What was probed and what is encoded are two moments: ffmpeg itself is told what it may open."""
    from encode_media.planning.planner import make_plan
    from encode_media.running.runner import run_plan

    secret = copied(clips.movie("secret.mov", size="96x64", frames=4), bench.outside)
    source = copied(clips.movie("plate.mov", size="96x64", frames=4), bench.sources)
    media = probe(SourceRef(path=str(source)))
    plan = make_plan(media, Catalog().resolve("thumbnail", media, {}))
    source.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:{secret}\n#EXT-X-ENDLIST\n")
    with pytest.raises(UnsupportedFormat):
        run_plan(plan, bench.work / "job", ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    assert not (bench.work / "job").exists()


# --- what never ends, or is never there ------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_among_the_frames_is_a_missing_frame(clips: Clips, tmp_path: Path) -> None:
    pattern = copied(clips.sequence("png", size="96x64", frames=3), tmp_path)
    frame_of(pattern, 1002).unlink()
    os.mkfifo(frame_of(pattern, 1002))
    started = time.monotonic()
    media = probe(find_source([str(pattern)]))
    assert media.missing == (1002,)
    assert time.monotonic() - started < 10


def test_a_file_that_grows_for_ever_is_given_up_in_time(clips: Clips, tmp_path: Path) -> None:
    """A stream somebody still writes: counting its frames would follow the writer."""
    source = copied(clips.movie("clip.ts", size="96x64", frames=24), tmp_path)
    data, stop = source.read_bytes(), threading.Event()

    def grow() -> None:
        with source.open("ab", buffering=0) as file:
            while not stop.is_set():
                file.write(data * 50)

    writer = threading.Thread(target=grow)
    writer.start()
    started = time.monotonic()
    try:
        probe(SourceRef(path=str(source)), timeout_s=2)
    except UnsupportedFormat as error:
        assert error.code == "source.timeout"  # noqa: PT017
    finally:
        stop.set()
        writer.join()
        source.unlink()
    assert time.monotonic() - started < 8


# --- sizes -----------------------------------------------------------------------------------------


def claims(template: bytes, field: int, width: int, height: int, order: str) -> bytes:
    """The file with another size in its header."""
    size = width.to_bytes(4, order) + height.to_bytes(4, order)  # type: ignore[arg-type]
    return template[:field] + size + template[field + 8 :]


@pytest.mark.parametrize(
    ("extension", "field", "order"), [("png", 16, "big"), ("dpx", 772, "big")]
)  # fmt: skip
def test_a_header_that_claims_an_absurd_size_is_refused_before_decoding(
    clips: Clips, tmp_path: Path, extension: str, field: int, order: str
) -> None:
    file = tmp_path / f"bomb.{extension}"
    file.write_bytes(claims(clips.still(extension).read_bytes(), field, 65535, 65535, order))
    with pytest.raises(UnsupportedFormat) as caught:
        probe(SourceRef(path=str(file)))
    assert caught.value.code == "source.too_large"
    assert "65535x65535" in caught.value.message


def test_an_absurd_frame_in_a_sequence_is_a_damaged_frame(clips: Clips, tmp_path: Path) -> None:
    pattern = copied(clips.sequence("png", size="96x64", frames=3), tmp_path)
    bad = frame_of(pattern, 1002)
    bad.write_bytes(claims(bad.read_bytes(), 16, 65535, 65535, "big"))
    media = probe(find_source([str(pattern)]))
    assert media.missing == (1002,)
    assert "65535x65535" in next(f for f in media.findings if f.code == "sequence.frame_unreadable").message


def test_a_bomb_of_many_pixels_and_few_bytes_is_refused_for_its_pixels(tmp_path: Path) -> None:
    """A megabyte on disk, a gigabyte in memory: sound in every way but its size."""
    import struct
    import zlib

    side = 11600
    assert side * side > MAX_PIXELS
    press = zlib.compressobj(1)
    row = bytes(side + 1)
    data = b"".join(press.compress(row) for _ in range(side)) + press.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    file = tmp_path / "bomb.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    with pytest.raises(UnsupportedFormat) as caught:
        probe(SourceRef(path=str(file)))
    assert caught.value.code == "source.too_large"


# --- names -----------------------------------------------------------------------------------------

NAMES = ["line\nbreak 'q' $(touch x)", "100%d %04d [0:v];,\\", "-i", "päth 日本 \u202e"]


@pytest.mark.skipif(os.name == "nt", reason="these names are not allowed there")
@pytest.mark.parametrize("name", [*NAMES, os.fsdecode(b"\xff\xfe")])
def test_a_movie_of_any_name_is_encoded(bench: Bench, clips: Clips, name: str) -> None:
    source = bench.sources / f"{name}.mov"
    shutil.copy2(clips.movie("tiny.mov", size="96x64", frames=4), source)
    result = bench.encode(SourceRef(path=str(source)))
    assert result.status == "done", result.error
    assert sorted(path.name for path in bench.sources.iterdir()) == [source.name], "and nothing was made beside it"


@pytest.mark.skipif(os.name == "nt", reason="these names are not allowed there")
@pytest.mark.parametrize("name", NAMES[:3])
def test_a_sequence_of_any_name_is_encoded(bench: Bench, clips: Clips, name: str) -> None:
    pattern = clips.sequence("png", size="96x64", frames=3)
    for number in (1001, 1002, 1003):
        shutil.copy2(frame_of(pattern, number), bench.sources / f"{name}.{number}.png")
    source = find_source([str(bench.sources / f"{name}.1001.png")], sequence=True)
    result = bench.encode(source)
    assert result.status == "done", result.error


# --- damage, all the way through -------------------------------------------------------------------


IMAGES = ("exr", "dpx", "png", "jpg", "tif")
SEEDS = {"mov": 3, "mp4": 1, "mkv": 1, "wav": 1, **dict.fromkeys(IMAGES, 1)}
MANY_SEEDS = 40
SECONDS = 60
"""Far more than any of these small encodes takes, and less than any limit of a run."""


@pytest.mark.parametrize(("kind", "number"), [(kind, number) for kind in SEEDS for number in range(SEEDS[kind])])
def test_a_damaged_source_ends_in_a_checked_file_or_a_clear_error(
    bench: Bench, clips: Clips, kind: str, number: int
) -> None:
    ends_well_or_clearly(bench, damaged_source(bench, clips, kind, f"through {number}"))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", SEEDS)
def test_forty_damaged_sources_end_in_checked_files_or_clear_errors(bench: Bench, clips: Clips, kind: str) -> None:
    for number in range(MANY_SEEDS):
        ends_well_or_clearly(bench, damaged_source(bench, clips, kind, f"many {number}"))


def damaged_source(bench: Bench, clips: Clips, kind: str, seed: str) -> SourceRef:
    """A movie or a sound file damaged anywhere, or a sequence of four frames with the third one damaged."""
    for earlier in bench.sources.iterdir():
        earlier.unlink()
    if kind in IMAGES:
        pattern = copied(clips.sequence(kind, size="96x64", frames=4), bench.sources)
        frame = frame_of(pattern, 1003)
        frame.write_bytes(damaged(frame.read_bytes(), seed))
        return SourceRef(path=str(pattern), is_sequence=True)
    whole = (
        clips.made("tone.wav", "-f", "lavfi", "-i", "sine=d=0.5")
        if kind == "wav"
        else clips.movie(f"plate.{kind}", size="96x64", frames=12, audio="match")
    )
    source = bench.sources / f"plate.{kind}"
    source.write_bytes(damaged(whole.read_bytes(), seed))
    return SourceRef(path=str(source))


def ends_well_or_clearly(bench: Bench, source: SourceRef) -> None:
    preset = "audio_wav" if source.path.endswith("wav") else "h264_high_quality"
    before = {path: path.read_bytes() for path in bench.sources.iterdir()}
    started = time.monotonic()
    result = bench.encode(source, preset)
    assert time.monotonic() - started < SECONDS
    assert {path: path.read_bytes() for path in bench.sources.iterdir()} == before
    assert list(bench.outside.iterdir()) == []
    if result.status == "done":
        assert all(check.passed for output in result.outputs for check in output.checks)
        for made in bench.out.iterdir():
            made.unlink()
        return
    assert result.error is not None
    assert result.error["code"].startswith(("source.", "sound.", "output.wrong")), result.error
    assert list(bench.out.iterdir()) == []
    if result.error["code"] != "output.wrong":
        assert [path for path in bench.work.rglob("*") if path.is_file()] == [], "nothing is left"
    shutil.rmtree(bench.work)
    bench.work.mkdir()


def test_a_truncated_movie_is_refused_and_not_encoded_short(bench: Bench, clips: Clips) -> None:
    """ffmpeg itself ends with 0 here."""
    source = copied(
        clips.movie("fast.mov", size="160x90", frames=24, extra=("-movflags", "+faststart")), bench.sources
    )
    os.truncate(source, source.stat().st_size // 2)
    bench.refuses(SourceRef(path=str(source)), "source.corrupt")


def test_a_span_far_beyond_what_is_there_is_told_without_counting_to_it(bench: Bench, clips: Clips) -> None:
    pattern = copied(clips.sequence("png", size="96x64", frames=3), bench.sources)
    span = FrameSpan(first=1001, last=101_000)
    started = time.monotonic()
    result = bench.encode(replace(find_source([str(pattern)]), span=span, frame_rate=Fraction(24)))
    assert time.monotonic() - started < 60
    assert result.error is not None
    assert result.error["code"] == "source.frames_missing"
    assert len(result.error["message"]) < 1000


def test_a_span_that_no_show_has_is_refused(clips: Clips, tmp_path: Path) -> None:
    pattern = copied(clips.sequence("png", size="96x64", frames=3), tmp_path)
    span = FrameSpan(first=1001, last=1001 + MAX_SPAN)
    with pytest.raises(InvalidParameters, match="500001 frames long"):
        probe(SourceRef(path=str(pattern), is_sequence=True, span=span))
