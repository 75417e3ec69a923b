"""Sound alone: a Broadcast WAV that lies exactly beside the pictures it belongs to."""

from __future__ import annotations

from fractions import Fraction

from encode_media.errors import failure
from encode_media.model.plan import Expected, PlannedOutput
from encode_media.model.preset import OutputSpec
from encode_media.planning import sound
from encode_media.planning.graph import OutputFile
from encode_media.planning.outputs.draft import Draft, Options, plain_options


def plan_audio(work: sound.SoundWork, spec: OutputSpec, stem: str, start_s: Fraction | None) -> Draft:
    """`start_s` is where on the clock the sound begins, in seconds from midnight.

    Raises:
        UnsupportedFormat: there is no sound.
        InvalidParameters: a track that is not there.
    """
    heard = sound.hear(work, spec.audio)
    if heard is None:
        raise failure("sound.none", path=work.media.source.path)
    file = f"{stem}.{spec.container}"
    reference = None if start_s is None else round(start_s * heard.sample_rate)
    return Draft(
        file=OutputFile(
            path=file, audio=heard.chain, sound=heard.input,
            options={**plain_options(), **_container(reference), **sound.sound_options(heard)},
        ),
        planned=PlannedOutput(
            name=spec.name, kind=spec.kind, container=spec.container, file=file, publish=spec.publish,
            expected=Expected(
                codec="", pixel_format="", width=0, height=0, duration_s=work.length_s, time_reference=reference,
                **sound.expected(heard),
            ),
        ),
        heard=heard,
        note=f"{spec.name}: {heard.channels} channels, {heard.sample_rate} Hz, {sound.sound_encoder(heard.spec)}",
    )  # fmt: skip


def _container(reference: int | None) -> Options:
    """RF64 where 4 GB don't do; the time from midnight is how a WAV carries a time code (EBU Tech 3285)."""
    options: Options = {"f": "wav", "rf64": "auto"}
    if reference is not None:
        options |= {"write_bext": "1", "metadata": f"time_reference={reference}"}
    return options
