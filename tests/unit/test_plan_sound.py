"""What the plan makes of wishes about sound."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from encode_media.errors import InvalidParameters, SourceMissing, UnsupportedFormat
from encode_media.model.media import AudioStream, Media, SourceKind, SourceRef
from encode_media.model.plan import EncodePlan
from encode_media.model.preset import AudioSpec, LoudnessSpec
from encode_media.planning.planner import make_plan
from encode_media.planning.sound import SoundWork, hear, sound_files
from encode_media.planning.sound_timing import SoundTiming
from encode_media.presets.catalog import Catalog
from support.sources import STEREO, movie, sequence

MONO = AudioStream(index=1, codec="pcm_s24le", sample_rate=48000, channels=1)
SURROUND = replace(STEREO, channels=6, layout="5.1")
WAV_PATH = "/mix/sh010.wav"
WAV = Media(
    source=SourceRef(path=WAV_PATH), kind=SourceKind.MOVIE, container="wav", size_bytes=1,
    audio=(replace(STEREO, index=0, codec="pcm_s24le", sample_rate=44100),),
)  # fmt: skip
WITH_FILE = {"audio_file": WAV_PATH}
AT_START = SoundTiming()


def plan(media: Media, preset: str = "review", **options: Any) -> EncodePlan:
    return make_plan(media, Catalog().resolve(preset, media, options), files={WAV_PATH: WAV})


def graph(made: EncodePlan) -> str:
    argv = made.commands[-1].argv
    return argv[argv.index("-filter_complex") + 1]


def steps(audio: tuple[AudioStream, ...] = (STEREO,), *, timing: SoundTiming = AT_START, **wishes: Any) -> str:
    """The filters of a sound of one second, in the order they are applied."""
    work = SoundWork(media=movie(audio=audio), timing=timing, length_s=Fraction(1), rate=Fraction(24))
    heard = hear(work, AudioSpec(codec="pcm", **wishes))
    assert heard is not None
    return " ".join(
        f"{step.name}={':'.join(f'{key}={value}' if key else value for key, value in step.options)}"
        for step in heard.chain
        if not hasattr(step, "branches")
    )


def test_a_track_is_chosen_by_its_number_counted_from_one() -> None:
    tracks = (replace(STEREO, index=2), replace(STEREO, index=5))

    assert "[0:5]" in graph(plan(movie(audio=tracks), audio_track=2))


def test_a_track_that_is_not_there_is_refused_with_how_many_there_are() -> None:
    with pytest.raises(InvalidParameters, match=r"no sound track 3.*it has 1"):
        plan(movie(), audio_track=3)


def test_the_track_marked_as_default_is_preferred_and_the_plan_says_why() -> None:
    tracks = (replace(STEREO, index=1), replace(STEREO, index=2, is_default=True))
    made = plan(movie(audio=tracks))

    assert "[0:2]" in graph(made)
    assert any("marked as the default" in note for note in made.notes)


@pytest.mark.parametrize(
    ("tracks", "channels", "joined"),
    [(2, 2, 2), (8, 2, 2), (6, 6, 6), (8, None, 8), (5, 6, 2), (4, 1, 0), (1, 2, 0)],
)
def test_mono_tracks_are_joined_as_far_as_they_make_up_a_layout(
    tracks: int, channels: int | None, joined: int
) -> None:
    work = SoundWork(media=movie(audio=tuple(replace(MONO, index=number + 1) for number in range(tracks))))
    heard = hear(work, AudioSpec(codec="pcm", channels=channels))

    assert heard is not None
    assert len(heard.input.streams) == max(1, joined)


def test_tracks_of_different_rates_are_not_joined() -> None:
    tracks = (MONO, replace(MONO, index=2, sample_rate=44100))

    assert "join" not in graph(plan(movie(audio=tracks)))


def test_a_sound_file_replaces_the_sound_and_begins_as_many_frames_late_as_asked() -> None:
    made = plan(movie(), **WITH_FILE, audio_offset=6)

    assert f"file:{WAV_PATH}" in made.commands[-1].argv
    assert "[1:0]asetpts=PTS-STARTPTS-(-1/4)/TB" in graph(made)
    assert "[0:1]" not in graph(made)
    assert any("begins 6 frames after the first picture" in note for note in made.notes)


def test_a_sound_file_goes_with_a_sequence_which_has_no_sound_itself() -> None:
    assert plan(sequence(), "prores_422_hq", **WITH_FILE).outputs[0].expected.audio_codec == "pcm_s24le"


def test_the_sound_files_of_a_preset_are_named_once_for_all_outputs() -> None:
    media = movie(width=3840, height=2160)

    assert sound_files(Catalog().resolve("review", media, WITH_FILE)) == (WAV_PATH,)
    assert sound_files(Catalog().resolve("review", media, {})) == ()


def test_a_sound_file_nobody_read_is_missing() -> None:
    media = movie()
    with pytest.raises(SourceMissing):
        make_plan(media, Catalog().resolve("review", media, WITH_FILE))


def test_a_sound_file_without_sound_is_refused() -> None:
    media = movie()
    with pytest.raises(UnsupportedFormat, match="no sound"):
        make_plan(media, Catalog().resolve("review", media, WITH_FILE), files={WAV_PATH: replace(WAV, audio=())})


@pytest.mark.parametrize(
    ("wish", "audio", "heard"),
    [
        ("keep", (STEREO,), "asetpts"), ("keep", (), ""), ("fill", (STEREO,), "asetpts"), ("fill", (), "silence"),
        ("silence", (STEREO,), "silence"), ("none", (STEREO,), ""),
    ],
)  # fmt: skip
def test_sound_silence_or_nothing_as_asked(wish: str, audio: tuple[AudioStream, ...], heard: str) -> None:
    made = plan(movie(audio=audio), audio=wish)

    assert (made.outputs[0].expected.audio_codec is not None) == bool(heard)
    assert ("anullsrc=r=48000:cl=stereo" in made.commands[0].argv) == (heard == "silence")
    assert ("asetpts" in graph(made)) == (heard == "asetpts")


@pytest.mark.parametrize(
    ("downmix", "left"),
    [
        ("standard", "c0=1.000000*c0+0.707107*c2+0.707107*c4"), ("front", "c0=1.000000*c0|"),
        ("safe", "c0=0.414214*c0+0.292893*c2+0.292893*c4"),
    ],
)  # fmt: skip
def test_surround_becomes_stereo_by_stated_sums_without_the_lfe(downmix: str, left: str) -> None:
    assert left in steps((SURROUND,), downmix=downmix)


def test_surround_becomes_mono_with_each_channel_named_once() -> None:
    assert "pan=args=mono|c0=0.500000*c0+0.707107*c2+0.353553*c4+0.500000*c1+0.353553*c5" in steps(
        (SURROUND,), channels=1
    )


def test_stereo_stays_as_it_is() -> None:
    assert "pan" not in steps()


def test_conformed_frames_take_their_sound_along_at_the_same_pitch() -> None:
    faster = steps(timing=SoundTiming(speed=Fraction(25) / Fraction(24000, 1001)))

    assert "adelay=delays=1024S:all=1 atempo=1.042708333" in faster


def test_a_speed_nobody_hears_is_made_by_resampling_which_is_exact() -> None:
    slower = steps(timing=SoundTiming(speed=Fraction(1000, 1001)))

    assert "asetrate=47952 aresample=48000" in slower
    assert "atempo" not in slower


def test_sound_goes_along_when_a_movie_is_read_at_another_rate_than_its_own() -> None:
    made = plan(movie(frame_rate=Fraction(25), own_rate=Fraction(24)))

    assert "atempo=1.041666667" in graph(made)


def test_frames_put_in_front_are_silent() -> None:
    assert "adelay=delays=2000S:all=1 apad" in steps(timing=SoundTiming(lead_s=Fraction(1, 24)))


def test_the_sound_of_a_cut_begins_where_the_cut_begins() -> None:
    assert "asetpts=PTS-(3/2)/TB" in steps(timing=SoundTiming(start_s=Fraction(3, 2)))


def test_loudness_is_measured_by_a_first_command_whose_number_fills_the_next() -> None:
    first, second = plan(movie(), loudness=-23).commands

    assert first.measures is not None
    assert first.measures.reader == "ebur128"
    assert first.argv[-3:] == ("-f", "null", "-")
    (fill,) = second.fills
    assert (fill.measurement, fill.otherwise) == (first.measures.name, "-23")
    assert fill.token in second.argv[second.argv.index(fill.option) + 1]


def test_what_is_measured_is_what_is_raised() -> None:
    loud = LoudnessSpec()
    chain = steps((SURROUND,), loudness=loud)
    before, _, after = chain.partition("volume=")

    assert "pan=" in before
    assert before.endswith("atrim=end=1.000000 ")
    assert after.startswith("volume=pow(10,(-23-(LOUDNESS_")
    assert "alimiter=limit=0.891251:level=disabled:latency=1" in after
    assert after.endswith("apad=whole_dur=1.000000 atrim=end=1.000000")


def test_outputs_with_the_same_sound_share_one_measurement() -> None:
    made = plan(movie(width=3840, height=2160), loudness=-23)

    assert len(made.outputs) > 3
    assert len(made.commands) == 2
    assert len(made.commands[1].fills) == 1


def test_silence_is_not_measured() -> None:
    assert len(plan(movie(), audio="silence", loudness=-23).commands) == 1


def test_levels_are_left_alone_unless_asked() -> None:
    made = plan(movie())

    assert len(made.commands) == 1
    assert "volume" not in graph(made)


def test_uncompressed_sound_must_have_exactly_the_samples_of_the_picture() -> None:
    rate = Fraction(30000, 1001)
    made = plan(movie(frame_rate=rate, frames=1, duration_s=1 / rate), "prores_422_hq")

    assert made.outputs[0].expected.audio_samples == 1602  # 1601.6


def test_the_sound_alone_has_the_picture_time_code_in_samples_since_midnight() -> None:
    made = plan(movie(frame_rate=Fraction(24000, 1001), timecode="01:00:00:00"), "audio_wav")

    assert made.outputs[0].expected.time_reference == 172_972_800  # an hour of time code lasts 3603.6 s
    assert "time_reference=172972800" in made.commands[0].argv
    assert "[0:0]" not in graph(made)


def test_a_sound_file_can_be_the_source_of_the_sound_alone() -> None:
    made = plan(replace(WAV, sound_start_s=Fraction(10)), "audio_wav", sample_rate=0)

    assert made.outputs[0].expected.audio_sample_rate == 44100
    assert made.outputs[0].expected.time_reference == 441_000
    assert "atrim" not in graph(made)


def test_the_sound_alone_of_a_silent_source_is_refused() -> None:
    with pytest.raises(UnsupportedFormat, match="no sound"):
        plan(movie(audio=()), "audio_wav")


@pytest.mark.parametrize(("have", "expected"), [(1, 1), (2, 2), (4, 4), (6, 6), (8, 8)])
def test_the_sound_alone_keeps_the_number_of_channels(have: int, expected: int) -> None:
    made = plan(movie(audio=(replace(STEREO, channels=have, layout=None),)), "audio_wav")

    assert made.outputs[0].expected.audio_channels == expected


def test_compressed_sound_keeps_channels_as_far_as_players_know_them() -> None:
    made = plan(movie(audio=(replace(STEREO, channels=4, layout="quad"),)), "h264_high_quality", channels=0)

    assert made.outputs[0].expected.audio_channels == 2


class TestByTimeCode:
    """A sound file lies where its own clock and the picture's say."""

    @staticmethod
    def made(media: Media, sound: Media, **options: Any) -> EncodePlan:
        wishes = {"audio_file": WAV_PATH, "audio_align": "timecode", **options}
        return make_plan(media, Catalog().resolve("prores_422", media, wishes), files={WAV_PATH: sound})

    @staticmethod
    def beginning_at(seconds: Fraction | None, length_s: Fraction = Fraction(60)) -> Media:
        return replace(WAV, sound_start_s=seconds, audio=(replace(WAV.audio[0], duration_s=length_s),))

    @pytest.mark.parametrize(
        ("start_s", "timecode", "options", "shift"),
        [
            (Fraction(3602), "01:00:00:00", {}, "PTS-STARTPTS-(-2/1)/TB"),
            (Fraction(3590), "01:00:00:00", {}, "PTS-STARTPTS-(10/1)/TB"),
            (Fraction(3602), "01:00:00:00", {"audio_offset": 12}, "PTS-STARTPTS-(-5/2)/TB"),
            (Fraction(3602), "01:00:00:00", {"first": "1025"}, "PTS-STARTPTS-(-1/1)/TB"),
            (Fraction(36001), "01:00:00:00", {"timecode": "10:00:00:00"}, "PTS-STARTPTS-(-1/1)/TB"),
            (Fraction(1), "23:59:59:00", {}, "PTS-STARTPTS-(-2/1)/TB"),
        ],
        ids=["later", "earlier", "and an offset", "of a part", "time code as asked for", "past midnight"],
    )
    def test_the_distance_of_the_clocks_is_where_it_begins(
        self, start_s: Fraction, timecode: str, options: dict[str, Any], shift: str
    ) -> None:
        media = replace(movie(frames=240), timecode=timecode)

        assert shift in graph(self.made(media, self.beginning_at(start_s), **options))

    def test_hours_of_ntsc_time_code_are_longer_than_those_on_the_wall(self) -> None:
        media = replace(movie(frames=240, frame_rate=Fraction(24000, 1001)), timecode="01:00:00:00")

        made = self.made(media, self.beginning_at(Fraction(36036, 10)))

        assert "begins 0.000 s after the first picture" in " ".join(made.notes)

    @pytest.mark.parametrize(
        ("start_s", "timecode", "problem"),
        [
            (None, "01:00:00:00", "says no time"), (Fraction(3600), None, "the picture has no start time code"),
            (Fraction(9000), "01:00:00:00", "lies beside other pictures"),
            (Fraction(3000), "01:00:00:00", "lies beside other pictures"),
        ],
    )  # fmt: skip
    def test_clocks_that_are_missing_or_far_apart_are_refused(
        self, start_s: Fraction | None, timecode: str | None, problem: str
    ) -> None:
        media = replace(movie(frames=240), timecode=timecode)

        with pytest.raises(InvalidParameters, match=problem):
            self.made(media, self.beginning_at(start_s))


class TestDither:
    @pytest.mark.parametrize(
        ("track", "wishes", "dithered"),
        [
            (replace(STEREO, bits=32), {"bit_depth": 16}, True),
            (replace(STEREO, bits=16), {"bit_depth": 16}, False),
            (replace(STEREO, bits=16), {"bit_depth": 24}, False),
            (replace(STEREO, bits=16), {"bit_depth": 16, "channels": 1}, True),
            (replace(STEREO, bits=16), {"bit_depth": 16, "sample_rate": 44100}, True),
        ],
        ids=["deeper", "as deep", "wanted deep", "mixed", "resampled"],
    )
    def test_sound_is_dithered_where_it_is_rounded_to_16_bits(
        self, track: AudioStream, wishes: dict[str, Any], dithered: bool
    ) -> None:
        assert ("dither_method=triangular" in steps((track,), **wishes)) is dithered
