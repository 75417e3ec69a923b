"""An image over every frame, blended by its own transparency in the form the frames already have."""

from __future__ import annotations

from pathlib import PurePath

from encode_media.model.geometry import Size
from encode_media.model.overlay import WatermarkSpec
from encode_media.model.plan import LaidFile
from encode_media.planning.burn_ins import Drawn
from encode_media.planning.colour import TargetColour
from encode_media.planning.graph import Chain, Filter, Fork, step
from encode_media.planning.lettering import OVERLAY_FOLDER, Canvas

_MOST_HEIGHT = 0.9
"""Of the picture, for an image that is higher than wide."""
_ALPHA_PLANE = 3
_COLOUR_PLANES = 7
"""The first three: where an output keeps its transparency the image leaves that alone."""


def watermark(spec: WatermarkSpec, canvas: Canvas, target: TargetColour, path: str) -> Drawn:
    """Every plane of a frame goes towards the image's as far as the image is opaque there."""
    file = LaidFile(name=f"{OVERLAY_FOLDER}/{canvas.stem}_watermark{PurePath(path).suffix.lower()}", path=path)
    placed = _placed(spec, canvas.size, file.name)
    named = step("setparams", range="pc" if target.full_range else "tv")
    merged = Fork(
        branches=((),),
        join=step("maskedmerge", planes=_COLOUR_PLANES),
        # Named alike, and as the frames are: ffmpeg 9 would convert the one that is not.
        beside=((*placed, *_colour(target, canvas.white), named), (*placed, *_mask(spec, target), named)),
    )
    return Drawn(steps=(merged,), files=(file,))


def _placed(spec: WatermarkSpec, size: Size, name: str) -> Chain:
    """The image at its size on a transparent picture of the output's size."""
    width, height = size
    margin = round(min(size) * spec.margin / 100)
    factor = f"min({round(width * spec.width / 100)}/iw,{round(height * _MOST_HEIGHT)}/ih)"
    across = {"left": str(margin), "right": f"ow-iw-{margin}"}.get(spec.place.rpartition("_")[2], "(ow-iw)/2")
    down = {"top": str(margin), "bottom": f"oh-ih-{margin}"}.get(spec.place.partition("_")[0], "(oh-ih)/2")
    return (
        step("movie", filename=name, format_name="image2"),
        step("format", "gbrap"),
        step("zscale", w=f"max(2,2*round(iw*{factor}/2))", h=f"max(2,2*round(ih*{factor}/2))", f="lanczos"),
        step("pad", w=width, h=height, x=across, y=down, color="black@0"),
        step("setsar", 1),
    )


def _colour(target: TargetColour, white: float) -> Chain:
    dimmed = () if white == 1 else (step("colorchannelmixer", rr=white, gg=white, bb=white),)
    wanted = {"m": target.matrix, "r": "full" if target.full_range else "limited"}
    return (*dimmed, step("zscale", min="gbr", rin="full", **wanted), *_stored(target))


def _mask(spec: WatermarkSpec, target: TargetColour) -> Chain:
    """Opacity as a picture of the target's form: the same number in every plane."""
    opacity = {f"map{plane}p": _ALPHA_PLANE for plane in range(3)}
    form = "gbrp" if target.matrix == "gbr" else "yuv444p"
    matrix = "gbr" if target.matrix == "gbr" else "709"
    # Full range on both sides: these are no colours.
    widened = step("zscale", min=matrix, m=matrix, rin="full", r="full")
    return (
        step("colorchannelmixer", aa=f"{spec.opacity:g}"),
        step("format", "gbrap"),
        step("mergeplanes", format=form, **opacity),
        widened,
        *_stored(target),
    )


def _stored(target: TargetColour) -> tuple[Filter, ...]:
    """The form the frames have while they are drawn on."""
    if target.matrix == "gbr":
        return (step("format", _planar_rgb(target)),)
    if not target.pixel_format.startswith("yuvj"):
        return (step("format", target.pixel_format),)
    renamed = step("scale", in_range="full", out_range="full", in_color_matrix="bt601", out_color_matrix="bt601")
    return (
        step("format", target.pixel_format.replace("yuvj", "yuv")), renamed, step("format", target.pixel_format),
    )  # fmt: skip


def _planar_rgb(target: TargetColour) -> str:
    form = "gbrap" if target.alpha else "gbrp"
    return f"{form}16le" if target.deep else form
