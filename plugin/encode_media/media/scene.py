"""A small moving picture as a filter graph: two balls over a chequered floor. For the demo's sources."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]

WIDTH, HEIGHT = 1280, 720
_HORIZON = 0.56
"""Part of the height that is sky."""
_ONE_FRAME = "trim=end_frame=1,loop=-1:1"
"""Expensive expressions are evaluated once; only the overlays move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The colours of a shot, 8-bit sRGB."""

    sky_top: Colour
    sky_low: Colour
    dark_tile: Colour
    light_tile: Colour
    ball: Colour
    small_ball: Colour


def graph(look: Look, rate: str) -> str:
    """The graph of the scene; its output `[scene]` is `gbrp` and endless."""
    clock = f"{_ONE_FRAME},setpts=N/({rate})/TB"
    swing = "(W-w)/2+300*sin(t*2.1)"
    return ";".join(
        (
            f"color=black:s={WIDTH}x{HEIGHT}:r={rate},format=gbrp,geq={_backdrop(look)},{clock}[backdrop]",
            f"color=black:s=230x230:r={rate},format=rgba,geq={_ball(look.ball)},{clock}[ball]",
            f"color=black:s=110x110:r={rate},format=rgba,geq={_ball(look.small_ball)},{clock}[small]",
            f"color=black:s=280x60:r={rate},format=rgba,geq={_shadow()},{clock}[shadow]",
            f"[backdrop][shadow]overlay=x='{swing}':y=575:format=gbrp[floor]",
            "[floor][small]overlay=x='(W-w)/2-420*cos(t*1.7)':y='300+110*sin(t*2.6)':format=gbrp[orbit]",
            f"[orbit][ball]overlay=x='{swing}':y='385-250*abs(sin(t*3.1))':format=gbrp[scene]",
        )
    )


def _backdrop(look: Look) -> str:
    """Sky above the horizon; below it tiles in perspective that fade into the haze."""
    below = f"(Y/H-{_HORIZON})"
    distance = f"max({below},0.004)"
    tile = f"mod(floor(0.9*(X/W-0.48)/{distance})+floor(0.55/{distance})+1000,2)"
    haze = f"(1-min(1,{below}*5))"

    def channel(index: int) -> str:
        sky = _mix(look.sky_top[index], look.sky_low[index], f"pow(Y/H/{_HORIZON},1.6)")
        near = f"({look.dark_tile[index]}+({look.light_tile[index] - look.dark_tile[index]})*{tile})"
        floor = f"({near}*(1-{haze})+{0.8 * look.sky_low[index]:.1f}*{haze})"
        return f"if(lt({below},0),{sky},{floor})"

    return ":".join(f"{name}='{channel(index)}'" for index, name in enumerate("rgb"))


def _ball(colour: Colour) -> str:
    """A shaded sphere that fills its picture, light from the upper left, with a soft edge in the alpha."""
    x, y = "((X-W/2)/(W/2))", "((Y-H/2)/(H/2))"
    z = f"sqrt(max(0,1-{x}*{x}-{y}*{y}))"
    light = f"max(0,-0.48*{x}-0.6*{y}+0.64*{z})"
    channels = (f"clip({value}*(0.16+0.9*{light})+210*pow({light},28),0,255)" for value in colour)
    red, green, blue = channels
    return f"r='{red}':g='{green}':b='{blue}':a='255*clip((1-hypot({x},{y}))*W/3,0,1)'"


def _shadow() -> str:
    return "r=0:g=0:b=0:a='150*pow(max(0,1-hypot((X-W/2)/(W/2),(Y-H/2)/(H/2))),0.8)'"


def _mix(start: int, end: int, part: str) -> str:
    return f"({start}+({end - start})*{part})"
