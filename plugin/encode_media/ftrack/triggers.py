"""The rules of automatic encodes, and what they mean for a version. Pure: facts in, decisions in words out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from encode_media.jobs.engine import JobRecord
from encode_media.model.request import PRIORITY_AUTOMATIC, Options
from encode_media.model.result import FINAL_STAGES, Stage
from encode_media.timebase import size_text

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kMGT]?)B?\s*", re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def _bytes(given: object) -> object:
    """`10 MB` as a number; anything else is left for the type to refuse."""
    match = _SIZE.fullmatch(given) if isinstance(given, str) else None
    return int(float(match[1]) * _UNITS[match[2].lower()]) if match else given


def _listed(given: object) -> object:
    """One word instead of a list with one word."""
    return (given,) if isinstance(given, str) else given


def _dotted(given: object) -> object:
    words = _listed(given)
    if not isinstance(words, list | tuple):
        return words
    return tuple(
        f".{word}" if isinstance(word, str) and word[:1] not in (".", "*", "?", "[", "") else word
        for word in words
    )


Patterns = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Extensions = Annotated[tuple[str, ...], BeforeValidator(_dotted)]
Size = Annotated[int, BeforeValidator(_bytes), Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, le=86_400 * 30)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Versions a preset is for. Patterns are those of a shell, in any case; an empty tuple means any."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    preset: str
    options: Options = field(default_factory=dict)
    projects: Patterns = ()
    asset_types: Patterns = ()
    task_types: Patterns = ()
    statuses: Patterns = ()
    users: Patterns = ()
    """Usernames of those who published."""
    components: Patterns = ()
    extensions: Extensions = ()
    """`.mov`, with or without the dot."""
    min_size: Size = 0
    max_size: Size | None = None
    published: bool = True
    """Only versions with the published flag; false takes those without it as well."""
    with_review: bool | None = None
    """Whether versions are taken that have review media already; None: where the preset makes none."""
    priority: Annotated[int, Field(ge=1, le=1000)] = PRIORITY_AUTOMATIC
    needs: Patterns = ()
    """What the worker must offer, beside what the preset says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpRules:
    """What is done about versions that were published while nobody listened."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    hours: Annotated[float, Field(ge=0, le=24 * 365)] = 24.0
    """How far back; 0 switches it off."""
    limit: Annotated[int, Field(ge=1, le=10_000)] = 500
    """At most so many at a time, the newest."""
    per_minute: Annotated[float, Field(gt=0, le=6000)] = 60.0
    priority: Annotated[int, Field(ge=1, le=1000)] = PRIORITY_AUTOMATIC + 5
    """Behind what is published now; a rule's own counts if it is even lower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRules:
    """A `triggers.yaml`. No rules: nothing starts by itself."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    rules: tuple[Rule, ...] = ()
    match: Literal["first", "all"] = "first"
    """Whether the first rule that fits counts, or each."""
    quiet_s: Seconds = 5.0
    """A version is looked at when nothing was heard of it for this long,"""
    max_quiet_s: Seconds = 60.0
    """or at the latest this long after the first hint."""
    settle_s: Seconds = 3.0
    """Its files must be found unchanged this long after they were seen first; 0 doesn't look."""
    give_up_s: Seconds = 900.0
    """How long a version is looked at again while it has no media, or none that can be read."""
    catch_up: CatchUpRules = CatchUpRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A component that could be the source."""

    id: str
    name: str
    extension: str
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """What a decision is made from, as the server says it now."""

    label: str
    project: str
    project_title: str = ""
    """Its full name, as people see it; a rule may name either."""
    asset_type: str
    task_type: str = ""
    status: str = ""
    user: str = ""
    is_published: bool
    has_review_media: bool
    candidates: tuple[Candidate, ...] = ()
    """Without review media, thumbnails and our own output; the best one first."""


class Verdict(str, Enum):
    SUBMIT = "submit"
    WAIT = "wait"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rule makes of a version."""

    rule: Rule
    verdict: Verdict
    fitting: tuple[str, ...]
    """In words, what fits,"""
    against: tuple[str, ...]
    """and what doesn't."""
    candidate: Candidate | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """An encode that shall be made."""

    rule: Rule
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    reason: str
    choices: tuple[Choice, ...] = ()
    answers: tuple[Answer, ...] = ()


def decide(rules: TriggerRules, facts: VersionFacts) -> Decision:
    """What to do about a version that has been quiet."""
    answers = tuple(judge(rule, facts) for rule in rules.rules)
    counting = answers
    if rules.match == "first":
        # A rule that waits for media stands before those behind it: they must not take its version.
        first = next((answer for answer in answers if answer.verdict is not Verdict.IGNORE), None)
        counting = (first,) if first else ()
    choices = tuple(
        Choice(answer.rule, answer.candidate)
        for answer in counting
        if answer.verdict is Verdict.SUBMIT and answer.candidate
    )
    if choices:
        names = ", ".join(choice.rule.name for choice in choices)
        return Decision(Verdict.SUBMIT, f"{'rule' if len(choices) == 1 else 'rules'} {names}", choices, answers)
    waiting = [answer for answer in counting if answer.verdict is Verdict.WAIT]
    if waiting:
        return Decision(Verdict.WAIT, "; ".join(waiting[0].against), answers=answers)
    return Decision(Verdict.IGNORE, _why_none(answers), answers=answers)


def judge(rule: Rule, facts: VersionFacts) -> Answer:
    """What one rule makes of a version, with a word about each of its conditions."""
    fitting: list[str] = []
    against: list[str] = []

    def note(fits: bool, words: str) -> None:
        (fitting if fits else against).append(words)

    if rule.published:
        note(facts.is_published, "it is published" if facts.is_published else "it is not published")
    if facts.has_review_media and not rule.with_review:
        note(False, "it has review media")
    titled = not _fits(facts.project, rule.projects) and _fits(facts.project_title, rule.projects)
    for what, value, patterns in (
        ("project", facts.project_title if titled else facts.project, rule.projects),
        ("asset type", facts.asset_type, rule.asset_types),
        ("task type", facts.task_type, rule.task_types),
        ("status", facts.status, rule.statuses),
        ("user", facts.user, rule.users),
    ):
        if patterns:
            fits = _fits(value, patterns)
            note(fits, _compared(what, value, patterns, fits))
    if not facts.candidates:
        verdict = Verdict.IGNORE if against else Verdict.WAIT
        return Answer(rule, verdict, tuple(fitting), (*against, "it has no media yet"))
    candidate = next((item for item in facts.candidates if not _against(rule, item)), None)
    if candidate is None:
        against += [words for item in facts.candidates for words in _against(rule, item)]
    elif rule.components or rule.extensions or rule.min_size or rule.max_size is not None:
        size = size_text(candidate.size_bytes)
        fitting.append(f"component {candidate.name}{candidate.extension} of {size} fits")
    verdict = Verdict.IGNORE if against else Verdict.SUBMIT
    return Answer(rule, verdict, tuple(fitting), tuple(against), candidate if not against else None)


def why_not_again(
    choice: Choice,
    jobs: Iterable[JobRecord],
    *,
    since: float,
    makes_review: Callable[[str], bool],
) -> str:
    """Why a version's jobs make another encode needless; empty if they don't.

    A failure before `since` (seconds since the epoch) is no reason.
    """
    for record in jobs:
        target, preset = record.request.target, record.request.preset
        same = preset == choice.rule.preset and target is not None and target.component_id == choice.candidate.id
        ended = record.stage in FINAL_STAGES
        if same and ended and record.stage is not Stage.DONE and record.created_at >= since:
            return f"its encode with {preset} has {record.stage.value} ({record.job_id})"
        asked = record.request.origin != "trigger" and not ended
        if asked and makes_review(preset) and makes_review(choice.rule.preset):
            return f"its review media are on their way already ({record.job_id})"
    return ""


def _why_none(answers: Sequence[Answer]) -> str:
    reasons = {answer.against for answer in answers}
    # One reason that all rules share says more than that none fits.
    return "; ".join(reasons.pop()) if len(reasons) == 1 else "no rule fits"


def _against(rule: Rule, item: Candidate) -> list[str]:
    found = []
    if rule.components and not _fits(item.name, rule.components):
        found.append(_compared("component", item.name, rule.components, fits=False))
    if rule.extensions and not _fits(item.extension, rule.extensions):
        found.append(_compared(f"extension of {item.name}", item.extension, rule.extensions, fits=False))
    if item.size_bytes < rule.min_size:
        found.append(f"{item.name} has {size_text(item.size_bytes)}, less than {size_text(rule.min_size)}")
    if rule.max_size is not None and item.size_bytes > rule.max_size:
        found.append(f"{item.name} has {size_text(item.size_bytes)}, more than {size_text(rule.max_size)}")
    return found


def _fits(value: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(value.casefold(), pattern.casefold()) for pattern in patterns)


def _compared(what: str, value: str, patterns: Sequence[Any], fits: bool) -> str:
    relation = "fits" if fits else "fits none of" if len(patterns) > 1 else "doesn't fit"
    return f"{what} {value or '(none)'} {relation} {', '.join(patterns)}"
