"""What is drawn, looked at in encoded frames."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from encode_media.media.probe import probe
from encode_media.media.sequence import find_source
from encode_media.model.plan import EncodePlan
from encode_media.model.result import OutputResult
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify
from encode_media.timebase import Timecode
from support.clips import Clips, copied

Picture = npt.NDArray[np.uint8]

HEAD = """
name: drawn
label: Drawn
description: For tests.
suits: [movie, sequence]
missing_frames: "{{ options.missing_frames }}"
frame_rate: "{{ options.frame_rate }}"
lut: "{{ options.lut }}"
options:
  missing_frames: {kind: choice, label: Gaps, default: fail, choices: [fail, hold, black, skip]}
  frame_rate: {kind: rate, label: Rate}
  lut: {kind: text, format: lut, label: LUT}
  convert: {kind: rate, label: Convert}
timing: {convert: "{{ options.convert }}"}
outputs:
"""
FRAMES = """
  - name: frames
    kind: image_sequence
    container: png
    video: {codec: png, pixel_format: rgb24}
"""


@dataclass(frozen=True)
class Drawn:
    plan: EncodePlan
    outputs: dict[str, OutputResult]

    def picture(self, name: str, number: int | None = None) -> Picture:
        """A frame of a sequence, a still, or the frame of this index of a movie."""
        output = self.outputs[name]
        path = output.path
        if output.planned.first_frame is not None:
            path %= number
            number = None
        size = (output.height, output.width, 3)
        pick = () if number is None else ("-vf", f"select='eq(n\\,{number})'")
        shown = _ffmpeg("-i", path, *pick, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
        return np.frombuffer(shown, np.uint8).reshape(size)


Draw = Callable[..., Drawn]


def _ffmpeg(*arguments: str) -> bytes:
    """The bundled one, whichever was used for the encode."""
    import imageio_ffmpeg

    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    return subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout


@pytest.fixture
def draw(each_ffmpeg: str, tmp_path: Path) -> Draw:
    """Encodes with a preset of these outputs, and checks the result as a job does; once with each ffmpeg."""

    def drawn(source: Path, outputs: str, **options: Any) -> Drawn:
        presets = tmp_path / "presets"
        presets.mkdir(exist_ok=True)
        (presets / "drawn.yaml").write_text(HEAD + outputs, encoding="utf-8")
        media = probe(find_source([str(source)]))
        plan = make_plan(media, Catalog([presets]).resolve("drawn", media, options))
        folder = tmp_path / "job"
        run_plan(plan, folder, each_ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
        assert not (folder / "overlay").exists()
        return Drawn(plan, {output.name: output for output in verify(plan, folder)})

    return drawn


def stills(frames: dict[int, str], place: str) -> str:
    """A still of each frame with a fixed text on it, to compare with what counts by itself."""
    return "".join(
        f"""
  - name: still_{frame}
    kind: still
    container: png
    frame: {frame}
    video: {{codec: png, pixel_format: rgb24}}
    burn_ins: {{{place}: '{text}', mark_held: false}}
"""
        for frame, text in frames.items()
    )


def test_every_frame_carries_its_own_number(draw: Draw, clips: Clips) -> None:
    place = "bottom_right"
    source = clips.sequence("png", first=998, frames=6)
    burnt = f"    burn_ins: {{{place}: 'f {{{{ frame.number }}}} 100% \\ it'}}\n".replace("it'", "ok'")
    wanted = {number: f"f {number:04d} 100% \\ ok" for number in (998, 1000, 1003)}

    done = draw(source, FRAMES + burnt + stills(wanted, place))

    for number in wanted:
        assert np.array_equal(done.picture("frames", number), done.picture(f"still_{number}")), number


def test_numbers_follow_the_frames_that_are_shown_and_held_ones_are_marked(draw: Draw, clips: Clips) -> None:
    source = clips.sequence("png", frames=9, without=(1004, 1005), name="held.")
    burnt = "    burn_ins: {top_left: '{{ frame.number }}'}\n"

    held = draw(source, FRAMES + burnt + stills({1003: "1003", 1004: "1004", 1006: "1006"}, "top_left"),
                missing_frames="hold")  # fmt: skip

    for number, is_held in ((1003, False), (1004, True), (1006, False)):
        differs = np.any(held.picture("frames", number) != held.picture(f"still_{number}"), axis=2)
        # The mark is a box in the lower middle.
        assert bool(differs.any()) is is_held
        assert not differs[: differs.shape[0] // 2].any()


def test_numbers_jump_over_frames_that_are_left_out(draw: Draw, clips: Clips) -> None:
    source = clips.sequence("png", frames=9, without=(1004, 1005), name="skip.")
    burnt = "    burn_ins: {top_left: '{{ frame.number }}'}\n"
    # The fourth frame of the result is 1006.
    done = draw(source, FRAMES + burnt + stills({1004: "1006"}, "top_left"), missing_frames="skip")

    assert np.array_equal(done.picture("frames", 1004), done.picture("still_1004"))


def test_repeated_frames_of_a_converted_rate_keep_their_number(draw: Draw, tmp_path: Path) -> None:
    frames = tmp_path / "grey.%04d.png"
    # Each frame is 20 brighter than the one before.
    grey = "color=black:s=160x90:r=24,format=rgb24,geq=r='30+20*N':g='30+20*N':b='30+20*N'"
    _ffmpeg("-f", "lavfi", "-i", grey, "-frames:v", "6", "-start_number", "1001", str(frames))
    burnt = FRAMES + "    burn_ins: {top_left: '{{ frame.number }}'}\n"

    counted = draw(frames, burnt, convert="30")
    shown = {
        number: f"{1001 + round((int(counted.picture('frames', number)[-1, -1, 0]) - 30) / 20)}"
        for number in range(1002, 1006)
    }
    fixed = draw(frames, burnt + stills(shown, "top_left"), convert="30")

    assert len(set(shown.values())) < len(shown)
    for number, text in shown.items():
        assert np.array_equal(fixed.picture("frames", number), fixed.picture(f"still_{number}")), text


def test_time_code_drops_the_labels_that_do_not_exist(draw: Draw, clips: Clips) -> None:
    rate = Fraction(30000, 1001)
    source = clips.movie("drop.mov", frames=6, rate="30000/1001", extra=("-timecode", "00:00:59;27"))
    start = Timecode.parse("00:00:59;27", rate)
    labels = {
        1001 + index: str(Timecode(frame=start.frame + index, rate=rate, drop_frame=True)) for index in range(6)
    }
    assert labels[1004] == "00:01:00;02"

    done = draw(source, FRAMES + "    burn_ins: {center: '{{ frame.timecode }}'}\n" + stills(labels, "center"))

    for number, label in labels.items():
        assert np.array_equal(done.picture("frames", number), done.picture(f"still_{number}")), label


SLATED = """
  - name: movie
    kind: video
    container: mov
    video: {codec: prores, pixel_format: yuv422p10le}
    audio: {codec: pcm}
    slate: {title: 'it''s 100% \\ [镜头]', rows: {Shot: sh010, Empty: ''}, background: '#000000'}
"""


def test_the_slate_is_the_first_frame_and_the_picture_follows_unchanged(draw: Draw, clips: Clips) -> None:
    source = clips.movie("slate.mov", frames=8, audio="match", extra=("-timecode", "01:00:00:00"))
    plain = SLATED.replace("name: movie", "name: plain").partition("    slate")[0]

    done = draw(source, SLATED + plain)

    slate, first = done.picture("movie", 0), done.picture("movie", 1)
    assert slate[0, 0].max() <= 2
    assert slate.max() > 230
    assert np.array_equal(first, done.picture("plain", 0))
    assert done.outputs["movie"].planned.expected.timecode == "00:59:59:23"


def test_a_slate_before_frames_that_change_their_form_is_there_once(
    draw: Draw, clips: Clips, tmp_path: Path
) -> None:
    frames = copied(clips.sequence("png", frames=6, name="form."), tmp_path / "mixed")
    for number in (1004, 1005, 1006):
        opaque = frames.with_name(frames.name % number)
        _ffmpeg("-i", str(opaque), "-pix_fmt", "rgba", str(opaque.with_suffix(".x.png")))
        opaque.with_suffix(".x.png").replace(opaque)

    done = draw(frames, SLATED)

    assert done.outputs["movie"].frames == 7
    assert done.picture("movie", 0).mean() < 60
    assert min(done.picture("movie", index).mean() for index in range(1, 7)) > 60


def _logo(folder: Path) -> None:
    """Half transparent all over, white on its left half and red on its right."""
    folder.mkdir()
    graph = "color=white:s=80x40,format=rgba,geq=r=255:g='if(lt(X,40),255,0)':b='if(lt(X,40),255,0)':a=255"
    _ffmpeg("-f", "lavfi", "-i", graph, "-frames:v", "1", str(folder / "logo.png"))


def test_a_watermark_is_blended_alike_in_every_form(draw: Draw, tmp_path: Path) -> None:
    _logo(tmp_path / "presets")
    frames = tmp_path / "grey.%04d.png"
    grey = "color=0x404040:s=160x90:r=24,format=rgb24"
    _ffmpeg("-f", "lavfi", "-i", grey, "-frames:v", "2", "-start_number", "1001", str(frames))
    forms = {
        "deep": ("image_sequence", "png", "codec: png, pixel_format: rgb48be"),
        "jpeg": ("image_sequence", "jpg", "codec: mjpeg, pixel_format: yuvj444p, quality: 1"),
        "h264": ("video", "mp4", "codec: h264, pixel_format: yuv420p, quality: 4"),
        "prores": ("video", "mov", "codec: prores, pixel_format: yuv422p10le, quality: 1"),
    }
    outputs = "".join(
        f"  - {{name: {name}, kind: {kind}, container: {container}, video: {{{video}}}}}\n".replace(
            "}}\n", "},\n     watermark: {image: logo.png, place: center, width: 50, opacity: 0.5}}\n"
        )
        for name, (kind, container, video) in forms.items()
    )
    done = draw(frames, outputs)

    for name, (kind, _, _) in forms.items():
        shown = done.picture(name, 0 if kind == "video" else 1001).astype(int)
        white, red, beside = shown[45, 60], shown[45, 100], shown[5, 5]
        assert np.abs(white - 160).max() <= 3, name
        assert np.abs(red - [160, 32, 32]).max() <= 4, name
        assert np.abs(beside - 64).max() <= 3, name


def test_a_lut_is_looked_up_between_its_points(draw: Draw, clips: Clips, tmp_path: Path) -> None:
    """An inverting cube of two points a side is exact only if every step on the way is linear."""
    folder = tmp_path / "presets"
    folder.mkdir()
    points = [(1 - r, 1 - g, 1 - b) for b in (0, 1) for g in (0, 1) for r in (0, 1)]
    (folder / "look.cube").write_text("LUT_3D_SIZE 2\n" + "".join("{} {} {}\n".format(*point) for point in points))
    source = clips.sequence("png", frames=2)

    done = draw(source, FRAMES, lut="look.cube")

    shape = done.picture("frames", 1001).shape
    raw = _ffmpeg("-i", str(source) % 1001, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    before = np.frombuffer(raw, np.uint8).reshape(shape).astype(int)
    assert np.abs(before + done.picture("frames", 1001) - 255).max() <= 1


def test_a_still_chosen_while_encoding_carries_the_number_of_the_frame_it_shows(
    draw: Draw, clips: Clips, tmp_path: Path
) -> None:
    _logo(tmp_path / "presets")
    numbers = {number: str(number) for number in range(1001, 1007)}
    best = stills({1003: "{{ frame.number }}"}, "top_left").replace("still_1003", "best")
    best = best.replace(
        "frame: 1003", "best: true\n    watermark: {image: logo.png, place: bottom_right, width: 20}"
    )

    done = draw(clips.sequence("png", frames=6), best + stills(numbers, "top_left"))

    chosen = done.picture("best").astype(int)
    upper = chosen.shape[0] // 2
    alike = [number for number in numbers if np.abs(chosen - done.picture(f"still_{number}"))[:upper].max() <= 4]
    assert len(alike) == 1
    assert np.abs(chosen - done.picture(f"still_{alike[0]}"))[upper:].max() > 50, "the watermark is there"


def test_a_black_still_carries_what_is_drawn_too(draw: Draw, tmp_path: Path) -> None:
    """What is drawn makes a black frame no better choice: the one in the middle is taken."""
    frames = tmp_path / "black.%04d.png"
    black = "color=black:s=320x180:r=24"
    _ffmpeg("-f", "lavfi", "-i", black, "-frames:v", "3", "-start_number", "1001", str(frames))
    best = stills({1001: "{{ frame.number }}"}, "center").replace("still_1001", "best")
    best = best.replace("frame: 1001", "best: true\n    position: 0.5")

    done = draw(frames, best + stills({1002: "1002"}, "center"))

    assert np.abs(done.picture("best").astype(int) - done.picture("still_1002")).max() <= 2


def test_an_animation_carries_the_numbers_of_the_frames_it_shows_and_marks_held_ones(
    draw: Draw, clips: Clips, tmp_path: Path
) -> None:
    presets = tmp_path / "presets"
    presets.mkdir()
    # All the source's colours become black, so that the animation's 256 ones suffice for the letters.
    (presets / "black.cube").write_text("LUT_3D_SIZE 2\n" + "0 0 0\n" * 8, encoding="utf-8")
    moving = """
  - name: moving
    kind: animation
    container: gif
    position: 1
    size: {max_width: 320, max_height: 320}
    animation: {frame_rate: 12.5, max_s: 0.25}
    video: {codec: gif, pixel_format: pal8}
    burn_ins: {top_left: '{{ frame.number }}'}
"""
    texts = {1003: "1003", 1005: "1005", 1007: "1007"}

    done = draw(
        clips.sequence("png", frames=8, without=(1005,), name="moving."), moving + stills(texts, "top_left"),
        missing_frames="hold", lut="black.cube", frame_rate="25",
    )  # fmt: skip

    for index, number in enumerate(texts):
        shown, still = done.picture("moving", index).astype(int), done.picture(f"still_{number}")
        differs = np.abs(shown - still).max(axis=2) > 40
        assert not differs[: differs.shape[0] // 2].any(), number
        assert bool(differs.any()) is (number == 1005), "only the held one says so"
