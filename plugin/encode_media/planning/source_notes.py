"""What a person should know about how the source is taken."""

from __future__ import annotations

from collections.abc import Iterator

from encode_media.model.colour import ViewTransform
from encode_media.model.media import VideoStream
from encode_media.planning.colour import Light, SourceColour, matrix_words
from encode_media.planning.colour_source import source_colour
from encode_media.planning.outputs.draft import Work


def source_notes(work: Work, view: ViewTransform | None) -> Iterator[str]:
    """Colour, transparency, geometry and layers; every guess is said."""
    colour = source_colour(work.video, work.preset.colour)
    taken = _taken(work.video, colour) if view is None else f"colour space {view.space}, because {view.rule}"
    guessed = f"; assumed: {', '.join(colour.assumed)}" if colour.assumed else ""
    yield f"source colour: {work.video.pixel_format}, {taken}{guessed}"
    if view is not None:
        yield _view_note(view)
    if work.video.has_alpha:
        premultiplied = colour.light is Light.SCENE_LINEAR
        kind = "premultiplied" if premultiplied else "taken as straight"
        yield f"transparency: {kind}, kept where the output can, else shown over {work.preset.background}"
    if work.video.sample_aspect != 1:
        yield f"pixel aspect {work.video.sample_aspect} made square"
    if work.video.rotation:
        yield f"turned upright by {work.video.rotation} degrees"
    layer = work.preset.colour.layer or work.media.main_layer
    if layer:
        yield f"the layer {layer} is used"
    elif work.media.layers:
        yield f"the default layer is used, not {', '.join(work.media.layers)}"


def _view_note(view: ViewTransform) -> str:
    looks = f", look {view.look}" if view.look else ""
    cdl = f", CDL {' '.join(f'{number:g}' for number in view.cdl)}" if view.cdl else ""
    return f"shown through OpenColorIO: {view.config_name}, display {view.display}, view {view.view}{looks}{cdl}"


def _taken(video: VideoStream, colour: SourceColour) -> str:
    extent = "full" if colour.full_range else "limited"
    primaries = "the file's own primaries, converted to BT.709" if video.chromaticities else "BT.709 primaries"
    hdr = "kept in outputs of 10 bits, else tone-mapped to SDR" if colour.keep else "tone-mapped to SDR"
    return {
        Light.SCENE_LINEAR: f"scene-linear with {primaries}, shown with the sRGB curve and nothing else",
        Light.LOG: "printing density, made linear as Cineon says, shown with the sRGB curve and nothing else",
        Light.RGB: "display RGB (sRGB), full range",
        Light.YUV: f"YUV with the matrix {matrix_words(colour.matrix)}, {extent} range",
        Light.HDR: f"HDR ({colour.curve}, {colour.primaries}), {hdr}",
        Light.WIDE: f"wide-gamut YUV ({colour.primaries}), converted to BT.709 primaries",
    }[colour.light]
