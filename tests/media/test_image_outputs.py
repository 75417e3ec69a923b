"""Stills, sheets, animations and EXR files show the frames and the colours they were asked for."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from encode_media.errors import EncodeMediaError, OutputWrong
from encode_media.media.inspection import inspect_file
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.media.webp_animation import read_webp_animation
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from support.clips import Clips, truncated
from support.encoding import Encoded, encode
from support.exr_files import Part, write_exr
from support.patches import FloatImage, RawVideo, patch_means, read_display, to_linear, write_video

Encode = Callable[..., Encoded]
WHITE = "drawbox=c=white:t=fill"
BLACK = "drawbox=c=black:t=fill"
RAMP = f"{WHITE},fade=t=in:s=0:n=60"
"""Every frame is a little brighter than the one before: brightness tells which one it is."""


@pytest.fixture
def encoded(each_ffmpeg: str, tmp_path: Path) -> Encode:
    """Probes, plans, runs and checks, as a job does; once with each ffmpeg."""

    def run(source: Path | str, preset: str, **options: object) -> Encoded:
        return encode(source, preset, each_ffmpeg, tmp_path / "job", **options)

    return run


def grey(path: str | Path) -> list[FloatImage]:
    """Every picture of a file as luma from 0 to 255."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)]


def ramp_movie(clips: Clips, name: str, frames: int = 60) -> Path:
    codec = ("libx264", "-preset", "medium", "-g", "24", "-bf", "3", "-crf", "4")
    return clips.movie(name, frames=frames, rate="24000/1001", size="96x64", filters=RAMP, codec=codec,
                       audio="match")  # fmt: skip


def ramp_images(clips: Clips, frames: int = 60) -> Path:
    return clips.sequence(
        "png",
        frames=frames,
        size="96x64",
        name="ramp.",
        arguments=("-vf", RAMP, "-c:v", "png", "-pix_fmt", "rgb24"),
    )


def nearest(brightness: float, source: list[float]) -> int:
    return int(np.argmin(np.abs(np.array(source) - brightness)))


def means(path: str | Path) -> list[float]:
    return [float(picture.mean()) for picture in grey(path)]


class TestTheBestFrame:
    @pytest.mark.parametrize("dull", [BLACK, WHITE], ids=["black", "blank"])
    def test_dull_frames_are_passed_over(self, encoded: Encode, clips: Clips, dull: str) -> None:
        """Five sixths of the movie are one colour, the middle of it too."""
        source = clips.movie(f"dull{dull[10]}.mov", frames=36, size="160x90", filters=f"{dull}:enable='lt(n,30)'")

        (picture,) = grey(encoded(source, "thumbnail").only.path)

        assert picture.std() > 20

    def test_a_dark_picture_is_better_than_none(self, encoded: Encode, clips: Clips) -> None:
        """Black all over but for a small lamp near the end; black where it was asked for."""
        lamp = f"{BLACK},drawbox=x=10:y=10:w=24:h=16:c=white:t=fill:enable='gte(n,18)'"
        source = clips.movie("lamp.mov", frames=36, size="160x90", filters=lamp)

        (picture,) = grey(encoded(source, "thumbnail", percent=0).only.path)

        assert picture.max() > 200

    def test_where_all_is_black_the_frame_that_was_asked_for_is_shown(self, encoded: Encode, clips: Clips) -> None:
        source = clips.movie("night.mov", frames=24, size="160x90", filters=BLACK)

        (picture,) = grey(encoded(source, "thumbnail").only.path)

        assert picture.mean() < 4


class TestTheVeryFrame:
    @pytest.mark.parametrize(
        ("name", "number"), [("ramp.mov", 1024), ("ramp.mov", 1026), ("ramp.mov", 1060), ("ramp.mkv", 1060)]
    )
    def test_of_a_movie_wherever_its_key_frames_are(
        self, encoded: Encode, clips: Clips, name: str, number: int
    ) -> None:
        source = ramp_movie(clips, name)

        result = encoded(source, "poster", frame=number)

        (brightness,) = means(result.only.path)
        assert nearest(brightness, means(source)) == number - 1001
        assert ("-ss" in result.plan.commands[0].argv) == (number == 1060)

    def test_of_a_sequence_that_is_read_nowhere_else(self, encoded: Encode, clips: Clips, tmp_path: Path) -> None:
        source = ramp_images(clips)
        folder = tmp_path / "one"
        folder.mkdir()
        for number in (1001, 1037, 1060):
            (folder / f"ramp.{number}.png").write_bytes(Path(str(source) % number).read_bytes())

        result = encoded(f"{folder}/ramp.%04d.png [1001-1060]", "poster", frame=1037, missing_frames="hold")

        (brightness,) = means(result.only.path)
        assert brightness == pytest.approx(means(str(source) % 1037)[0], abs=1.5)


@pytest.mark.parametrize("kind", ["movie", "sequence"])
def test_a_sheet_shows_frames_of_equal_parts_in_reading_order(encoded: Encode, clips: Clips, kind: str) -> None:
    source = ramp_movie(clips, "ramp.mov") if kind == "movie" else ramp_images(clips)
    ramp = means(source) if kind == "movie" else [means(str(source) % n)[0] for n in range(1001, 1061)]

    result = encoded(source, "contact_sheet", columns=3, rows=2, width=96, labels=False, background="grey")

    (sheet,) = grey(result.only.path)
    cells = [sheet[8 + row * 72 + 8 : row * 72 + 64, 8 + column * 104 + 8 : column * 104 + 96]
             for row in range(2) for column in range(3)]  # fmt: skip
    assert [nearest(float(cell.mean()), ramp) for cell in cells] == [5, 15, 25, 35, 45, 55]
    assert sheet[:6].mean() == pytest.approx(128, abs=1)


def test_an_animation_shows_the_part_that_was_asked_for(encoded: Encode, clips: Clips) -> None:
    source = ramp_movie(clips, "ramp.mov")

    result = encoded(source, "preview_gif", percent=100, seconds=1, rate="10")

    shown, ramp = means(result.only.path), means(source)
    assert len(shown) == 10
    assert nearest(shown[0], ramp) == pytest.approx(36, abs=2)
    assert nearest(shown[-1], ramp) == pytest.approx(58, abs=2)


def test_the_colours_of_an_animated_webp_are_right(encoded: Encode, each_ffmpeg: str, tmp_path: Path) -> None:
    source = tmp_path / "chart.mkv"
    shown = write_video(
        each_ffmpeg, source, matrix="bt709",
        tags=("range=tv", "colorspace=bt709", "color_primaries=bt709", "color_trc=bt709"),
    )  # fmt: skip

    animation = read_webp_animation(encoded(source, "preview_webp", quality=100).only.path)

    # Pictures that stay the same are one still; what moved before it would be frames.
    still = Path(tmp_path / "job" / "preview_webp.webp")
    if animation is not None:
        still = tmp_path / "first.webp"
        still.write_bytes(animation.frames[0].file)
    found = read_display(each_ffmpeg, still, RawVideo("yuv420p", "bt601"))
    assert np.abs(patch_means(found) - patch_means(shown)).max() * 255 < 2


def test_a_clip_in_which_nothing_moves_is_one_picture_and_the_check_says_so(encoded: Encode, clips: Clips) -> None:
    source = clips.movie("standing.mov", frames=24, size="96x64", filters=BLACK)

    result = encoded(source, "preview_webp").only

    assert "one picture: nothing moves" in [check.found for check in result.checks]


def test_a_source_that_breaks_off_makes_no_preview_though_webp_keeps_equal_pictures_once(
    ffmpeg: str, clips: Clips, tmp_path: Path
) -> None:
    whole = clips.movie("standing.ts", frames=24, size="96x64", filters=BLACK)
    source = tmp_path / "source.ts"
    source.write_bytes(whole.read_bytes())
    media = probe(find_source([str(source)]))
    made = make_plan(media, Catalog().resolve("preview_webp", media, {}))
    source.write_bytes(clips.movie("short.ts", frames=3, size="96x64", filters=BLACK).read_bytes())

    with pytest.raises(OutputWrong, match="expected 12, the encoder was given"):
        run_plan(made, tmp_path / "job", ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)


class TestExr:
    def test_video_becomes_the_light_that_shows_it_again(
        self, encoded: Encode, each_ffmpeg: str, tmp_path: Path
    ) -> None:
        source = tmp_path / "chart.mkv"
        tags = ("range=tv", "colorspace=bt709", "color_primaries=bt709", "color_trc=bt709")
        shown = write_video(each_ffmpeg, source, matrix="bt709", bits=10, tags=tags, frames=2)

        result = encoded(source, "exr_sequence")

        light = read_light(result.only.path % 1001)
        expected = to_linear(shown)
        # Compared as displayed, where a step of one is a step of one everywhere.
        assert np.abs(to_display(patch_means(light)) - to_display(patch_means(expected))).max() * 255 < 0.3

    @pytest.mark.parametrize("depth", ["half", "float"])
    def test_light_stays_what_it_was_far_above_white_and_near_black(
        self, encoded: Encode, tmp_path: Path, depth: str
    ) -> None:
        values = {"R": 16.0, "G": 0.1875, "B": 0.0009765625}
        for number in (1, 2):
            write_exr(tmp_path / f"light.{number:04d}.exr", Part(channels=values, size=(64, 36)))

        result = encoded(tmp_path / "light.%04d.exr", "exr_sequence", depth=depth)

        light = read_light(result.only.path % 1)
        assert light[18, 32] == pytest.approx([16.0, 0.1875, 0.0009765625], rel=1e-3)
        assert header_types(Path(result.only.path % 1)) == {{"half": 1, "float": 2}[depth]}


def read_light(path: str) -> FloatImage:
    """The floats of the file, untouched by any conversion; height x width x RGB."""
    with av.open(path) as container:
        frame = next(container.decode(video=0))
        kind = {"gbrpf16le": "<f2", "gbrpf32le": "<f4"}[frame.format.name]
        planes = [np.frombuffer(plane, kind).reshape(frame.height, -1)[:, : frame.width] for plane in frame.planes]
    green, blue, red = planes
    return np.dstack([red, green, blue]).astype(np.float64)


def to_display(light: FloatImage) -> FloatImage:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def header_types(path: Path) -> set[int]:
    """The pixel types of the channels in an EXR's header."""
    data = path.read_bytes()
    start = data.index(b"channels\0chlist\0") + len(b"channels\0chlist\0") + 4
    types = set()
    while data[start]:
        start = data.index(b"\0", start) + 1
        types.add(struct.unpack_from("<i", data, start)[0])
        start += 16
    return types


class TestReadingWebpBack:
    @pytest.fixture
    def animation(self, ffmpeg: str, clips: Clips, tmp_path: Path) -> Path:
        source = clips.movie("moving.mov", frames=24, size="96x64")
        return Path(encode(source, "preview_webp", ffmpeg, tmp_path / "job").only.path)

    def test_a_sound_one_has_its_length_and_no_errors(self, animation: Path) -> None:
        facts = inspect_file(str(animation))

        assert (facts.codec, facts.width, facts.height, facts.errors) == ("webp", 96, 64, ())
        assert facts.duration_s == Fraction(12) / Fraction(25, 2)

    def test_one_that_breaks_off_is_refused(self, animation: Path) -> None:
        truncated(animation)

        with pytest.raises(EncodeMediaError, match="missing at the end"):
            inspect_file(str(animation))

    def test_a_damaged_frame_is_named(self, animation: Path) -> None:
        data = bytearray(animation.read_bytes())
        second = data.index(b"ANMF", data.index(b"ANMF") + 4)
        picture = data.index(b"VP8 ", second)
        data[picture + 8 : picture + 40] = bytes(32)
        animation.write_bytes(bytes(data))

        errors = inspect_file(str(animation)).errors

        assert any(line.startswith("frame 2: ") for line in errors)
