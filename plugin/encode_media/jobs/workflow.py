"""The story of one job, as a straight list of steps.

    resolve -> probe -> plan -> run -> verify -> publish -> finish

What workers shared and is wrong is run and verified once more, in one piece, by steps of its own. The order of
the steps is the same on every replay; clock, disk, server and randomness are touched only
inside them. Their arguments and results are JSON, and an engine remembers each result, so a job that
lost its process goes on behind the last finished step. Raise `profile.STEPS_VERSION` when the list changes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from encode_media.errors import Cancelled, EncodeMediaError, OutputWrong, failure
from encode_media.jobs.early import EarlySight
from encode_media.jobs.engine import JobContext, JsonDict, RetryPolicy, Workflow
from encode_media.jobs.job_folder import discard, fresh_run_folder, job_folder, keep, made_files
from encode_media.jobs.sharing import Sharing, tell_part
from encode_media.jobs.work import Work, real_work
from encode_media.media.roots import require_inside
from encode_media.model.codec import from_json, to_json
from encode_media.model.media import Media, SourceRef
from encode_media.model.plan import EncodePlan
from encode_media.model.request import EncodeRequest
from encode_media.model.result import OutputResult, Progress, PublishedOutput, RunResult, Stage, job_percent
from encode_media.running.damage import undecodable
from encode_media.settings import Settings

if TYPE_CHECKING:
    from encode_media.media.capabilities import Ffmpeg
    from encode_media.presets.catalog import Catalog

_log = logging.getLogger(__name__)


class Destination(Protocol):
    """Where a job's source comes from and its results go: ftrack, or a folder."""

    def resolve(self, request: EncodeRequest) -> SourceRef: ...

    def progress(self, job_id: str, request: EncodeRequest, progress: Progress) -> None:
        """Tells whoever watches. Never raises; throttles itself."""
        ...

    def publish(
        self,
        job_id: str,
        request: EncodeRequest,
        plan: EncodePlan,
        outputs: tuple[OutputResult, ...],
        on_progress: Callable[[Progress], None],
    ) -> tuple[PublishedOutput, ...]:
        """Puts the outputs in place. Idempotent by `job_id`: a repeated call finds what it made."""
        ...

    def finish(self, job_id: str, request: EncodeRequest, result: RunResult) -> None:
        """Tells the end, whatever it is. Idempotent by `job_id`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    catalog: Catalog
    ffmpeg: Ffmpeg
    settings: Settings
    destination: Destination


_SERVER_AWAY = RetryPolicy(attempts=20, first_wait_s=1, longest_wait_s=60)
"""About 15 minutes: longer than a server's restart, and work goes on by itself when it is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often each step is tried, where the error catalogue says that trying again can help."""

    resolve: RetryPolicy = _SERVER_AWAY
    probe: RetryPolicy = RetryPolicy(attempts=2)
    run: RetryPolicy = RetryPolicy(attempts=2, first_wait_s=2)
    publish: RetryPolicy = _SERVER_AWAY
    finish: RetryPolicy = _SERVER_AWAY


def make_workflow(tools: Tools, *, work: Work | None = None, patience: Patience | None = None) -> Workflow:
    """The story with these tools. `work` replaces what probes, plans, runs and verifies (tests)."""
    hands = work or real_work(tools.catalog, tools.ffmpeg, tools.settings)
    waits = patience or Patience()

    def workflow(context: JobContext, request: EncodeRequest) -> JsonDict:
        if request.part is not None:
            return tell_part(hands, tools.settings, waits.run, context, request.part)
        return _Job(tools, hands, waits, context, request).tell()

    return workflow


class _Job:
    """One telling of the story. What it holds comes from remembered results alone."""

    def __init__(
        self,
        tools: Tools,
        work: Work,
        patience: Patience,
        context: JobContext,
        request: EncodeRequest,
    ) -> None:
        self._settings, self._destination = tools.settings, tools.destination
        self._work, self._patience = work, patience
        self._context, self._request = context, request
        self._folder = job_folder(tools.settings, context.job_id)
        self._early = EarlySight(tools.destination, work, context.job_id, request, context.go_on)
        self._sharing = Sharing(
            settings=tools.settings, work=work, context=context, request=request, report=self._report
        )
        self._so_far = RunResult(status="failed")

    def tell(self) -> JsonDict:
        try:
            result = self._encode()
        except EncodeMediaError as error:
            status = "cancelled" if isinstance(error, Cancelled) else "failed"
            result = replace(self._so_far, status=status, error=error.to_dict())
        except Exception as error:  # noqa: BLE001 - a mistake of ours ends the job, and is told
            _log.exception("job %s failed in an unexpected way", self._context.job_id)
            problem = failure("internal", problem=f"{type(error).__name__}: {error}")
            result = replace(self._so_far, error=problem.to_dict())
        told: JsonDict = to_json(result)
        try:
            self._context.step("finish", self._finish, told, retry=self._patience.finish, network=True)
        except EncodeMediaError as error:
            _log.error("job %s ended %s, but nobody could be told: %s", self._context.job_id, result.status, error)
        return told

    def _encode(self) -> RunResult:
        step, waits = self._context.step, self._patience
        source = step("resolve", self._resolve, retry=waits.resolve)
        media = step("probe", self._probe, source, retry=waits.probe)
        self._note(source=_source_facts(from_json(Media, media)), findings=from_json(Media, media).findings)
        plan = step("plan", self._plan, media)
        what = from_json(EncodePlan, plan)
        self._note(notes=what.notes, findings=what.media.findings)
        ran = step("run", self._run, plan, retry=waits.run)
        verified = step("verify", self._verify, plan, ran, retry=waits.run)
        if (wrong := verified.get("wrong")) is not None:
            # A source whose frames are not where its times say: what is encoded in whole is right.
            self._note(
                notes=(*self._so_far.notes, f"encoded again in one piece, since it was wrong in parts: {wrong}")
            )
            plan = _in_one_piece(plan)
            ran = step("run whole", self._run, plan, retry=waits.run)
            verified = step("verify whole", self._verify, plan, ran, retry=waits.run)
        self._note(
            outputs=tuple(from_json(OutputResult, output) for output in verified["outputs"]),
            commands=tuple(tuple(argv) for argv in verified["ran"]["commands"]),
            elapsed_s=verified["ran"]["elapsed_s"],
            log=tuple(verified["ran"].get("log", ())),
            notes=(*self._so_far.notes, *verified["ran"].get("notes", ())),
        )
        published = step("publish", self._publish, plan, verified, retry=waits.publish, network=True)
        return replace(
            self._so_far,
            status="done",
            published=tuple(from_json(PublishedOutput, output) for output in published["outputs"]),
        )

    def _note(self, **facts: Any) -> None:
        """Adds to what a failed result will still say."""
        self._so_far = replace(self._so_far, **facts)

    # --- the steps: each may run more than once ------------------------------------------------------

    def _resolve(self) -> JsonDict:
        self._begin(Stage.RESOLVING)
        source = self._destination.resolve(self._request)
        if self._settings.source_roots:
            # What was downloaded for a job lies in the work folder, not where a person could point.
            require_inside(source, (*self._settings.source_roots, self._settings.work_folder))
        return _json(source)

    def _probe(self, source: JsonDict) -> JsonDict:
        self._begin(Stage.PROBING)
        return _json(self._work.probe(from_json(SourceRef, source)))

    def _plan(self, media: JsonDict) -> JsonDict:
        self._begin(Stage.PLANNING)
        return _json(self._work.plan(from_json(Media, media), self._request))

    def _run(self, plan: JsonDict) -> JsonDict:
        self._begin(Stage.ENCODING)
        what = from_json(EncodePlan, plan)
        if not self._sharing.wanted(what):
            return self._run_alone(what)
        try:
            return self._sharing.run(what)
        except OutputWrong as error:
            return {"wrong": error.message}

    def _run_alone(self, what: EncodePlan) -> JsonDict:
        folder = fresh_run_folder(self._folder)

        def on_progress(progress: Progress) -> None:
            self._report(progress)
            self._early.look(what, folder)

        try:
            report = self._work.run(what, folder, on_progress, self._context.cancelled)
        finally:
            self._early.wait()
        return {
            "folder": folder.name,
            "elapsed_s": report.elapsed_s,
            "commands": [list(argv) for argv in report.argvs],
            "notes": list(report.notes),
            "log": list(report.log_tail),
            "made": made_files(what, folder),
        }

    def _verify(self, plan: JsonDict, ran: JsonDict) -> JsonDict:
        self._begin(Stage.VERIFYING)
        what = from_json(EncodePlan, plan)
        if "wrong" not in ran and not self._is_there(what, ran):
            ran = self._run(plan)
            self._begin(Stage.VERIFYING)
        if "wrong" in ran:
            return ran
        folder = self._folder / ran["folder"]
        if not ran.get("shared"):
            self._early.before_checks(what, folder)
        try:
            outputs = self._work.verify(what, folder, self._report, self._context.cancelled)
        except OutputWrong as error:
            if (damage := undecodable(ran.get("log", ()), source=what.media.source.path)) is not None:
                raise damage from error
            if ran.get("shared"):
                return {"wrong": error.message}
            if not what.software:
                raise
            return self._verify_by_software(what, error)
        finally:
            self._early.wait()
        return {"outputs": [to_json(output) for output in outputs], "ran": ran}

    def _verify_by_software(self, what: EncodePlan, error: OutputWrong) -> JsonDict:
        """Hardware that makes something else than was asked for has failed, whatever it said."""
        from encode_media.planning.hardware import software_only
        from encode_media.running.fallback import fallback_note

        plan = _json(software_only(what))
        self._begin(Stage.ENCODING)
        ran = self._run(plan)
        return self._verify(plan, {**ran, "notes": [*ran["notes"], fallback_note(error)]})

    def _publish(self, plan: JsonDict, verified: JsonDict) -> JsonDict:
        self._begin(Stage.PUBLISHING)
        what = from_json(EncodePlan, plan)
        if not self._is_there(what, verified["ran"]):
            verified = self._verify(_in_one_piece(plan), verified["ran"])
            self._begin(Stage.PUBLISHING)
        outputs = tuple(from_json(OutputResult, output) for output in verified["outputs"])
        published = self._destination.publish(self._context.job_id, self._request, what, outputs, self._go_on)
        return {"outputs": [to_json(output) for output in published]}

    def _finish(self, told: JsonDict) -> JsonDict:
        result = from_json(RunResult, told)
        if result.error is not None and result.error["code"] == "output.wrong":
            keep(self._folder)
        else:
            discard(self._folder)
        self._destination.finish(self._context.job_id, self._request, result)
        return {}

    # --- what the steps share ------------------------------------------------------------------------

    def _is_there(self, what: EncodePlan, ran: JsonDict) -> bool:
        """Whether a remembered encode still has its files, as they were made.

        It has not where the job went on on another machine, or its folder was emptied. Encoding again
        inside the step that misses them keeps the list of steps the same.
        """
        there: bool = made_files(what, self._folder / ran["folder"]) == ran["made"]
        if not there:
            _log.warning("job %s: the encoded files are gone, encoding again", self._context.job_id)
        return there

    def _begin(self, stage: Stage) -> None:
        if self._context.cancelled():
            raise failure("cancelled")
        self._report(Progress(stage=stage, percent=job_percent(stage)))

    def _report(self, progress: Progress) -> None:
        self._context.report(progress)
        self._destination.progress(self._context.job_id, self._request, progress)

    def _go_on(self, progress: Progress) -> None:
        """Of work that ends nothing by itself when it is cancelled: sending files, or what a server does."""
        self._context.go_on()
        self._report(progress)


def _json(value: Any) -> JsonDict:
    data: JsonDict = to_json(value)
    return data


def _in_one_piece(plan: JsonDict) -> JsonDict:
    return _json(replace(from_json(EncodePlan, plan), split=None))


def _source_facts(media: Media) -> JsonDict:
    """What the result says about the source."""
    video, span = media.video, media.span
    return {
        "path": media.source.path,
        "kind": media.kind.value,
        "container": media.container,
        "size_bytes": media.size_bytes,
        "codec": video.codec if video else None,
        "width": video.width if video else None,
        "height": video.height if video else None,
        "frame_rate": str(video.frame_rate) if video else None,
        "frames": media.frame_count,
        "first_frame": span.first if span else None,
        "last_frame": span.last if span else None,
        "missing_frames": len(media.missing),
        "audio_streams": len(media.audio),
        "timecode": media.timecode,
    }
