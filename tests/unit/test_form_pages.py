# ruff: noqa: RUF001 - the texts have dashes and angle quotation marks on purpose
from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from encode_media.errors import failure
from encode_media.ftrack.forms import (
    AS_PRESET,
    MAX_SOURCES_SHOWN,
    Answer,
    Form,
    SourceView,
    first_page,
    main_options,
    options_page,
    read_answer,
    without_foreign,
)
from encode_media.model.media import (
    AudioStream,
    Finding,
    Media,
    Severity,
    SourceKind,
    SourceRef,
    VideoStream,
)
from encode_media.model.preset import Option, OptionKind
from encode_media.timebase import FrameSpan

SIZE = Option(kind=OptionKind.CHOICE, label="Size", default=1080, choices=(720, 1080), labels={"720": "HD ready"})
GAPS = Option(main=True, kind=OptionKind.CHOICE, label="Missing frames", default="hold", choices=("hold", "fail"))
RATE = Option(main=True, kind=OptionKind.RATE, label="Frame rate")
SOUND = Option(kind=OptionKind.BOOLEAN, label="Sound", default=True)
CRF = Option(kind=OptionKind.NUMBER, label="Quality", default=18, minimum=0, maximum=51)


@dataclass(frozen=True)
class FakePreset:
    name: str
    label: str
    description: str = ""
    options: dict[str, Option] = field(default_factory=dict)


REVIEW = FakePreset(
    "review", "Review", "plays everywhere", {"size": SIZE, "missing_frames": GAPS, "rate": RATE, "crf": CRF}
)
PNG = FakePreset("png", "PNG frames", "", {"missing_frames": GAPS, "rate": RATE, "sound": SOUND})


def video(rate: Fraction = Fraction(24), frames: int | None = None) -> VideoStream:
    return VideoStream(
        index=0, codec="h264", width=1280, height=720, pixel_format="yuv420p", frame_rate=rate, frames=frames
    )


def movie(path: str = "/p/a.mov") -> Media:
    return Media(
        source=SourceRef(path=path),
        kind=SourceKind.MOVIE,
        container="mov",
        size_bytes=3_400_000,
        video=video(Fraction(24000, 1001), 72),
        audio=(AudioStream(index=1, codec="aac", sample_rate=48000, channels=2),),
        timecode="01:00:00:00",
    )


def sequence() -> Media:
    finding = Finding(
        code="frames.missing",
        severity=Severity.WARNING,
        message="3 of 24 frames are missing: 1010-1012",
        frames=(1010, 1011, 1012),
    )
    return Media(
        source=SourceRef(path="/p/a.%04d.png", is_sequence=True),
        kind=SourceKind.SEQUENCE,
        container="image2",
        size_bytes=1000,
        video=video(),
        span=FrameSpan(first=1001, last=1024),
        missing=(1010, 1011, 1012),
        findings=(finding,),
    )


def labels(form: Form) -> str:
    return "\n".join(item["value"] for item in form["items"] if item["type"] == "label")


def fields(form: Form) -> dict[str, dict[str, object]]:
    return {item["name"]: item for item in form["items"] if "name" in item}


def page(*sources: SourceView, **more: object) -> Form:
    return first_page(sources, (REVIEW, PNG), preset="review", **more)  # type: ignore[arg-type]


def test_a_movie_is_described_in_words_of_the_field() -> None:
    text = labels(page(SourceView(label="sh010_comp v1", media=movie())))

    assert (
        "**sh010_comp v1** – movie, 1280 x 720, 23.976 frames a second, 72 frames (3.0 s), h264, "
        "stereo sound, timecode 01:00:00:00, 3.4 MB" in text
    )


def test_a_sequence_tells_its_span_and_its_gaps() -> None:
    text = labels(page(SourceView(label="sh020_anim v1", media=sequence())))

    assert "frames 1001-1024 (21 frames, 0.9 s at 24 frames a second)" in text
    assert "- ⚠ 3 of 24 frames are missing: 1010-1012" in text


def test_a_source_that_cannot_be_used_says_why_and_what_to_do() -> None:
    problem = failure("source.not_media", path="/p/notes.mov")

    text = labels(page(SourceView(label="notes v1", problem=problem)))

    assert "This is not a media file: /p/notes.mov Check that the right file was published." in text


def test_a_source_not_read_in_time_can_be_queued_all_the_same() -> None:
    assert "not read yet; it can be queued now" in labels(page(SourceView(label="a v1")))


def test_names_from_ftrack_cannot_put_tags_or_links_into_the_form() -> None:
    text = labels(page(SourceView(label="<script>x</script>\n[a](javascript:b)", media=movie("/p/<b>.mov"))))

    assert "<" not in text
    assert "](" not in text
    assert "‹script›x‹/script› [a] (javascript:b)" in text


def test_many_versions_are_counted_and_not_all_listed() -> None:
    form = page(*(SourceView(label=f"v{number}") for number in range(50)))

    assert "## 50 versions ##" in labels(form)
    assert f"… and {50 - MAX_SOURCES_SHOWN} more versions." in labels(form)


def test_the_first_page_offers_the_presets_and_their_main_options() -> None:
    form = fields(page(SourceView(label="a", media=sequence())))

    assert [choice["value"] for choice in form["preset"]["data"]] == ["review", "png"]  # type: ignore[attr-defined]
    assert form["preset"]["data"][0]["label"] == "Review – plays everywhere"  # type: ignore[index]
    assert list(form) == ["preset", "option_missing_frames", "option_rate", "more", "form_step"]
    assert form["option_missing_frames"]["value"] == AS_PRESET


def test_options_of_sequences_are_not_asked_for_movies() -> None:
    assert list(fields(page(SourceView(label="a", media=movie())))) == ["preset", "more", "form_step"]


def test_a_form_always_carries_its_step_so_that_an_empty_submit_is_recognised() -> None:
    assert fields(page(SourceView(label="a")))["form_step"] == {
        "type": "hidden",
        "name": "form_step",
        "value": "1",
    }


def test_the_options_page_has_every_option_with_its_default() -> None:
    form = options_page((SourceView(label="a", media=sequence()),), REVIEW, answer=Answer(preset="review"))
    shown = fields(form)

    assert shown["option_size"]["value"] == "1080"
    assert shown["option_size"]["data"] == [
        {"label": "HD ready", "value": "720"},
        {"label": "1080", "value": "1080"},
    ]
    assert shown["option_crf"]["type"] == "number"
    assert shown["preset"]["value"] == "review"
    assert shown["form_step"]["value"] == "2"


def test_a_mistake_is_told_on_top_and_beside_its_field_and_the_other_values_stay() -> None:
    problem = failure("options.invalid", option="crf", problem="99 is too large", allowed="0 to 51")
    answer = Answer(preset="review", options={"crf": 99, "size": "720"}, page=2)

    form = options_page((SourceView(label="a", media=movie()),), REVIEW, answer=answer, problem=problem)

    told = [index for index, item in enumerate(form["items"]) if "99 is too large" in str(item["value"])]
    assert told[0] == 0
    assert form["items"][told[1] + 1]["name"] == "option_crf"
    assert fields(form)["option_crf"]["value"] == 99
    assert fields(form)["option_size"]["value"] == "720"


def test_an_unknown_preset_is_told_beside_the_presets_and_the_default_is_selected() -> None:
    problem = failure("preset.unknown", preset="revue", nearest="review")
    form = page(SourceView(label="a"), answer=Answer(preset="revue"), problem=problem)
    preset_at = next(index for index, item in enumerate(form["items"]) if item.get("name") == "preset")

    assert "There is no preset called revue" in form["items"][preset_at - 1]["value"]
    assert form["items"][preset_at]["value"] == "review"


def test_an_answer_leaves_out_what_was_left_to_the_preset() -> None:
    values = {"preset": "review", "option_size": "720", "option_rate": "", "option_crf": None, "more": "true"}

    answer = read_answer({**values, "form_step": "1"})

    assert answer == Answer(preset="review", options={"size": "720"}, more=True, page=1)


def test_missing_frames_are_told_beside_the_option_that_decides_about_them() -> None:
    problem = failure("source.frames_missing", count=3, total=24, frames="1010-1012")

    form = page(SourceView(label="a", media=sequence()), problem=problem)

    at = next(index for index, item in enumerate(form["items"]) if item.get("name") == "option_missing_frames")
    assert "3 of 24 frames are missing" in form["items"][at - 1]["value"]


def test_main_options_have_the_choices_of_all_presets_and_are_asked_in_the_same_words() -> None:
    other = FakePreset(
        "small",
        "Small",
        "",
        {
            "size": Option(main=True, kind=OptionKind.CHOICE, label="Size", choices=(540, 720)),
            "rate": Option(kind=OptionKind.RATE, label="Pace"),
            "crf": CRF,
        },
    )

    found = main_options((REVIEW, other))

    assert found["size"].choices == (720, 1080, 540)
    assert list(found) == ["size", "missing_frames"]


def test_an_option_that_is_not_a_main_one_waits_on_the_page_of_its_preset() -> None:
    lut = Option(kind=OptionKind.TEXT, label="LUT")
    presets = tuple(
        FakePreset(name, name, "", {"size": replace(SIZE, main=True), "lut": lut}) for name in ("a", "b")
    )

    assert list(main_options(presets)) == ["size"]
    page = options_page((), presets[0], answer=Answer(preset="a"))
    assert "option_lut" in fields(page)


def test_a_sound_track_is_asked_for_only_where_there_is_sound() -> None:
    downmix = Option(main=True, kind=OptionKind.CHOICE, label="Surround", choices=("safe", "front"))
    presets = tuple(
        FakePreset(name, name, "", {"audio": replace(SOUND, main=True), "downmix": downmix}) for name in ("a", "b")
    )
    with_sound, without = SourceView(label="a", media=movie()), SourceView(label="b", media=sequence())

    assert "option_downmix" in fields(first_page((with_sound, without), presets, preset="a"))
    assert "option_downmix" not in fields(first_page((without,), presets, preset="a"))
    assert "option_audio" in fields(first_page((without,), presets, preset="a"))


def test_options_of_other_presets_are_dropped_and_unheard_of_ones_are_kept_to_be_refused() -> None:
    given = {"sound": True, "rate": "25", "unheard_of": 1}

    assert without_foreign(given, REVIEW, (REVIEW, PNG)) == {"rate": "25", "unheard_of": 1}
