"""Sources as phones, scanners, capture cards and editing programs write them, encoded and looked at."""

from __future__ import annotations

import base64
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from encode_media.errors import SourceMissing, UnsupportedFormat
from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.media import Media, SourceKind, SourceRef
from support.clips import Clips, copied, frame_of
from support.encoding import encode
from support.heif import tiled

ORANGE, BLUE = (200, 60, 40), (40, 90, 200)
CMYK_JPEG = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYICwwL"
    "CgwJCgoK/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EABcAAQEBAQAAAAAAAAAAAAAAAAkKAAf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oADgRD"
    "AE0AWQBLAAA/AEgHeJ8/iX93hUAz/9k="
)
"""16x8, left half orange, right half blue, as Adobe writes CMYK."""
TURNED_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQE"
    "BAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/2wBDAQMDAwQDBAgEBAgQCwkLEBAQEBAQEBAQEBAQEBAQEBAQ"
    "EBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBD/wgARCAAIABADAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAW"
    "AQEBAQAAAAAAAAAAAAAAAAAIBgf/2gAMAwEAAhADEAAAAZmR2A9BHH//xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAEFAj//xAAUEQEA"
    "AAAAAAAAAAAAAAAAAAAQ/9oACAEDAQE/AT//xAAUEQEAAAAAAAAAAAAAAAAAAAAQ/9oACAECAQE/AT//xAAUEAEAAAAAAAAAAAAAAAAAAAAQ"
    "/9oACAEBAAY/Aj//xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAE/IT//2gAMAwEAAgADAAAAENf/xAAUEQEAAAAAAAAAAAAAAAAAAAAQ"
    "/9oACAEDAQE/ED//xAAUEQEAAAAAAAAAAAAAAAAAAAAQ/9oACAECAQE/ED//xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAE/ED//2Q=="
)
"""The same picture, progressive, with the EXIF orientation 6: upright when turned clockwise."""
NEAR = 4
"""Code values a JPEG may be off."""
ROUNDED = 2
"""More than 8 bits are rounded here with error diffusion, and by the measure plainly."""


def probed(path: Path) -> Media:
    return probe(SourceRef(path=str(path)))


def message(media: Media, code: str) -> str:
    return next((finding.message for finding in media.findings if finding.code == code), "")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("fields.mpg", ("mpeg2video", "-flags", "+ildct+ilme")),
        ("mbaff.mp4", ("libx264", "-preset", "ultrafast", "-x264opts", "tff=1")),
        ("capture.dv", ("dvvideo",)),
    ],
)
def test_fields_become_frames_whatever_codec_they_are_in(
    clips: Clips, ffmpeg: str, tmp_path: Path, name: str, codec: tuple[str, ...]
) -> None:
    """A bar with upright edges moves from field to field: in a comb its lines differ from their neighbours."""
    order, size = ("bottom", "720x576") if name == "capture.dv" else ("top", "192x96")
    bar = "geq=lum='if(between(X-12*mod(N,6),0,20),235,16)':cb=128:cr=128"
    source = clips.made(
        name, "-f", "lavfi", "-i", "color=black:s=96x48:r=50:d=0.4,format=yuv420p",
        "-vf", f"{bar},scale={size.replace('x', ':')}:flags=neighbor,tinterlace=interleave_{order}",
        "-r", "25", "-pix_fmt", "yuv420p", "-c:v", *codec,
    )  # fmt: skip
    assert combs(source) > 10, "the source shows what is to be mended"
    assert message(probed(source), "video.interlaced")
    assert combs(Path(encode(source, "h264_high_quality", ffmpeg, tmp_path / "work").only.path)) < 3


def combs(path: Path) -> float:
    """How far lines are from their neighbours, on average, in the frame where it is most."""
    with av.open(str(path)) as container:
        frames = [np.asarray(frame.to_ndarray(format="gray")).astype(int) for frame in container.decode(video=0)]
    return float(max(np.abs(np.diff(frame, axis=0)).mean() for frame in frames))


class TestPhonePictures:
    @pytest.fixture
    def stills(self, clips: Clips) -> list[Path]:
        return [
            clips.made(
                f"{colour}.avif", "-f", "lavfi", "-i", f"color={colour}:s=64x64", "-frames:v", "1",
                "-c:v", "libaom-av1", "-cpu-used", "8", "-still-picture", "1",
            )
            for colour in ("red", "lime", "blue", "white")
        ]  # fmt: skip

    def test_a_picture_in_a_movie_s_container_is_one_frame(
        self, stills: list[Path], each_ffmpeg: str, tmp_path: Path
    ) -> None:
        assert probed(stills[0]).kind is SourceKind.STILL
        picture = pixels(stills[0], tmp_path / "work", each_ffmpeg)
        assert np.abs(picture - (255, 0, 0)).max() <= NEAR

    def test_a_picture_of_tiles_is_refused_and_not_shown_in_part(self, stills: list[Path], tmp_path: Path) -> None:
        phone = tmp_path / "IMG_0001.HEIC"
        phone.write_bytes(tiled([still.read_bytes() for still in stills], (64, 64), 2))
        with pytest.raises(UnsupportedFormat, match="made of tiles"):
            probed(phone)


class TestStills:
    """Images stored in less usual ways have the colours ffmpeg itself reads in them."""

    @pytest.mark.parametrize(
        ("name", "pixel_format"),
        [
            ("palette.png", "pal8"), ("line art.png", "monob"), ("grey.png", "gray"), ("grey.PNG", "gray16be"),
            ("scan.TIF", "rgb48le"), ("scan.DPX", "gbrp10be"), ("photo.tiff", "rgb24"),
        ],
    )  # fmt: skip
    def test_they_look_as_they_are(
        self, clips: Clips, ffmpeg: str, tmp_path: Path, name: str, pixel_format: str
    ) -> None:
        source = clips.made(
            name, "-f", "lavfi", "-i", "smptebars=s=64x36", "-vf", f"format=gbrp,format={pixel_format}",
            "-frames:v", "1", "-update", "1", "-f", "image2",
        )  # fmt: skip
        media = probed(source)
        assert media.kind is SourceKind.STILL
        assert not message(media, "colour.unknown"), "nothing has to be assumed"
        options = {"input": "srgb"} if name.endswith("DPX") else {}
        output = encode(media, "png_sequence", ffmpeg, tmp_path / "work", **options).only
        assert np.abs(as_rgb(Path(output.path % 1001)) - as_rgb(source)).max() <= ROUNDED

    @pytest.mark.parametrize("deep", [False, True])
    def test_grey_keeps_its_transparency(self, clips: Clips, ffmpeg: str, tmp_path: Path, deep: bool) -> None:
        source = clips.made(
            "grey alpha.png", "-f", "lavfi", "-i", "color=gray:s=64x36,format=rgba,geq=r=90:g=90:b=90:a='4*X'",
            "-vf", "format=ya16be" if deep else "format=ya8", "-frames:v", "1",
        )  # fmt: skip
        picture = pixels(source, tmp_path / "work", ffmpeg)
        assert np.abs(picture[..., :3] - 90).max() <= 1
        assert np.abs(picture[..., 3] - 4 * np.arange(64)).max() <= 1

    def test_print_colours_are_shown_as_every_program_without_a_profile_does(
        self, each_ffmpeg: str, tmp_path: Path
    ) -> None:
        (tmp_path / "advert.jpg").write_bytes(CMYK_JPEG)
        picture = pixels(tmp_path / "advert.jpg", tmp_path / "work", each_ffmpeg)
        assert picture.shape == (8, 16, 3), "what is black in print is no transparency"
        assert np.abs(picture[:, :8] - ORANGE).max() <= NEAR
        assert np.abs(picture[:, 8:] - BLUE).max() <= NEAR

    def test_a_photograph_is_turned_as_its_camera_says(self, each_ffmpeg: str, tmp_path: Path) -> None:
        (tmp_path / "photo.JPG").write_bytes(TURNED_JPEG)
        picture = pixels(tmp_path / "photo.JPG", tmp_path / "work", each_ffmpeg)
        assert picture.shape == (16, 8, 3)
        assert np.abs(picture[:7] - ORANGE).max() <= NEAR
        assert np.abs(picture[9:] - BLUE).max() <= NEAR


def as_rgb(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.asarray(next(container.decode(video=0)).to_ndarray(format="rgb24")).astype(int)


def pixels(source: Path, folder: Path, ffmpeg: str) -> np.ndarray:
    """The source's only frame as the PNG that comes out of it, with transparency if it has any."""
    output = encode(source, "png_sequence", ffmpeg, folder).only
    assert output.frames == 1
    with av.open(output.path % 1001) as container:
        frame = next(container.decode(video=0))
        kind = "rgba" if frame.format.name.startswith(("rgba", "ya")) else "rgb24"
        return np.asarray(frame.to_ndarray(format=kind)).astype(int)


class TestTimes:
    def test_a_trimmed_clip_with_b_frames_has_the_frames_that_are_shown(
        self, clips: Clips, each_ffmpeg: str, tmp_path: Path
    ) -> None:
        """Frames an edit list hides lie between shown ones in the file, as it is written in order of decoding."""
        whole = clips.movie("whole.mp4", rate="25", frames=25, audio="match", codec=("libx264", "-g", "48"))
        trimmed = clips.made("trimmed.mp4", "-ss", "0.3", "-i", str(whole), "-c", "copy")
        video = probed(trimmed).video
        assert video is not None
        assert (video.frames, video.frame_rate, video.variable_rate) == (17, 25, False)
        output = encode(trimmed, "h264_high_quality", each_ffmpeg, tmp_path / "work").only
        assert (output.frames, output.frame_rate) == (17, 25)

    @pytest.mark.parametrize(
        ("shift", "offset", "length"),
        [("0.5", "before the picture; that part is left out", "ends 0.5 s before"),
         ("-0.5", "after the picture; silence comes first", "ends 0.5 s after")],
    )  # fmt: skip
    def test_sound_beside_the_picture_is_told_of(self, clips: Clips, shift: str, offset: str, length: str) -> None:
        """The picture begins half a second late, by an empty edit, or the sound does."""
        both = clips.movie("both.mov", frames=24, audio="match")
        late, other = ("v", "a") if shift == "0.5" else ("a", "v")
        shifted = clips.made(
            "shifted.mov", "-itsoffset", "0.5", "-i", str(both), "-i", str(both), "-map", f"0:{late}",
            "-map", f"1:{other}", "-c", "copy",
        )  # fmt: skip
        media = probed(shifted)
        assert offset in message(media, "audio.offset")
        assert length in message(media, "audio.shorter") + message(media, "audio.longer")

    def test_times_that_begin_late_are_no_length(self, clips: Clips) -> None:
        """Matroska says when a track ends, not how long it is."""
        both = clips.movie("both.mkv", frames=24, audio="match")
        shifted = clips.made("late.mkv", "-i", str(both), "-c", "copy", "-output_ts_offset", "100", "-copyts")
        media = probed(shifted)
        assert media.audio[0].duration_s is not None
        assert abs(media.audio[0].duration_s - 1) < Fraction(1, 10)
        assert not message(media, "audio.longer")


@pytest.mark.parametrize("policy", ["hold", "black", "fail"])
def test_a_gap_is_filled_without_a_trace_in_the_folder_of_the_source(
    clips: Clips, ffmpeg: str, tmp_path: Path, policy: str
) -> None:
    source = copied(clips.sequence(frames=4, size="64x36"), tmp_path / "render")
    frame_of(source, 1002).unlink()
    before = {path.name: path.stat().st_mtime_ns for path in source.parent.iterdir()}
    if policy == "fail":
        with pytest.raises(SourceMissing):
            encode(source, "png_sequence", ffmpeg, tmp_path / "work", missing_frames=policy)
    else:
        output = encode(source, "png_sequence", ffmpeg, tmp_path / "work", missing_frames=policy).only
        assert output.frames == 4
        wanted = as_rgb(frame_of(source, 1001)) * (policy == "hold")
        assert np.array_equal(as_rgb(Path(output.path % 1002)), wanted)
    assert {path.name: path.stat().st_mtime_ns for path in source.parent.iterdir()} == before


class TestNumbers:
    def test_five_digits_become_six(self, clips: Clips, each_ffmpeg: str, tmp_path: Path) -> None:
        source = clips.sequence(first=99_998, frames=4, padding=5, size="64x36")
        output = encode(source, "png_sequence", each_ffmpeg, tmp_path / "work").only
        assert (output.planned.first_frame, output.frames) == (99_998, 4)
        for number in range(99_998, 100_002):
            assert np.array_equal(as_rgb(Path(output.path % number)), as_rgb(Path(str(source) % number)))

    def test_frames_below_zero_are_left_out_and_said(self, clips: Clips, tmp_path: Path) -> None:
        still = clips.still(size="64x36").read_bytes()
        for name in ("sim.-0002.png", "sim.-0001.png", "sim.0000.png", "sim.0001.png"):
            (tmp_path / name).write_bytes(still)
        media = probe(find_source([str(tmp_path)]))
        assert media.frame_count == 2
        assert message(media, "sequence.frames_below_zero") == "2 frames below 0 are left out: -2 to -1."
