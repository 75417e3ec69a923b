"""The encode ledger: what every component of ours says about how it came to be."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from encode_media.model.codec import to_json
from encode_media.model.media import Media
from encode_media.model.plan import EncodePlan
from encode_media.model.request import EncodeRequest
from encode_media.model.result import OutputResult
from encode_media.timebase import format_rate
from encode_media.version import __version__

Ledger = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Who publishes, as far as the ledger says it."""

    ffmpeg: str = ""
    """The version of the ffmpeg in use."""
    secret: str = ""
    """Seals recipes: what carries another seal was not written by us. Only its HMAC ever leaves the process."""


def ledger(job_id: str, request: EncodeRequest, plan: EncodePlan, maker: Maker, published_at: float) -> Ledger:
    """How the components of a job came to be: enough to say why they look as they do, and to make them again.

    `at` orders the jobs of one version: a job removes what earlier ones published, never what a later one did.
    """
    marks: Ledger = {
        "job": job_id,
        "at": round(published_at, 3),
        "preset": request.preset,
        "options": request.options,
        "source": request.target.component_id if request.target else None,
        "fingerprint": plan.media.fingerprint,
        "version": __version__,
        "ffmpeg": maker.ffmpeg,
        "plan": plan_mark(plan),
        "source_facts": source_facts(plan.media),
        "notes": list(plan.notes),
        "location": request.target.location if request.target else None,
    }
    if request.needs:
        marks["needs"] = list(request.needs)
    if plan.recipe:
        marks |= {"recipe": plan.recipe, "seal": seal(plan.recipe, maker.secret)}
    return marks


def plan_mark(plan: EncodePlan) -> str:
    """The same for the same commands on the same source."""
    commands = [[*command.argv, command.purpose] for command in plan.commands]
    return hashlib.sha256(json.dumps(commands).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def seal(recipe: str, secret: str) -> str:
    return hmac.new(secret.encode(), recipe.encode(), hashlib.sha256).hexdigest()[:32]


def sealed_recipe(marks: Mapping[str, Any], secret: str) -> str | None:
    """The recipe of a ledger if we wrote it ourselves: metadata can be changed by anybody who may edit it."""
    recipe = marks.get("recipe")
    if not isinstance(recipe, str) or not secret:
        return None
    return recipe if hmac.compare_digest(str(marks.get("seal", "")), seal(recipe, secret)) else None


def source_facts(media: Media) -> Ledger:
    video = media.video
    facts: Ledger = {"kind": media.kind.value, "size_bytes": media.size_bytes}
    if media.span is not None:
        facts |= {"first_frame": media.span.first, "last_frame": media.span.last, "missing": len(media.missing)}
    if media.timecode:
        facts["timecode"] = media.timecode
    if video is not None:
        facts |= {
            "codec": video.codec,
            "size": f"{video.width}x{video.height}",
            "rate": format_rate(video.frame_rate),
            "frames": media.frame_count,
            "pixels": video.pixel_format,
            "colour": to_json(video.colour),
        }
    return facts


def output_facts(output: OutputResult) -> Ledger:
    """What one output is, as it was measured and checked."""
    expected = output.planned.expected
    facts: Ledger = {
        "codec": output.codec,
        "size": f"{output.width}x{output.height}",
        "frames": output.frames,
        "bytes": output.size_bytes,
        "pixels": expected.pixel_format,
        "colour": asdict(expected.colour),
    }
    if output.frame_rate is not None:
        facts["rate"] = format_rate(output.frame_rate)
    if expected.profile:
        facts["profile"] = expected.profile
    if expected.timecode:
        facts["timecode"] = expected.timecode
    if output.planned.copied:
        facts["copied"] = list(output.planned.copied)
    return {"output": facts}


def read_ledger(text: str | None) -> Ledger:
    """A ledger as stored on a component; empty where there is none that can be read."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
