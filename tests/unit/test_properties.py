"""What holds for any input: no text becomes filter syntax, labels are each made once and used once,
a sequence is found again under the name it was given, a preset means the same after it was written down."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encode_media.media.pattern import FramePattern
from encode_media.model.codec import from_json, to_json
from encode_media.model.preset import Preset
from encode_media.planning.graph import Chain, InputFile, OutputFile, compile_run, step
from encode_media.planning.planner import make_plan
from encode_media.presets.catalog import Catalog
from support.sources import movie

SOURCE = InputFile(path="file:/a.mov", options={"f": "mov"})
LABEL = re.compile(r"\[([^\[\]]*)\]")


# --- filter escaping -------------------------------------------------------------------------------


def unescaped(text: str) -> list[str]:
    """What ffmpeg makes of a graph: the words between the signs that mean something, escapes undone once.

    Written from ffmpeg-utils, "Quoting and escaping": a backslash takes the next character as it is, and
    between single quotes everything is.
    """
    words, word, quoted, position = [], "", False, 0
    while position < len(text):
        character = text[position]
        if quoted:
            quoted = character != "'"
            word += "" if not quoted else character
        elif character == "\\":
            position += 1
            word += text[position]
        elif character == "'":
            quoted = True
        elif character in "[],;":
            words += [word, character]
            word = ""
        else:
            word += character
        position += 1
    return [*words, word]


@given(value=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30))
def test_whatever_a_value_holds_it_stays_the_value_of_its_filter(value: str) -> None:
    """Undone twice, as ffmpeg does (graph, then options), the value is there again and nothing else is."""
    chain = (step("drawtext", text=value), step("null"))
    argv = compile_run(SOURCE, [OutputFile(path="a.mp4", video=chain)], video_stream=0)
    graph = argv[argv.index("-filter_complex") + 1]
    signs = [word for word in unescaped(graph) if word]
    names = [word.partition("=")[0] for word in signs if word not in "[],;"]
    assert names == ["0:0", "drawtext", "s0", "s0", "null", "s1"], graph
    option = next(word for word in signs if word.startswith("drawtext=text="))
    assert options_of(option.removeprefix("drawtext=")) == {"text": value}


def options_of(text: str) -> dict[str, str]:
    """The options of one filter as ffmpeg reads them: split at colons that are not escaped."""
    found, key, word, quoted, position = {}, "", "", False, 0
    while position < len(text):
        character = text[position]
        if quoted:
            quoted = character != "'"
            word += "" if not quoted else character
        elif character == "\\":
            position += 1
            word += text[position] if position < len(text) else ""
        elif character == "'":
            quoted = True
        elif character == "=" and not key:
            key, word = word, ""
        elif character == ":":
            found[key], key, word = word, "", ""
        else:
            word += character
        position += 1
    found[key] = word
    return found


# --- graph labels ----------------------------------------------------------------------------------

FILTERS = st.builds(step, st.sampled_from(["scale", "crop", "hue"]), st.integers(0, 3))
CHAINS = st.lists(FILTERS, max_size=5).map(tuple)


@given(chains=st.lists(CHAINS, min_size=1, max_size=6))
def test_every_label_is_made_once_and_used_once(chains: list[Chain]) -> None:
    """Used by a filter or mapped to a file; ffmpeg refuses a graph with any other."""
    outputs = [OutputFile(path=f"{index}.mp4", video=chain) for index, chain in enumerate(chains)]
    argv = compile_run(SOURCE, outputs, video_stream=0)
    graph = argv[argv.index("-filter_complex") + 1] if "-filter_complex" in argv else ""
    made: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for part in filter(None, graph.split(";")):
        inputs = re.match(r"(?:\[[^\]]*\])*", part)
        assert inputs is not None
        used.update(LABEL.findall(inputs[0]))
        made.update(LABEL.findall(part[inputs.end() :]))
    mapped = [argv[index + 1].strip("[]") for index, word in enumerate(argv) if word == "-map"]
    used.update(mapped)
    assert len(mapped) == len(chains), "each output gets its picture"
    assert set(made.values()) <= {1}
    assert {label: count for label, count in used.items() if label != "0:0"} == dict(made)


@given(chains=st.lists(CHAINS, min_size=2, max_size=4))
def test_every_output_gets_exactly_its_own_filters_in_their_order(chains: list[Chain]) -> None:
    outputs = [OutputFile(path=f"{index}.mp4", video=chain) for index, chain in enumerate(chains)]
    argv = compile_run(SOURCE, outputs, video_stream=0)
    graph = argv[argv.index("-filter_complex") + 1] if "-filter_complex" in argv else ""
    before: dict[str, tuple[str, str]] = {}
    for part in filter(None, graph.split(";")):
        *inputs, text = re.split(r"(?<=\])(?=[^\[])", part, maxsplit=1)
        body = text.partition("[")[0]
        source = LABEL.findall(inputs[0])[0]
        for label in LABEL.findall(text):
            before[label] = (source, body)
    mapped = [argv[index + 1].strip("[]") for index, word in enumerate(argv) if word == "-map"]
    for chain, label in zip(chains, mapped, strict=True):
        walked: list[str] = []
        while label in before:
            label, body = before[label]  # noqa: PLW2901 - walking back to the source
            walked += [] if body.startswith("split") else [body]
        assert walked[::-1] == [f"{item.name}={item.options[0][1]}" for item in chain]  # type: ignore[union-attr]


# --- sequences -------------------------------------------------------------------------------------

NAME_PARTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="/\0\\"), max_size=12)


@given(
    head=NAME_PARTS,
    tail=NAME_PARTS.map(lambda text: f".{text}"),
    padding=st.integers(0, 8),
    number=st.integers(0, 10**9),
)
def test_a_frame_s_path_gives_its_number_back(head: str, tail: str, padding: int, number: int) -> None:
    pattern = FramePattern("/shots", head, padding, tail)
    name = pattern.path(number).removeprefix("/shots/")
    assert pattern.number_of(name) == number


@given(head=NAME_PARTS, tail=NAME_PARTS.map(lambda text: f".{text}"), padding=st.integers(2, 8))
def test_a_pattern_survives_the_way_to_printf_and_back(head: str, tail: str, padding: int) -> None:
    """Also with percent signs in the name, doubled on the way."""
    pattern = FramePattern("/sh%ots", head, padding, tail)
    read = FramePattern.from_printf(pattern.printf)
    assert {read.path(number) for number in (0, 7, 123456)} == {pattern.path(number) for number in (0, 7, 123456)}


@given(
    padding=st.integers(0, 6),
    head=st.from_regex(r"\A[a-z_.]{0,8}\Z"),
    numbers=st.sets(st.integers(0, 99999), min_size=1),
)
def test_two_frames_never_share_a_file(padding: int, head: str, numbers: set[int]) -> None:
    pattern = FramePattern("/shots", head, padding, ".exr")
    assert len({pattern.path(number) for number in numbers}) == len(numbers)


# --- presets ---------------------------------------------------------------------------------------

CATALOG = Catalog()
MEDIA = movie()


def resolved(name: str) -> Preset | None:
    file = CATALOG.get(name)
    return CATALOG.resolve(name, MEDIA, {}) if file.suits(MEDIA.kind) else None


@pytest.mark.parametrize("name", CATALOG.names())
def test_a_resolved_preset_survives_the_way_to_json_and_back(name: str) -> None:
    """As it is stored with a job, and read again by another worker."""
    preset = resolved(name)
    if preset is not None:
        assert from_json(Preset, to_json(preset)) == preset


@pytest.mark.parametrize("name", ["review", "h264_high_quality", "prores_422_hq", "png_sequence", "thumbnail"])
def test_a_preset_written_out_and_loaded_again_makes_the_same_plan(name: str, tmp_path: Path) -> None:
    """What `presets show` prints can be kept as a studio's own preset."""
    preset = resolved(name)
    assert preset is not None
    document = {
        "name": "copied",
        "label": preset.label,
        "description": preset.description,
        "suits": [MEDIA.kind.value],
        "outputs": _written(to_json(preset)["outputs"]),
    }
    (tmp_path / "copied.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    again = Catalog([tmp_path]).resolve("copied", MEDIA, {})
    assert make_plan(MEDIA, again).commands == make_plan(MEDIA, preset).commands


def _written(value: object) -> object:
    """Without what is not said: a preset file leaves it out."""
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items() if item is not None}
    return [_written(item) for item in value] if isinstance(value, list) else value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    quality=st.integers(8, 24), speed=st.sampled_from(["veryfast", "medium", "slow"]), key_frames=st.booleans(),
    rate=st.sampled_from([Fraction(24), Fraction(24000, 1001), Fraction(30000, 1001)]),
)  # fmt: skip
def test_options_mean_the_same_as_json_and_as_text(
    quality: int, speed: str, key_frames: bool, rate: Fraction
) -> None:
    """A form gives JSON values, `--set` gives text."""
    values = {"quality": quality, "speed": speed, "key_frames": "every" if key_frames else "normal",
              "frame_rate": f"{rate.numerator}/{rate.denominator}"}  # fmt: skip
    as_text = {key: str(value) for key, value in values.items()}
    assert CATALOG.resolve("h264_high_quality", MEDIA, values) == CATALOG.resolve(
        "h264_high_quality", MEDIA, as_text
    )
