"""Spans of time as people type them."""

from __future__ import annotations

import re

import click

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Span(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.3
    """`90s`, `15m`, `2h`, `3d`: seconds."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no span of time; write 90s, 15m, 2h or 3d", param, ctx)
        return float(found[1]) * _UNITS[found[2]]
