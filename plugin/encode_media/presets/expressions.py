"""`{{ … }}` in the values of a preset, evaluated with nothing within reach but the source and the options.

Only expressions: no statements, no calls, no attributes of Python objects, a short list of filters, numbers
that can't explode. Without loops and calls, and with limited text, evaluation always ends, and soon.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

MAX_EXPRESSION = 500
"""Characters."""
MAX_RESULT = 1000
"""Characters of a text that an expression gives."""
MAX_VALUES = 5000
"""Leaves of one preset; YAML aliases could make a small file into millions."""
_MAX_EXPONENT = 16
_MAX_NUMBER = 10**15
_MAX_DEPTH = 20
"""Nesting of a preset's values; ours need six."""


class ExpressionError(ValueError):
    """A leaf that can't be evaluated; `path` says where it stands, `undefined` which name was not known."""

    def __init__(self, problem: str, path: tuple[str | int, ...] = (), undefined: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path
        self.undefined = undefined
        self.all: tuple[ExpressionError, ...] = (self,)
        """With the other leaves of the same value that can't be evaluated."""
        self.rest: Any = None
        """The value with nothing in the place of those leaves."""


def has_expression(value: object) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value or "{#" in value)


def evaluate(value: Any, context: Mapping[str, Any]) -> Any:
    """The value with every text in it evaluated. A text that is one expression gives its value, not text.

    Raises:
        ExpressionError: of the first leaf that can't be evaluated, with those of all others.
    """
    walk = _Walk(context)
    result = walk.through(value, ())
    if walk.errors:
        first = walk.errors[0]
        first.all, first.rest = tuple(walk.errors), result
        raise first
    return result


class _Walk:
    """One way through a value, with what went wrong on it."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self.errors: list[ExpressionError] = []
        self._context = context
        self._count = 0

    def through(self, value: Any, path: tuple[str | int, ...]) -> Any:
        self._count += 1
        if self._count > MAX_VALUES or len(path) > _MAX_DEPTH:
            raise ExpressionError("the preset is too large", path)
        if isinstance(value, dict):
            return {key: self.through(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.through(item, (*path, index)) for index, item in enumerate(value)]
        if not has_expression(value):
            return value
        try:
            return _leaf(value, self._context, path)
        except ExpressionError as error:
            self.errors.append(error)
            return None


def _leaf(text: str, context: Mapping[str, Any], path: tuple[str | int, ...]) -> Any:
    if "{%" in text or "{#" in text:
        raise ExpressionError("only {{ expressions }} are allowed, no statements or comments", path)
    if len(text) > MAX_EXPRESSION:
        raise ExpressionError(f"longer than {MAX_EXPRESSION} characters", path)
    try:
        result = _result(text, context)
    except _UnknownNameError as error:
        raise ExpressionError(str(error), path, error.name) from error
    except SecurityError as error:
        raise ExpressionError("calls and attributes of values are not allowed", path) from error
    except (TemplateError, ArithmeticError, TypeError, ValueError, RecursionError) as error:
        raise ExpressionError(str(error) or type(error).__name__, path) from error
    if isinstance(result, float) and not math.isfinite(result):
        raise ExpressionError("the result is not a number", path)
    if result is not None and not isinstance(result, str | int | float):
        raise ExpressionError("the result must be a text, a number, true, false or none", path)
    if isinstance(result, int) and abs(result) > _MAX_NUMBER:
        raise ExpressionError("the result is too large a number", path)
    if len(str(result)) > MAX_RESULT:
        raise ExpressionError(f"the result is longer than {MAX_RESULT} characters", path)
    return result


def _result(text: str, context: Mapping[str, Any]) -> Any:
    stripped = text.strip()
    inner = stripped[2:-2]
    if stripped.startswith("{{") and stripped.endswith("}}") and "{{" not in inner and "}}" not in inner:
        return _compiled(inner)(**context)
    return _ENVIRONMENT.from_string(text).render(context)


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Callable[..., Any]:
    """Presets are resolved often, and compiling is what takes the time."""
    return _ENVIRONMENT.compile_expression(expression, undefined_to_none=False)


class _UnknownNameError(TemplateError):
    def __init__(self, hint: str | None, name: str | None) -> None:
        super().__init__(hint or f"{name} is not known here")
        self.name = name


class _Unknown(StrictUndefined):
    """Raised at once instead of being handed on: a misspelt name is a mistake wherever it is used."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = None, name: str | None = None, **_: Any) -> None:  # noqa: ARG002
        raise _UnknownNameError(hint, name)


class _Environment(SandboxedEnvironment):
    """Jinja's sandbox, closed further: names lead to plain data, and only there."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping) and argument in obj:
            return obj[argument]
        return self.undefined(obj=obj, name=str(argument))

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ARG002 - nothing is
        return False

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        for value in (left, right):
            if not isinstance(value, int | float) or abs(value) > _MAX_NUMBER:
                raise TypeError(f"{operator} works on numbers only, and not on huge ones; join texts with ~")
        if operator == "**" and abs(right) > _MAX_EXPONENT:
            raise TypeError(f"exponents go up to {_MAX_EXPONENT}")
        return super().call_binop(context, operator, left, right)


def _default(value: Any, default: Any) -> Any:
    """For options without a value; a misspelt name is still a mistake."""
    return default if value is None else value


def _round(value: float, digits: int = 0) -> float:
    return round(value, digits) if digits else round(value)


def _environment() -> _Environment:
    environment = _Environment(undefined=_Unknown, autoescape=False, cache_size=200)
    environment.globals.clear()
    environment.tests = {
        name: test for name, test in environment.tests.items() if name in ("none", "odd", "even", "in")
    }
    environment.filters = {
        "abs": abs, "ceil": math.ceil, "default": _default, "float": float, "floor": math.floor, "int": int,
        "lower": str.lower, "max": max, "min": min, "round": _round, "upper": str.upper,
    }  # fmt: skip
    return environment


_ENVIRONMENT = _environment()
