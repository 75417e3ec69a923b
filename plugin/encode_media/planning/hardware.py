"""Encoding by hardware: chosen before the plan is made, with the software way kept beside it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from encode_media.media.hardware import (
    FAMILIES,
    FAMILY_NAMES,
    HARDWARE_FORMATS,
    Hardware,
    device_arguments,
    encoder_name,
    upload_filters,
)
from encode_media.model.plan import EncodePlan
from encode_media.model.preset import OutputSpec, Preset, VideoSpec
from encode_media.planning.graph import Chain, step
from encode_media.presets.codecs import profile_of

Options = dict[str, str | None]
SOFTWARE = "software"
_QUALITY = {"h264": 18.0, "hevc": 20.0}
"""What software encoders take where a preset says nothing."""
_VIDEOTOOLBOX_BEST, _VIDEOTOOLBOX_AT_18, _VIDEOTOOLBOX_STEP = 100.0, 65.0, 2.0
"""VideoToolbox counts the other way round: 65 of 100 is about CRF 18, and two of it about one of CRF."""


def plan_with_hardware(preset: Preset, make: Callable[[Preset], EncodePlan], hardware: Hardware) -> EncodePlan:
    """The plan with the hardware encoders the preset allows and the machine has, if any.

    Args:
        preset: outputs may say `video.encoder`.
        make: gives the plan of a preset.
        hardware: what works here; asked only for what the preset allows.
    """
    chosen = replace(preset, outputs=tuple(_chosen(output, hardware) for output in preset.outputs))
    notes = tuple(_notes(preset, chosen))
    families = {output.video.encoder for output in chosen.outputs} - {SOFTWARE}
    if not families:
        plan = make(chosen)
        return replace(plan, notes=(*plan.notes, *notes))
    plan = make(chosen)
    before = tuple(word for family in sorted(families) for word in device_arguments(family, hardware.vaapi_device))
    software = replace(preset, outputs=tuple(_by(SOFTWARE, output) for output in preset.outputs))
    return replace(
        plan,
        commands=tuple(replace(command, argv=(*before, *command.argv)) for command in plan.commands),
        software=make(software).commands,
        notes=(*plan.notes, *notes),
    )


def software_only(plan: EncodePlan) -> EncodePlan:
    """The same outputs by software."""
    return replace(plan, commands=plan.software, software=()) if plan.software else plan


def is_hardware(spec: VideoSpec) -> bool:
    """Whether a family was chosen for it; `auto` alone is still software."""
    return spec.encoder in FAMILIES and (spec.codec, spec.pixel_format) in HARDWARE_FORMATS


def upload(spec: VideoSpec) -> Chain:
    """The last steps of a picture that hardware encodes."""
    if not is_hardware(spec):
        return ()
    texts = upload_filters(spec.encoder, spec.codec, spec.pixel_format)
    return tuple(
        step(name, *([value] if value else [])) for name, _, value in (text.partition("=") for text in texts)
    )


def hardware_options(spec: VideoSpec, gop: int) -> Options:
    """The encoder and its options: about what the software encoder makes at the same quality."""
    quality = _QUALITY[spec.codec] if spec.quality is None else spec.quality
    tag: Options = {"tag:v": "hvc1"} if spec.codec == "hevc" else {}
    b_frames = "0" if spec.codec == "hevc" else str(2 if spec.b_frames is None else spec.b_frames)
    return {
        "c:v": encoder_name(spec.encoder, spec.codec), "profile:v": profile_of(spec).argument, "g": str(gop),
        **_FAMILY_OPTIONS[spec.encoder](quality, b_frames), **tag,
    }  # fmt: skip


def _nvenc(quality: float, b_frames: str) -> Options:
    return {
        "preset": "p6", "tune": "hq", "rc": "vbr", "cq": f"{quality + 1:g}", "b:v": "0", "spatial-aq": "1",
        "temporal-aq": "1", "bf": b_frames, "forced-idr": "1", "no-scenecut": "1",
    }  # fmt: skip


def _videotoolbox(quality: float, b_frames: str) -> Options:
    value = _VIDEOTOOLBOX_AT_18 - _VIDEOTOOLBOX_STEP * (quality - _QUALITY["h264"])
    return {"q:v": f"{min(_VIDEOTOOLBOX_BEST, max(1.0, value)):g}", "allow_sw": "0", "bf": b_frames}


def _qsv(quality: float, b_frames: str) -> Options:
    return {
        "global_quality": f"{quality + 2:g}", "preset": "slower", "look_ahead": "1", "bf": b_frames,
        "idr_interval": "0",
    }  # fmt: skip


def _amf(quality: float, _b_frames: str) -> Options:
    return {"quality": "quality", "rc": "cqp", "qp_i": f"{quality:g}", "qp_p": f"{quality + 2:g}"}


def _vaapi(quality: float, b_frames: str) -> Options:
    return {"rc_mode": "CQP", "qp": f"{quality + 2:g}", "bf": b_frames}


_FAMILY_OPTIONS: dict[str, Callable[[float, str], Options]] = {
    "nvenc": _nvenc, "videotoolbox": _videotoolbox, "qsv": _qsv, "amf": _amf, "vaapi": _vaapi,
}  # fmt: skip


def _chosen(output: OutputSpec, hardware: Hardware) -> OutputSpec:
    video = output.video
    if video.encoder == SOFTWARE or _wants_a_rate(video):
        return _by(SOFTWARE, output)
    return _by(hardware.choose(video.encoder, video.codec, video.pixel_format) or SOFTWARE, output)


def _by(encoder: str, output: OutputSpec) -> OutputSpec:
    if output.video.encoder == encoder:
        return output
    return replace(output, video=replace(output.video, encoder=encoder))  # type: ignore[arg-type]


def _wants_a_rate(video: VideoSpec) -> bool:
    """Wanted rates and sizes need two passes, which hardware can't do."""
    return video.bitrate is not None or video.target_size is not None


def _notes(asked: Preset, chosen: Preset) -> Iterator[str]:
    for wish, output in zip(asked.outputs, chosen.outputs, strict=True):
        if wish.video.encoder == SOFTWARE:
            continue
        if output.video.encoder != SOFTWARE:
            yield f"{output.name}: encoded by {FAMILY_NAMES[output.video.encoder]}; by software should that fail"
        elif _wants_a_rate(wish.video):
            yield f"{output.name}: encoded by software, which alone can hold a wanted rate or size"
        else:
            yield f"{output.name}: encoded by software: no hardware encoder for it works here"
