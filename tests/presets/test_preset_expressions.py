"""Expressions in presets: what they give, and that nothing else can be done with them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from encode_media.presets.context import source_context
from encode_media.presets.expressions import ExpressionError, evaluate
from support.sources import movie

CONTEXT = {"source": source_context(movie()), "options": {"quality": 18, "audio": True, "rate": None, "name": "a"}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("{{ options.quality }}", 18),
        ("{{ options.quality + 0.5 }}", 18.5),
        ("{{ options.audio and source.has_audio }}", True),
        ("{{ options.rate }}", None),
        ("{{ options.rate|default('24') }}", "24"),
        ("{{ [source.height, 480]|min }}", 480),
        ("{{ 'tall' if source.portrait else 'wide' }}", "wide"),
        ("{{ {'a': 1, 'b': 2}[options.name] }}", 1),
        ("{{ (source.width / 3)|round }}", 427),
        ("q{{ options.quality }}-{{ source.height }}p", "q18-720p"),
        ("{{ source.kind in ['movie', 'sequence'] }}", True),
        ("{{ options['quality'] > 20 }}", False),
    ],
)
def test_an_expression_gives_a_value_of_its_own_type(text: str, value: object) -> None:
    result = evaluate(text, CONTEXT)

    assert result == value
    assert type(result) is type(value)


def test_a_value_can_not_add_keys() -> None:
    hostile: dict[str, Any] = {**CONTEXT, "options": {"name": "a: {b: c}\nd: e"}}

    assert evaluate({"k": "{{ options.name }}"}, hostile) == {"k": "a: {b: c}\nd: e"}


def test_a_value_that_looks_like_an_expression_is_not_evaluated_again() -> None:
    hostile: dict[str, Any] = {**CONTEXT, "options": {"name": "{{ 7 * 7 }}"}}

    assert evaluate("{{ options.name }}", hostile) == "{{ 7 * 7 }}"


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(10**9) %}x{% endfor %}",
        "{# a comment #}",
        "{{ range(1000000)|list }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ source.__class__ }}",
        "{{ source.items() }}",
        "{{ options.name.center(10**9) }}",
        "{{ 'x' * 10**9 }}",
        "{{ [1] * 10**9 }}",
        "{{ 9**9**9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 'a' + 'b' }}",
        "{{ lipsum() }}",
        "{{ cycler }}",
        "{{ self }}",
        "{{ source }}",
        "{{ [1, 2] }}",
        "{{ 1 / 0 }}",
        "{{ 1e308 * 10 }}",
        "{{ source.hieght }}",
        "{{ optoins.quality }}",
        "{{ unknown }}",
        "{{ source.width",
        "{{ " + "(" * 200 + "1" + ")" * 200 + " }}",
        "{{ 1 }}" + " " * 600,
        "{{ options.name|attr('upper') }}",
        "{{ ['a']|map('upper') }}",
        "{{ 'x'|format }}",
    ],
)  # fmt: skip
def test_everything_beyond_plain_expressions_is_refused_at_once(text: str) -> None:
    started = time.perf_counter()

    with pytest.raises(ExpressionError):
        evaluate({"a": [text]}, CONTEXT)

    assert time.perf_counter() - started < 1


def test_a_mistake_names_its_place_and_the_unknown_word() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate({"video": [{"quality": "{{ options.qualty }}"}]}, CONTEXT)

    assert caught.value.path == ("video", 0, "quality")
    assert caught.value.undefined == "qualty"


def test_repeated_aliases_do_not_multiply_without_end() -> None:
    value: Any = ["x"] * 10
    for _ in range(12):
        value = [value] * 10

    with pytest.raises(ExpressionError, match="too large"):
        evaluate(value, CONTEXT)
