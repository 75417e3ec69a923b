"""A dry run of the triggers: what would be decided about a version, and why. Nothing is queued."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from encode_media.ftrack.entities import VersionInfo
from encode_media.ftrack.gateway import Gateway
from encode_media.ftrack.trigger_facts import Reading, facts_of, reading_of, words_about
from encode_media.ftrack.trigger_file import review_maker
from encode_media.ftrack.triggers import Answer, Choice, Decision, TriggerRules, Verdict, VersionFacts, decide
from encode_media.ftrack.triggers import why_not_again as why_needless
from encode_media.jobs.engine import JobClient, JobFilter, JobRecord
from encode_media.model.result import Stage
from encode_media.presets.catalog import Catalog
from encode_media.timebase import size_text

_SIGN = {Verdict.SUBMIT: "fits", Verdict.WAIT: "would wait", Verdict.IGNORE: "does not fit"}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would become of one encode that the rules ask for."""

    choice: Choice
    reading: Reading
    obstacle: str
    """Why it would not be queued now, in words; empty if it would."""


@dataclass(frozen=True, slots=True)
class Trial:
    version: VersionInfo
    facts: VersionFacts
    decision: Decision
    outlooks: tuple[Outlook, ...]

    @property
    def verdict(self) -> Verdict:
        """With what is known of files and jobs taken into account."""
        if self.decision.verdict is not Verdict.SUBMIT or any(not item.obstacle for item in self.outlooks):
            return self.decision.verdict
        unreadable = any(item.reading.unreadable for item in self.outlooks)
        return Verdict.WAIT if unreadable else Verdict.IGNORE


def try_rules(
    gateway: Gateway, client: JobClient, catalog: Catalog, rules: TriggerRules, version_id: str
) -> Trial:
    """Raises: NotPermitted, ServerUnavailable."""
    version = gateway.version(version_id)
    facts = facts_of(gateway, version)
    decision = decide(rules, facts)
    presets = catalog.for_project(version.project_name)
    jobs = client.jobs(where=JobFilter(version_id=version_id)) if decision.choices else ()
    outlooks = []
    for choice in decision.choices:
        reading = reading_of(gateway, version, choice.candidate.id)
        needless = why_needless(choice, jobs, since=0.0, makes_review=review_maker(presets))
        outlooks.append(Outlook(choice, reading, reading.unreadable or needless or _made(choice, jobs)))
    return Trial(version, facts, decision, tuple(outlooks))


def _made(choice: Choice, jobs: Iterable[JobRecord]) -> str:
    for job in jobs:
        target = job.request.target
        same = target is not None and target.component_id == choice.candidate.id
        if same and job.request.preset == choice.rule.preset and job.stage not in (Stage.FAILED, Stage.CANCELLED):
            word = "has made it already" if job.stage is Stage.DONE else "makes it already"
            return f"the job {job.job_id} {word}"
    return ""


def trial_lines(trial: Trial, rules: TriggerRules) -> Iterator[str]:
    """The trial for people."""
    yield trial.version.label
    yield "  " + " · ".join(f"{name}: {value or '(none)'}" for name, value in words_about(trial.facts))
    for item in trial.facts.candidates:
        yield f"  component {item.name}{item.extension}, {size_text(item.size_bytes)}"
    if not trial.facts.candidates:
        yield "  no component that could be a source"
    yield ""
    yield f"Rules ({'the first that fits counts' if rules.match == 'first' else 'each that fits counts'}):"
    chosen = {choice.rule.name for choice in trial.decision.choices}
    for number, answer in enumerate(trial.decision.answers, 1):
        yield from _rule_lines(number, answer, passed_over=bool(chosen) and answer.rule.name not in chosen)
    yield ""
    if not trial.outlooks:
        word = (
            "It would be looked at again" if trial.decision.verdict is Verdict.WAIT else "Nothing would be encoded"
        )
        yield f"{word}: {trial.decision.reason}."
    for outlook in trial.outlooks:
        yield from _outlook_lines(outlook, rules)


def trial_document(trial: Trial) -> dict[str, Any]:
    """The trial for programs."""
    return {
        "versionId": trial.version.id,
        "label": trial.version.label,
        "facts": dict(words_about(trial.facts)),
        "candidates": [
            {"id": item.id, "name": item.name, "extension": item.extension, "sizeBytes": item.size_bytes}
            for item in trial.facts.candidates
        ],
        "verdict": trial.verdict.value,
        "reason": trial.decision.reason,
        "rules": [
            {
                "name": answer.rule.name,
                "preset": answer.rule.preset,
                "verdict": answer.verdict.value,
                "fitting": list(answer.fitting),
                "against": list(answer.against),
            }
            for answer in trial.decision.answers
        ],
        "encodes": [
            {
                "rule": outlook.choice.rule.name,
                "preset": outlook.choice.rule.preset,
                "options": outlook.choice.rule.options,
                "priority": outlook.choice.rule.priority,
                "needs": list(outlook.choice.rule.needs),
                "component": outlook.choice.candidate.name,
                "path": outlook.reading.path or None,
                "obstacle": outlook.obstacle or None,
            }
            for outlook in trial.outlooks
        ],
    }


def _rule_lines(number: int, answer: Answer, *, passed_over: bool) -> Iterator[str]:
    behind = passed_over and answer.verdict is not Verdict.IGNORE
    earlier = ", but an earlier rule counts" if behind else ""
    yield f"  {number}. {answer.rule.name}: {_SIGN[answer.verdict]}{earlier}"
    for words in answer.fitting:
        yield f"       yes  {words}"
    for words in answer.against:
        yield f"       no   {words}"


def _outlook_lines(outlook: Outlook, rules: TriggerRules) -> Iterator[str]:
    rule, candidate = outlook.choice.rule, outlook.choice.candidate
    options = ", ".join(f"{name}={value}" for name, value in rule.options.items())
    what = f"{candidate.name}{candidate.extension} with {rule.preset}" + (f" ({options})" if options else "")
    if outlook.obstacle:
        yield f"Would not be encoded now: {what}: {outlook.obstacle}"
        return
    needs = f", on a worker with {', '.join(rule.needs)}" if rule.needs else ""
    yield f"Would be encoded: {what}, priority {rule.priority}{needs}"
    state = outlook.reading.state
    if state is None:
        yield "  its file is on the server and is downloaded first"
        return
    age_s = max(0.0, time.time() - state.newest)
    files = "1 file" if state.files == 1 else f"{state.files} files"
    yield f"  {outlook.reading.path}: {files}, last changed {_age(age_s)} ago"
    if state.unfinished:
        yield f"  it would be waited for: {state.unfinished}"
    elif age_s < rules.settle_s:
        yield f"  it would be waited for: files must be unchanged for {rules.settle_s:g} s"


def _age(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
