"""Movies are probed as they are: exact rate, exact frames, colours, geometry, sound, and what is unusual."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from encode_media.errors import UnsupportedFormat
from encode_media.media.probe import probe
from encode_media.model.media import ColourTags, Media, Severity, SourceKind, SourceRef
from support.clips import Clips, copied, truncated

BT709 = ColourTags(range="tv", matrix="bt709", primaries="bt709", transfer="bt709")
VP9 = ("libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")


def probed(path: Path) -> Media:
    return probe(SourceRef(path=str(path)))


def codes(media: Media) -> set[str]:
    return {finding.code for finding in media.findings}


def message(media: Media, code: str) -> str:
    return next(finding.message for finding in media.findings if finding.code == code)


@pytest.mark.parametrize("rate", ["24", "25", "24000/1001", "30000/1001", "60000/1001", "12", "48"])
@pytest.mark.parametrize("name", ["clip.mov", "clip.mp4", "clip.mkv"])
def test_the_rate_is_exact_and_every_frame_is_counted(clips: Clips, name: str, rate: str) -> None:
    video = probed(clips.movie(name, rate=rate, frames=31)).video
    assert video is not None
    assert (video.frame_rate, video.frames, video.variable_rate) == (Fraction(rate), 31, False)
    assert video.duration_s == 31 / Fraction(rate)


@pytest.mark.parametrize(
    ("name", "container", "codec"),
    [
        ("clip.webm", "matroska", VP9),
        ("clip.avi", "avi", ("mpeg4",)),
        ("clip.mxf", "mxf", ("mpeg2video",)),
        ("clip.ts", "mpegts", ("libx264",)),
        ("clip.mov", "mov", ("prores_ks", "-profile:v", "0")),
    ],
)
def test_containers_and_codecs(clips: Clips, name: str, container: str, codec: tuple[str, ...]) -> None:
    media = probed(
        clips.movie(name, codec=codec, pixel_format="yuv422p10le" if "prores_ks" in codec else "yuv420p")
    )
    assert media.kind is SourceKind.MOVIE
    assert media.container == container
    assert media.video is not None
    assert (media.video.frames, media.video.frame_rate) == (24, 24)


def test_a_fragmented_movie_is_counted_by_its_packets(clips: Clips) -> None:
    media = probed(clips.movie("clip.mp4", frames=30, extra=("-movflags", "frag_keyframe+empty_moov")))
    assert media.frame_count == 30


def test_frames_cut_off_by_an_edit_list_are_not_counted(clips: Clips) -> None:
    whole = clips.movie("clip.mp4", frames=48, codec=("libx264", "-g", "48", "-bf", "0"))
    trimmed = clips.made("trimmed.mp4", "-ss", "0.5", "-i", str(whole), "-c", "copy")
    assert probed(trimmed).frame_count == 36


def test_counting_can_be_left_out(clips: Clips) -> None:
    video = probe(SourceRef(path=str(clips.movie("clip.mkv"))), count_frames=False).video
    assert video is not None
    assert video.frames is None
    assert video.frame_rate == 24


@pytest.mark.parametrize("name", ["vfr.mp4", "vfr.mkv"])
def test_a_variable_rate_keeps_its_duration(clips: Clips, name: str) -> None:
    media = probed(clips.variable_rate(name))
    video = media.video
    assert video is not None
    assert video.variable_rate
    assert video.frame_rate == 24
    assert video.frames == 17
    assert abs(float(video.duration_s or 0) - 23 / 24) < 0.002
    assert "video.variable_rate" in codes(media)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_picture_says_how_it_becomes_upright(clips: Clips, degrees: int) -> None:
    media = probed(clips.rotated(degrees))
    assert media.video is not None
    assert (media.video.rotation, media.video.mirrored) == (degrees, False)
    assert media.video.upright_size == ((320, 180) if degrees == 180 else (180, 320))
    assert f"{degrees}°" in message(media, "video.rotated")


def test_a_mirrored_picture_is_known(clips: Clips) -> None:
    media = probed(clips.mirrored())
    assert media.video is not None
    assert (media.video.rotation, media.video.mirrored) == (0, True)


def test_interlaced_pictures_are_known(clips: Clips) -> None:
    media = probed(clips.interlaced())
    assert media.video is not None
    assert media.video.field_order in ("tt", "tb")
    assert "video.interlaced" in codes(media)


def test_pixel_aspect(clips: Clips) -> None:
    media = probed(clips.anamorphic())
    assert media.video is not None
    assert media.video.sample_aspect == 2
    assert media.video.upright_size == (320, 180)
    assert "320x180" in message(media, "video.non_square_pixels")


def test_odd_sizes_are_noticed(clips: Clips) -> None:
    media = probed(clips.movie("odd.mov", size="321x181", codec=("prores_ks",), pixel_format="yuv422p10le"))
    assert "video.odd_size" in codes(media)


def test_tagged_colours_are_read(clips: Clips) -> None:
    media = probed(clips.movie())
    assert media.video is not None
    assert media.video.colour == BT709
    assert "colour.unknown" not in codes(media)


@pytest.mark.parametrize(("size", "assumed"), [("1280x720", "BT.709"), ("720x576", "BT.601")])
def test_untagged_colours_are_assumed_by_height(clips: Clips, size: str, assumed: str) -> None:
    media = probed(clips.movie("untagged.mp4", size=size, frames=2, tags=False))
    assert media.video is not None
    assert media.video.colour == ColourTags()
    assert assumed in message(media, "colour.unknown")


def test_full_range_is_read_from_the_pixel_format(clips: Clips) -> None:
    video = probed(clips.full_range()).video
    assert video is not None
    assert video.colour.range == "pc"


def test_hdr_is_noticed(clips: Clips) -> None:
    tags = "colour_primaries=9:transfer_characteristics=16:matrix_coefficients=9"
    media = probed(clips.movie(
        "hdr.mp4", tags=False, pixel_format="yuv420p10le", codec=("libx265", "-preset", "ultrafast"),
        extra=("-x265-params", "log-level=error", "-bsf:v", f"hevc_metadata={tags}"),
    ))  # fmt: skip
    assert media.video is not None
    assert media.video.bit_depth == 10
    assert media.video.colour.transfer == "smpte2084"
    assert "PQ" in message(media, "colour.hdr")


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "depth"),
    [("a.mov", ("prores_ks", "-profile:v", "4"), "yuva444p10le", 12), ("a.webm", VP9, "yuva420p", 8),
     ("a.mov", ("qtrle",), "argb", 8), ("a.mov", ("png",), "rgba64be", 16)],
)  # fmt: skip
def test_alpha_and_depth(clips: Clips, name: str, codec: tuple[str, ...], pixel_format: str, depth: int) -> None:
    video = probed(clips.movie(name, codec=codec, pixel_format=pixel_format, tags=False)).video
    assert video is not None
    assert video.has_alpha
    assert video.bit_depth == depth


def test_sound_is_described(clips: Clips) -> None:
    media = probed(clips.movie("sound.mov", audio="match"))
    [audio] = media.audio
    assert (audio.codec, audio.sample_rate, audio.channels, audio.layout) == ("pcm_s16le", 48000, 2, "stereo")
    assert audio.duration_s == 1
    assert not {"audio.none", "audio.shorter", "audio.longer"} & codes(media)


@pytest.mark.parametrize(
    ("length", "code"), [(None, "audio.none"), ("0.5", "audio.shorter"), ("3", "audio.longer"), ("1.03", None)]
)
def test_sound_of_another_length_is_noticed(clips: Clips, length: str | None, code: str | None) -> None:
    found = {c for c in codes(probed(clips.movie("sound.mp4", audio=length))) if c.startswith("audio.")}
    assert found == ({code} if code else set())


def test_the_timecode_of_the_tmcd_track(clips: Clips) -> None:
    media = probed(clips.movie("tc.mov", rate="30000/1001", extra=("-timecode", "01:00:00;00")))
    assert media.timecode == "01:00:00;00"
    assert "01:00:00;00" in message(media, "timecode.found")


def test_the_default_picture_is_taken_before_the_larger_one(clips: Clips) -> None:
    small, large = clips.movie("small.mp4"), clips.movie("large.mp4", size="640x360")
    both = clips.made("both.mkv", "-i", str(large), "-i", str(small), "-map", "0:v", "-map", "1:v", "-c", "copy",
                      "-disposition:v:0", "0", "-disposition:v:1", "default")  # fmt: skip
    media = probed(both)
    assert media.video is not None
    assert (media.video.index, media.video.width) == (1, 320)
    assert "default" in message(media, "video.several")


def test_without_a_default_the_longer_picture_is_taken(clips: Clips) -> None:
    short, long = clips.movie("short.mp4", size="640x360"), clips.movie("long.mp4", frames=48)
    both = clips.made("two.mp4", "-i", str(short), "-i", str(long), "-map", "0:v", "-map", "1:v", "-c", "copy",
                      "-disposition:v", "default")  # fmt: skip
    media = probed(both)
    assert media.video is not None
    assert media.video.frames == 48
    assert "longest" in message(media, "video.several")


def test_cover_art_is_no_picture(clips: Clips) -> None:
    cover, movie = clips.still("jpg", size="1280x720"), clips.movie("plain.mp4", audio="match")
    with_cover = clips.made("cover.mp4", "-i", str(cover), "-i", str(movie), "-map", "0:v", "-map", "1",
                            "-c", "copy", "-disposition:v:0", "attached_pic")  # fmt: skip
    media = probed(with_cover)
    assert media.video is not None
    assert (media.video.width, media.video.frames) == (320, 24)
    assert "video.several" not in codes(media)


def test_a_sound_file_has_no_picture(clips: Clips) -> None:
    media = probed(clips.made("tone.wav", "-f", "lavfi", "-i", "sine=d=1:r=48000"))
    assert media.video is None
    assert len(media.audio) == 1
    assert media.frame_count is None


def test_a_rate_that_was_asked_for_wins_and_keeps_the_frames(clips: Clips) -> None:
    media = probe(SourceRef(path=str(clips.movie()), frame_rate=Fraction(25)))
    assert media.video is not None
    assert (media.video.frame_rate, media.video.frames) == (25, 24)
    assert media.video.duration_s == Fraction(24, 25)
    assert "rate.overridden" in codes(media)


def test_the_fingerprint_follows_the_content(clips: Clips, tmp_path: Path) -> None:
    clip = copied(clips.movie(), tmp_path)
    before = probed(clip).fingerprint
    assert probed(clip).fingerprint == before
    clip.write_bytes(clip.read_bytes() + b"\0")
    assert probed(clip).fingerprint != before


def test_a_movie_cut_short_behind_its_index_is_damaged(clips: Clips, tmp_path: Path) -> None:
    clip = copied(clips.movie("cut.mp4", extra=("-movflags", "+faststart")), tmp_path)
    with pytest.raises(UnsupportedFormat, match=r"ends after \d+ of 24 frames") as caught:
        probed(truncated(clip, 0.6))
    assert caught.value.code == "source.corrupt"


def test_a_movie_without_its_index_is_damaged(clips: Clips, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormat) as caught:
        probed(truncated(copied(clips.movie("cut.mp4"), tmp_path), 0.6))
    assert caught.value.code == "source.corrupt"


def test_findings_are_never_errors_for_a_sound_movie(clips: Clips) -> None:
    media = probed(clips.movie("sound.mov", audio="match"))
    assert all(finding.severity is not Severity.ERROR for finding in media.findings)
