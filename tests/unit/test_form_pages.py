# ruff: noqa: RUF001 - the texts have dashes and angle quotation marks on purpose
from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from encode_media.errors import failure
from encode_media.ftrack.answers import AS_PRESET, Answer, read_answer, state_of
from encode_media.ftrack.fields import SourceView, main_options, without_foreign
from encode_media.ftrack.forms import (
    MAX_SOURCES_SHOWN,
    Form,
    Made,
    Sources,
    Surroundings,
    first_page,
    options_page,
    summary_page,
)
from encode_media.ftrack.summary import Estimate, Line, Summary
from encode_media.ftrack.targets import Scope
from encode_media.ftrack.texts import Texts
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
from encode_media.model.request import Afterwards
from encode_media.presets.catalog import Catalog
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
    kinds: tuple[SourceKind, ...] = tuple(SourceKind)

    def suits(self, kind: SourceKind) -> bool:
        return kind in self.kinds


TEXTS = Texts()
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


def page(*views: SourceView, answer: Answer | None = None, problem: object = None, **more: object) -> Form:
    return first_page(
        TEXTS,
        Sources(views=views, **more),  # type: ignore[arg-type]
        (REVIEW, PNG),
        answer or Answer(preset="review"),
        around=Surroundings(),
        problem=problem,  # type: ignore[arg-type]
    )


def options_of(
    *views: SourceView, answer: Answer | None = None, preset: FakePreset = REVIEW, **more: object
) -> Form:
    found: Form = options_page(
        TEXTS,
        Sources(views=views),
        preset,
        answer or Answer(preset=preset.name),
        **{"around": Surroundings(), "after": Afterwards(), **more},  # type: ignore[arg-type]
    )
    return found


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

    assert "This is not a media file: /p/notes.mov. Check that the right file was published." in text


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
    assert list(form) == ["preset", "option_missing_frames", "option_rate", "next", "form_step", "state"]
    assert form["option_missing_frames"]["value"] == AS_PRESET


def test_options_of_sequences_are_not_asked_for_movies() -> None:
    assert list(fields(page(SourceView(label="a", media=movie())))) == ["preset", "next", "form_step", "state"]


def test_a_form_always_carries_its_step_so_that_an_empty_submit_is_recognised() -> None:
    assert fields(page(SourceView(label="a")))["form_step"] == {
        "type": "hidden",
        "name": "form_step",
        "value": "1",
    }


def test_the_options_page_has_every_option_with_its_default() -> None:
    form = options_of(SourceView(label="a", media=sequence()))
    shown = fields(form)

    assert shown["option_size"]["value"] == "1080"
    assert shown["option_size"]["data"] == [
        {"label": "HD ready", "value": "720"},
        {"label": "1080", "value": "1080"},
    ]
    assert shown["option_crf"]["type"] == "number"
    assert '"preset": "review"' in str(shown["state"]["value"])
    assert shown["form_step"]["value"] == "2"


def test_a_mistake_is_told_on_top_and_beside_its_field_and_the_other_values_stay() -> None:
    problem = failure("options.invalid", option="crf", problem="99 is too large", allowed="0 to 51")
    answer = Answer(preset="review", options={"crf": 99, "size": "720"}, page="2")

    form = options_of(SourceView(label="a", media=movie()), answer=answer, problem=problem)

    told = [index for index, item in enumerate(form["items"]) if "Quality: 99 is too large" in str(item["value"])]
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
    values = {"preset": "review", "option_size": "720", "option_rate": "", "option_crf": None, "next": "options"}

    answer = read_answer({**values, "form_step": "1"})

    assert (answer.preset, answer.options, answer.next_step) == ("review", {"size": "720"}, "options")
    assert answer.asked == {"size", "rate", "crf"}


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
    assert "option_lut" in fields(options_of(preset=presets[0], answer=Answer(preset="a", expert=True)))


def test_a_sound_track_is_asked_for_only_where_there_is_sound() -> None:
    downmix = Option(main=True, kind=OptionKind.CHOICE, label="Surround", choices=("safe", "front"))
    presets = tuple(
        FakePreset(name, name, "", {"audio": replace(SOUND, main=True), "downmix": downmix}) for name in ("a", "b")
    )
    with_sound, without = SourceView(label="a", media=movie()), SourceView(label="b", media=sequence())

    def shown(*views: SourceView) -> dict[str, dict[str, object]]:
        answer = Answer(preset="a")
        return fields(first_page(TEXTS, Sources(views=views), presets, answer, around=Surroundings()))

    assert "option_downmix" in shown(with_sound, without)
    assert "option_downmix" not in shown(without)
    assert "option_audio" in shown(without)


def test_options_of_other_presets_are_dropped_and_unheard_of_ones_are_kept_to_be_refused() -> None:
    given = {"sound": True, "rate": "25", "unheard_of": 1}

    assert without_foreign(given, REVIEW, (REVIEW, PNG)) == {"rate": "25", "unheard_of": 1}


def test_the_scope_is_asked_for_where_something_stands_for_versions() -> None:
    one = SourceView(label="a")

    assert "scope" not in fields(page(one))
    asked = fields(page(one, has_containers=True))
    assert [choice["value"] for choice in asked["scope"]["data"]] == ["latest", "all"]  # type: ignore[attr-defined]
    assert asked["only_missing"]["value"] is False


def test_what_was_left_out_is_said_with_its_reason() -> None:
    text = labels(page(SourceView(label="a"), skipped=("team",), reviewed=3, unseen=1, beyond=20))

    assert "Left out: team can't hold media; 3 with review media already; 1 not visible to Encode Media" in text
    assert "20 past the limit of one launch" in text


def test_a_preset_that_suits_no_source_says_so() -> None:
    still = FakePreset("still", "Still", "one picture", kinds=(SourceKind.STILL,))
    sources = Sources(views=(SourceView(label="a", media=movie()),))

    form = fields(first_page(TEXTS, sources, (REVIEW, still), Answer(preset="review"), around=Surroundings()))

    assert [choice["label"] for choice in form["preset"]["data"]] == [  # type: ignore[attr-defined]
        "Review – plays everywhere",
        "Still – not for this source. one picture",
    ]


def test_options_come_in_groups_and_rare_ones_only_when_they_are_asked_for() -> None:
    names = ("ocio", "quality", "own")
    preset = FakePreset("p", "P", "", {name: Option(kind=OptionKind.TEXT, label=name) for name in names})

    plain, expert = options_of(preset=preset), options_of(preset=preset, answer=Answer(preset="p", expert=True))

    assert list(fields(plain))[:2] == ["option_quality", "option_own"]
    assert [choice["value"] for choice in fields(plain)["next"]["data"]] == [  # type: ignore[attr-defined]
        "summary",
        "encode",
        "expert",
        "back",
    ]
    assert list(fields(expert))[:3] == ["option_quality", "option_ocio", "option_own"]
    assert "**Size and quality**" in labels(plain)
    assert "**Other**" in labels(plain)


def test_a_mistake_in_a_rare_option_shows_the_rare_options() -> None:
    preset = FakePreset("p", "P", "", {"ocio": Option(kind=OptionKind.TEXT, label="OpenColorIO")})
    problem = failure("options.invalid", option="ocio", problem="no such", allowed="others")

    assert "option_ocio" in fields(options_of(preset=preset, problem=problem))


def test_what_happens_afterwards_can_be_chosen_from_what_the_project_has() -> None:
    around = Surroundings(statuses=("Approved", "On Hold"), lists=("Dailies",))
    after = Afterwards(note=True, done_status="Approved", list_name="Gone")

    form = fields(options_of(around=around, after=after))

    assert form["after_note"]["value"] is True
    assert form["after_done_status"]["value"] == "Approved"
    assert [choice["value"] for choice in form["after_list_name"]["data"]] == [  # type: ignore[attr-defined]
        "",
        "Gone",
        "Dailies",
    ]
    values = {name: item["value"] for name, item in form.items()}
    assert read_answer(values).after == after


def test_answers_of_earlier_pages_travel_along_and_the_newest_counts() -> None:
    first = Answer(
        preset="review",
        options={"size": "720", "crf": 20},
        scope=Scope.ALL,
        only_missing=True,
        after=Afterwards(note=True),
    )
    state = state_of(first)["value"]

    answer = read_answer({"state": state, "option_crf": 25, "option_size": "", "next": "summary"})

    assert (answer.preset, answer.options) == ("review", {"crf": 25})
    assert (answer.scope, answer.only_missing, answer.after) == (Scope.ALL, True, Afterwards(note=True))


def test_options_of_a_preset_are_forgotten_when_another_is_chosen() -> None:
    state = state_of(Answer(preset="review", options={"crf": 20}))["value"]

    answer = read_answer({"state": state, "preset": "png", "option_sound": "true"})

    assert (answer.switched, answer.options) == (True, {"sound": "true"})


def test_a_hidden_field_that_is_not_ours_is_ignored() -> None:
    for state in ("[1]", "{", 3, "x" * 100_000, '{"options": 3, "after": 4, "scope": []}'):
        assert read_answer({"state": state, "preset": "review"}).options == {}


def summary(**more: object) -> Summary:
    estimate = Estimate(seconds=80, size_bytes=12_000_000, frames=206, outputs=("a.mov",), notes=("a note",))
    values = {
        "preset_label": "ProRes",
        "lines": (Line(label="a v1", estimate=estimate), Line(label="b v2", estimate=estimate)),
        "skipped": (("c v1", failure("source.offline", version="c v1", location="studio.tokyo")),),
        **more,
    }
    return Summary(**values)  # type: ignore[arg-type]


def test_the_summary_counts_versions_frames_time_size_and_what_is_skipped() -> None:
    form = summary_page(TEXTS, summary(), Answer(preset="p"), is_favourite=False)

    assert "**2 versions, 412 frames, about 3 minutes, about 24.0 MB, 1 skipped**" in labels(form)
    assert "c v1: The media of c v1 is not available here: it is in studio.tokyo." in labels(form)
    assert form["submit_button_label"] == "Encode"
    assert [choice["value"] for choice in fields(form)["next"]["data"]] == [  # type: ignore[attr-defined]
        "encode",
        "options",
        "back",
    ]


def test_workers_share_the_time_but_no_version_takes_less_than_itself() -> None:
    assert summary(slots=2).seconds == 80
    assert summary(slots=50).seconds == 80
    assert summary(slots=1).seconds == 160


def test_a_summary_of_nothing_leads_back() -> None:
    form = summary_page(TEXTS, summary(lines=()), Answer(preset="p"), is_favourite=False)

    assert "**Nothing can be encoded.**" in labels(form)
    assert fields(form)["next"]["value"] == "back"
    assert form["submit_button_label"] == "Continue"


def test_what_is_there_is_offered_again_behind_the_pages_of_the_form() -> None:
    made = (
        Made(component_id="c1", preset="<Review>", published_at=1_790_000_000, is_exact=True),
        Made(component_id="c2", preset="ProRes", published_at=1_780_000_000, is_exact=False, source_changed=True),
    )
    sources = Sources(views=(SourceView(label="a", media=movie()),))

    form = fields(first_page(TEXTS, sources, (REVIEW,), Answer(preset="review"), around=Surroundings(made=made)))

    steps = {choice["value"]: choice["label"] for choice in form["next"]["data"]}  # type: ignore[attr-defined]
    assert list(steps) == ["summary", "options", "encode", "again:c1", "again:c2"]
    assert steps["again:c1"].startswith("Again, exactly as ‹Review› of 2026-09-")
    assert steps["again:c2"].startswith("Again, like ProRes of 2026-0")
    assert steps["again:c2"].endswith("The source has changed since")
    assert form["next"]["value"] == "encode"


def test_a_wish_for_the_same_again_is_no_step_of_the_form() -> None:
    answer = read_answer({"preset": "review", "next": "again:c1", "form_step": "1"})

    assert (answer.again, answer.next_step) == ("c1", "encode")
    assert read_answer({"preset": "review", "next": "nonsense"}).again == ""


def test_sharing_is_asked_for_last_among_the_expert_options_and_only_where_it_can_be() -> None:
    able, expert = Surroundings(can_share=True), Answer(preset="review", expert=True, split="never")
    view = SourceView(label="a", media=movie())

    assert "split" not in fields(options_of(view, answer=replace(expert, expert=False), around=able))
    assert "split" not in fields(options_of(view, answer=expert))
    shown = fields(options_of(view, answer=expert, around=able))
    assert list(shown)[-4:] == ["split", "next", "form_step", "state"]
    assert shown["split"]["value"] == "never"
    assert [choice["value"] for choice in shown["split"]["data"]] == ["auto", "never", "always"]  # type: ignore[attr-defined]


def test_a_wish_to_share_travels_with_the_form() -> None:
    state = state_of(read_answer({"preset": "review", "split": "always"}))["value"]

    assert read_answer({"state": state}).split == "always"
    assert read_answer({"preset": "review"}).split == "auto"


def test_every_option_of_the_built_in_presets_stands_in_a_group() -> None:
    catalog = Catalog(())
    for name in catalog.names():
        arranged = TEXTS.groups.arrange(catalog.get(name).options, expert=True, others="others")
        assert "others" not in [title for title, _ in arranged], name
