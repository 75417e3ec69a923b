"""The query language: text to a tree.

select <path>, … from <Type> [where <criteria>] [order by <path> [asc|desc], …] [offset N] [limit N]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from encode_media.sandbox.problems import ParseError

Path: TypeAlias = tuple[str, ...]
Value: TypeAlias = str | bool | None
"""Numbers stay text until the column they are compared with is known."""

OPERATORS = {
    "=": "is", "==": "is", "is": "is", "!=": "is_not", "<>": "is_not", "is_not": "is_not",
    ">": ">", ">=": ">=", "<": "<", "<=": "<=", "after": ">", "before": "<",
    "like": "like", "not_like": "not_like",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compare:
    path: Path
    operator: str
    value: Value
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class In:
    path: Path
    values: tuple[Value, ...] | Query
    negated: bool


@dataclass(frozen=True, slots=True)
class Has:
    """All conditions hold for the same related entity (`has` and `any` mean the same)."""

    path: Path
    inner: Condition


@dataclass(frozen=True, slots=True)
class Not:
    inner: Condition


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Condition, ...]


Condition: TypeAlias = Compare | In | Has | Not | All | Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    entity_type: str
    projections: tuple[Path, ...] = ()
    where: Condition | None = None
    order: tuple[tuple[Path, bool], ...] = ()
    """(path, descending)"""
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"""\s+
    |(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<operator>>=|<=|!=|<>|==|=|>|<)
    |(?P<mark>[(),])
    |(?P<word>[^\s(),=<>!"']+)""",
    re.VERBOSE | re.DOTALL,
)
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "none": None, "null": None}


def parse(expression: str) -> Query:
    """The query a text stands for. Raises ParseError."""
    parser = _Parser(expression)
    query = parser.query()
    parser.end()
    return query


@dataclass(slots=True)
class _Parser:
    text: str
    tokens: list[_Token] = field(init=False)
    position: int = 0

    def __post_init__(self) -> None:
        self.tokens = _tokens(self.text)

    def query(self) -> Query:
        projections: tuple[Path, ...] = ()
        if self._take("select"):
            projections = tuple(self._list_of_paths())
            self._expect("from")
        else:
            self._take("from")
        entity_type = self._word("an entity type")
        where = self._or() if self._take("where") else None
        order: list[tuple[Path, bool]] = []
        if self._take("order"):
            self._expect("by")
            order = self._order()
        offset, limit = self._window()
        return Query(
            entity_type=entity_type, projections=projections, where=where, order=tuple(order),
            offset=offset, limit=limit,
        )  # fmt: skip

    def end(self) -> None:
        if self.position < len(self.tokens):
            raise self._wrong("the end")

    def _list_of_paths(self) -> list[Path]:
        paths = [self._path()]
        while self._take(","):
            paths.append(self._path())
        return paths

    def _order(self) -> list[tuple[Path, bool]]:
        found = []
        while True:
            path = self._path()
            descending = False
            if self._take("desc", "descending"):
                descending = True
            else:
                self._take("asc", "ascending")
            found.append((path, descending))
            if not self._take(","):
                return found

    def _window(self) -> tuple[int, int | None]:
        offset, limit = 0, None
        while True:
            if self._take("offset"):
                offset = self._number()
            elif self._take("limit"):
                limit = self._number()
            else:
                return offset, limit

    def _or(self) -> Condition:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _and(self) -> Condition:
        parts = [self._not()]
        while self._take("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _not(self) -> Condition:
        return Not(self._not()) if self._take("not") else self._primary()

    def _primary(self) -> Condition:
        if self._take("("):
            inner = self._or()
            self._expect(")")
            return inner
        path = self._path()
        token = self._next("an operator")
        word = token.text.lower()
        if token.kind == "quoted":
            raise ParseError(f"expected an operator at {token.at}, found {token.text}")
        if word in {"has", "any"}:
            self._expect("(")
            inner = self._or()
            self._expect(")")
            return Has(path, inner)
        if word in {"in", "not_in"}:
            return self._in(path, negated=word == "not_in")
        if word == "not" and self._take("in"):
            return self._in(path, negated=True)
        if word not in OPERATORS:
            raise ParseError(f"expected an operator at {token.at}, found {token.text!r}")
        value, quoted = self._value()
        return Compare(path, OPERATORS[word], value, quoted)

    def _in(self, path: Path, *, negated: bool) -> In:
        self._expect("(")
        if self._peek("select"):
            subquery = self.query()
            self._expect(")")
            return In(path, subquery, negated)
        values: list[Value] = []
        while not self._take(")"):
            values.append(self._value()[0])
            if not self._take(","):
                self._expect(")")
                break
        return In(path, tuple(values), negated)

    def _value(self) -> tuple[Value, bool]:
        token = self._next("a value")
        if token.kind == "quoted":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL), True
        if token.kind != "word":
            raise ParseError(f"expected a value at {token.at}, found {token.text!r}")
        lowered = token.text.lower()
        if lowered in _CONSTANTS:
            return _CONSTANTS[lowered], False
        return token.text, False

    def _path(self) -> Path:
        return tuple(self._word("an attribute").split("."))

    def _word(self, what: str) -> str:
        token = self._next(what)
        if token.kind != "word":
            raise ParseError(f"expected {what} at {token.at}, found {token.text!r}")
        return token.text

    def _number(self) -> int:
        token = self._next("a number")
        if not token.text.isdigit():
            raise ParseError(f"expected a number at {token.at}, found {token.text!r}")
        return int(token.text)

    def _next(self, what: str) -> _Token:
        if self.position >= len(self.tokens):
            raise ParseError(f"expected {what} at the end of the query")
        token = self.tokens[self.position]
        self.position += 1
        return token

    def _peek(self, *words: str) -> bool:
        if self.position >= len(self.tokens):
            return False
        token = self.tokens[self.position]
        return token.kind != "quoted" and token.text.lower() in words

    def _take(self, *words: str) -> bool:
        if self._peek(*words):
            self.position += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._wrong(repr(word))

    def _wrong(self, expected: str) -> ParseError:
        if self.position >= len(self.tokens):
            return ParseError(f"expected {expected} at the end of the query")
        token = self.tokens[self.position]
        return ParseError(f"expected {expected} at {token.at}, found {token.text!r}")


def _tokens(text: str) -> list[_Token]:
    found = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ParseError(f"the query can't be read from {at}: {text[at : at + 20]!r}")
        if match.lastgroup is not None:
            found.append(_Token(match.lastgroup, match.group(), at))
        at = match.end()
    return found
