"""Sound of real encodes: where it lies, how loud it is, which track it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from encode_media.errors import SourceMissing
from encode_media.media.probe import inspect_output, probe
from encode_media.media.sequence import find_source
from encode_media.media.sound_files import read_sound_files
from encode_media.planning.planner import make_plan
from encode_media.planning.sound import sound_files
from encode_media.presets.catalog import Catalog
from encode_media.running.runner import run_plan
from encode_media.running.verify import verify
from support.clips import Clips, copied

Encode = Callable[..., Path]
RATE = 48000
PCM = ("-c:a", "pcm_s24le")


@pytest.fixture
def encode(ffmpeg: str, tmp_path: Path) -> Encode:
    """The checked first output of a preset."""
    return encoder(ffmpeg, tmp_path)


@pytest.fixture
def encode_with_each(each_ffmpeg: str, tmp_path: Path) -> Encode:
    """The same, once with each ffmpeg."""
    return encoder(each_ffmpeg, tmp_path)


def encoder(ffmpeg: str, folder: Path) -> Encode:
    def encoded(source: Path, preset: str, **options: Any) -> Path:
        media = probe(find_source([str(source)]))
        resolved = Catalog().resolve(preset, media, options)
        plan = make_plan(media, resolved, files=read_sound_files(sound_files(resolved)))
        run_plan(plan, folder / "job", ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
        return Path(verify(plan, folder / "job")[0].path)

    return encoded


def tone(name: str, expression: str, clips: Clips, *, seconds: float = 1, extra: tuple[str, ...] = ()) -> Path:
    """A sound file of formulas, one for each channel."""
    return clips.made(name, "-f", "lavfi", "-i", f"aevalsrc={expression}:s={RATE}:d={seconds}", *PCM, *extra)


def filmed(name: str, sounds: tuple[str, ...], clips: Clips, *, frames: int = 24) -> Path:
    """A movie whose sound tracks are these formulas."""
    inputs = [word for sound in sounds for word in ("-f", "lavfi", "-i", f"aevalsrc={sound}:s={RATE}:d=2")]
    maps = [word for number in range(len(sounds) + 1) for word in ("-map", str(number))]
    picture = ("-f", "lavfi", "-i", f"testsrc2=s=64x36:r=24:d={frames / 24}")
    return clips.made(name, *picture, *inputs, *maps, "-c:v", "libx264", "-preset", "ultrafast", *PCM)


def samples(path: Path) -> np.ndarray[Any, Any]:
    """Channels by samples, as floats."""
    import av

    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp")
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


def levels(path: Path) -> list[float]:
    """The amplitude of a sine in each channel, away from the ends."""
    inner = samples(path)[:, RATE // 10 : -RATE // 10]
    return [round(float(value), 3) for value in np.sqrt(2 * (inner**2).mean(axis=1))]


def test_loudness_is_reached_with_the_peaks_held_and_nothing_shifted(
    encode_with_each: Encode, clips: Clips
) -> None:
    """A quiet tone with one loud burst, whose first sample is at half a second."""
    sound = "0.02*sin(880*PI*t)+if(between(t\\,0.5\\,0.502)\\,0.9\\,0)"
    made = encode_with_each(filmed("burst.mov", (f"{sound}|{sound}",), clips), "audio_wav", loudness=-16)

    facts = inspect_output(str(made))
    heard = samples(made)[0]
    assert facts.audio_samples == RATE
    assert abs(int(np.argmax(heard > 0.4)) - RATE // 2) <= 2
    assert np.abs(heard).max() <= 0.9


@pytest.mark.parametrize(
    ("options", "wanted_s"),
    [
        ({"conform_rate": "25"}, 12 / 25), ({"conform_rate": "23.976"}, 12 * 1001 / 24000),
        ({"convert_rate": "30"}, 0.5), ({"first": "1005"}, 8 / 24),
        ({"slate": True, "first": "1005", "conform_rate": "25", "loudness": -23}, 9 / 25),
    ],
)  # fmt: skip
def test_sound_stays_beside_its_picture(
    encode: Encode, clips: Clips, options: dict[str, Any], wanted_s: float
) -> None:
    """A burst begins with the thirteenth frame. `atempo` alone is 20 ms early, and moves sound by some ms."""
    burst = "if(between(t\\,0.5\\,0.55)\\,0.5*cos(2000*PI*t)\\,0)"

    heard = np.abs(
        samples(encode(filmed("burst25.mov", (f"{burst}|{burst}",), clips), "prores_proxy", **options))[0]
    )

    assert float(np.argmax(heard > heard.max() / 2)) / RATE == pytest.approx(wanted_s, abs=0.01)


@pytest.mark.parametrize("preset", ["audio_wav", "h264_high_quality"])
def test_surround_has_the_same_level_in_every_codec(encode: Encode, clips: Clips, preset: str) -> None:
    """ffmpeg's own mix of whole numbers, which PCM gets, is 7.7 dB quieter than that of floats, which AAC gets."""
    six = "|".join(f"{level}*sin(1000*PI*t)" for level in (0.1, 0.2, 0.1, 0.5, 0.05, 0.15)) + ":c=5.1"

    made = encode(filmed("surround.mov", (six,), clips), preset, channels=2)

    assert levels(made) == pytest.approx([0.1 + 0.15 * 0.7071, 0.2 + 0.25 * 0.7071], abs=0.002)


def test_two_mono_tracks_are_left_and_right(encode_with_each: Encode, clips: Clips) -> None:
    mono = tuple(f"{level}*sin(1000*PI*t)" for level in (0.1, 0.3))

    assert levels(encode_with_each(filmed("dual.mov", mono, clips), "audio_wav")) == [0.1, 0.3]


@pytest.mark.parametrize(("offset", "first"), [(3, RATE // 8), (-3, None)])
def test_a_sound_file_lies_where_it_was_asked_for(
    encode: Encode, clips: Clips, offset: int, first: int | None
) -> None:
    """Beside a sequence, which has no sound: a sixteenth of a second of tone at the beginning of a longer file."""
    burst = "if(lt(t\\,0.0625)\\,0.5*cos(2000*PI*t)\\,0)"
    file = tone("burst.wav", f"{burst}|{burst}", clips, seconds=3)
    frames = clips.sequence("png", frames=12, size="64x36")

    heard = samples(encode(frames, "prores_proxy", audio_file=str(file), audio_offset=offset))[0]

    loud = np.nonzero(np.abs(heard) > 0.25)[0]
    assert heard.shape == (RATE // 2,)
    assert (int(loud[0]) if loud.size else None) == first


def test_a_sound_file_that_vanishes_is_named_and_not_the_picture(
    each_ffmpeg: str, clips: Clips, tmp_path: Path
) -> None:
    file = copied(tone("vanishing.wav", "0.1*sin(t)", clips), tmp_path / "mix")
    media = probe(find_source([str(clips.movie("silent.mov", frames=7, size="64x36"))]))
    plan = make_plan(
        media,
        Catalog().resolve("prores_proxy", media, {"audio_file": str(file)}),
        files=read_sound_files([str(file)]),
    )
    file.unlink()

    with pytest.raises(SourceMissing, match=r"vanishing\.wav"):
        run_plan(plan, tmp_path / "job", each_ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)


def test_one_job_can_make_a_movie_and_its_sound(ffmpeg: str, clips: Clips, tmp_path: Path) -> None:
    media = probe(find_source([str(clips.movie("loud.mov", frames=7, size="64x36", audio="match"))]))
    resolve = Catalog().resolve
    both = (
        *resolve("prores_proxy", media, {"loudness": -23}).outputs,
        *resolve("audio_wav", media, {"loudness": -23, "channels": 2}).outputs,
    )
    plan = make_plan(media, replace(resolve("prores_proxy", media, {}), outputs=both))
    run_plan(plan, tmp_path / "job", ffmpeg, on_progress=lambda _: None, cancelled=lambda: False)
    movie, sound = verify(plan, tmp_path / "job")

    assert len(plan.commands) == 2
    assert np.array_equal(samples(Path(movie.path)), samples(Path(sound.path)))


def test_silence_fills_in_for_sound_that_is_not_there(encode: Encode, clips: Clips) -> None:
    made = encode(clips.movie("silent.mov", frames=7, size="64x36"), "prores_proxy", audio="fill", channels=6)

    heard = samples(made)
    assert heard.shape == (6, RATE * 7 // 24)
    assert not heard.any()


def test_the_sound_alone_keeps_the_time_a_sound_file_begins_at(encode: Encode, clips: Clips) -> None:
    start = ("-write_bext", "1", "-metadata", f"time_reference={RATE * 3600}")

    made = encode(tone("take.wav", "0.1*sin(t)", clips, extra=start), "audio_wav", sample_rate=96000)

    assert inspect_output(str(made)).time_reference == 96000 * 3600


def test_a_sound_file_outside_the_allowed_folders_is_refused(clips: Clips, tmp_path: Path) -> None:
    file = tone("outside.wav", "0.1*sin(t)", clips)

    with pytest.raises(SourceMissing) as caught:
        read_sound_files([str(file)], [tmp_path])

    assert caught.value.code == "source.outside_roots"
    assert read_sound_files([str(file)], [file.parent])[str(file)].audio[0].sample_rate == RATE


def test_a_broadcast_wav_lies_where_its_time_code_and_the_pictures_say(
    encode_with_each: Encode, clips: Clips
) -> None:
    """The picture starts at 10:00:00:00, the sound a quarter of a second later."""
    picture = clips.movie("clock.mov", frames=24, size="64x36", extra=("-timecode", "10:00:00:00"))
    start = ("-write_bext", "1", "-metadata", f"time_reference={RATE * 36000 + RATE // 4}")
    file = tone("take2.wav", "0.5", clips, extra=start)

    heard = samples(encode_with_each(picture, "prores_proxy", audio_file=str(file), audio_align="timecode"))[0]

    assert int(np.nonzero(np.abs(heard) > 0.25)[0][0]) == RATE // 4
    assert heard.shape == (RATE,)


def test_a_tone_below_the_last_of_16_bits_survives_in_the_noise(encode_with_each: Encode, clips: Clips) -> None:
    """A third of the smallest step would be rounded to silence; dithered it is still the strongest frequency."""
    quiet = tone("quiet.wav", f"{0.33 / 32768}*sin(2*PI*1000*t)", clips, extra=("-c:a", "pcm_s24le"))

    heard = samples(encode_with_each(quiet, "audio_wav", bit_depth=16, channels=1))[0]

    assert int(np.abs(np.fft.rfft(heard)).argmax()) == 1000
