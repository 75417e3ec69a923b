"""The expressions of subscriptions and targets: `topic=ftrack.update and source.user.username="editor"`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Test: TypeAlias = Callable[[Mapping[str, Any]], bool]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, ">=": operator.ge, "<=": operator.le,
    ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_TOKEN = re.compile(
    r"""\s*(?:(?P<operator>!=|>=|<=|=|>|<)|(?P<mark>[()])|(?P<quoted>"[^"\n]*"|'[^'\n]*')|(?P<word>[\w\-,./*@+]+))""",
    re.ASCII,
)
_FIELD = re.compile(r"[A-Za-z0-9_.]+")


class ExpressionError(ValueError):
    """The expression can't be read."""


@dataclass(frozen=True, slots=True)
class Expression:
    """`test` decides. The others narrow the search for it and never say no where it says yes."""

    test: Test
    required: Mapping[str, str]
    """Fields that must have just this value."""
    topic: Callable[[str], bool]
    """Whether an event with this topic may match."""


def parse_expression(text: str) -> Expression:
    """What tells a matching event, or a subscriber's metadata, from others. Raises ExpressionError."""
    parser = _Parser(_tokens(text))
    found = parser.either()
    if parser.position != len(parser.tokens):
        raise ExpressionError(f"this can't be read to its end: {text}")
    return found


@dataclass(slots=True)
class _Parser:
    tokens: list[tuple[str, str]]
    position: int = 0

    def either(self) -> Expression:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        if len(parts) == 1:
            return parts[0]
        tests = [part.test for part in parts]
        shared = set.intersection(*(set(part.required.items()) for part in parts))
        topics = [part.topic for part in parts]
        return Expression(
            lambda event: any(test(event) for test in tests),
            dict(shared),
            lambda name: any(topic(name) for topic in topics),
        )

    def _both(self) -> Expression:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        if len(parts) == 1:
            return parts[0]
        tests = [part.test for part in parts]
        required = {field: value for part in parts for field, value in part.required.items()}
        topics = [part.topic for part in parts]
        return Expression(
            lambda event: all(test(event) for test in tests),
            required,
            lambda name: all(topic(name) for topic in topics),
        )

    def _negated(self) -> Expression:
        if self._take("not"):
            test = self._negated().test
            return Expression(lambda event: not test(event), {}, _any_topic)
        if self._take("("):
            inner = self.either()
            if not self._take(")"):
                raise ExpressionError("a closing parenthesis is missing")
            return inner
        return self._condition()

    def _condition(self) -> Expression:
        kinds = [kind for kind, _ in self.tokens[self.position : self.position + 3]]
        words = [text for _, text in self.tokens[self.position : self.position + 3]]
        if kinds[:2] != ["word", "operator"] or kinds[2:] not in (["word"], ["quoted"]):
            raise ExpressionError(f"expected `field operator value`, found {' '.join(words)!r}")
        field, word = words[:2]
        if not _FIELD.fullmatch(field):
            raise ExpressionError(f"{field} is not the name of a field")
        self.position += 3
        value = words[2][1:-1] if kinds[2] == "quoted" else words[2]
        required = {field: value} if word == "=" and not value.endswith("*") else {}
        test = _comparison(field.split("."), word, value)
        topic = (lambda name: test({"topic": name})) if field == "topic" else _any_topic
        return Expression(test, required, topic)

    def _take(self, word: str) -> bool:
        if self.position < len(self.tokens):
            kind, text = self.tokens[self.position]
            if kind != "quoted" and text.lower() == word:
                self.position += 1
                return True
        return False


def _any_topic(name: str) -> bool:
    del name
    return True


def _tokens(text: str) -> list[tuple[str, str]]:
    found = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"this can't be read from {at}: {text}")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _comparison(field: list[str], word: str, wanted: str) -> Test:
    compare = _OPERATORS[word]

    def test(event: Mapping[str, Any]) -> bool:
        value: Any = event
        for name in field:
            if not isinstance(value, Mapping) or name not in value:
                return False
            value = value[name]
        try:
            if word == "=" and wanted.endswith("*"):
                return wanted[:-1] in value
            # The client can't compare with an empty text (it fails), so neither do we.
            return bool(compare(value, wanted)) if wanted or word != "=" else False
        except TypeError:
            return False

    return test
