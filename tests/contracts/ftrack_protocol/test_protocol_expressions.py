"""Protocol page, section 7.7: our reading of expressions is the client's own."""

from __future__ import annotations

from typing import Any

import ftrack_api.event.expression
import ftrack_api.exception
import pytest

from encode_media.sandbox.expressions import ExpressionError, parse_expression

EVENT: dict[str, Any] = {
    "topic": "ftrack.action.launch",
    "source": {"id": "hub-1", "user": {"username": "editor@example.com", "id": "u-1"}},
    "data": {
        "actionIdentifier": "encode-media",
        "count": 5,
        "empty": "",
        "nothing": None,
        "list": ["a"],
        "b": True,
    },
}
READABLE = [
    "topic=ftrack.action.launch", "topic=ftrack.*", "topic=*", "topic=*launch", "topic=action*", "topic!=x",
    "topic!=ftrack.*", "missing=x", "missing!=x", "topic.deeper=x", "source.user.username=editor@example.com",
    "source.user.username='editor@example.com' and topic=ftrack.action.launch",
    'source.user.id="u-1" or topic=x', "not topic=x", "NOT topic=ftrack.*", "topic=x or not topic=y",
    "not (topic=x and topic=y)", "(topic=x or topic=ftrack.*) and data.actionIdentifier=encode-media",
    "topic=x and topic=y or topic=ftrack.*", "topic=ftrack.* or topic=x and topic=y",
    "data.actionIdentifier>=encode", "data.actionIdentifier<aaa", "data.actionIdentifier > aaa",
    "data.actionIdentifier<='zzz'", "data.list=a*", "data.b=True", "data.b!=True", "data.count!=5",
    'topic="ftrack.action.launch"', "  topic = ftrack.action.launch  ", "topic=FTRACK.action.launch",
    "topic=and and topic=or", "data.count=5", "data.nothing=None", "data.nothing!=x", 'topic="a b"',
]  # fmt: skip
FAILING_IN_THE_CLIENT = ["data.count>4", "data.count=5*", "data.nothing=*", "topic=''", 'data.empty=""']
UNREADABLE = ["", "   ", "topic", "topic=", "=x", "topic=a b", "topic=a:b", "(topic=x", "topic=x)", "topic=x and",
              "topic is x", "topic=é", "not", "topic=x or or topic=y", "top-ic=x"]  # fmt: skip


@pytest.mark.parametrize("text", READABLE)
def test_we_match_what_the_client_matches(text: str) -> None:
    theirs = ftrack_api.event.expression.Parser().parse(text).match(EVENT)
    assert parse_expression(text).test(EVENT) == bool(theirs)


@pytest.mark.parametrize("text", FAILING_IN_THE_CLIENT)
def test_what_fails_inside_the_client_is_never_delivered(text: str) -> None:
    with pytest.raises((TypeError, IndexError)):
        ftrack_api.event.expression.Parser().parse(text).match(EVENT)
    assert parse_expression(text).test(EVENT) is False


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_the_client_can_not_read_is_refused(text: str) -> None:
    with pytest.raises((ftrack_api.exception.ParseError, AttributeError)):
        ftrack_api.event.expression.Parser().parse(text)
    with pytest.raises(ExpressionError):
        parse_expression(text)
