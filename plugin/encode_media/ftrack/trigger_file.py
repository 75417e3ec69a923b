"""`triggers.yaml`: read, and every mistake in it told with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from encode_media.errors import EncodeMediaError, InvalidParameters, failure
from encode_media.ftrack.triggers import CatchUpRules, Rule, TriggerRules
from encode_media.model.codec import from_json
from encode_media.model.needs import RULE, WORD
from encode_media.presets.catalog import Catalog
from encode_media.presets.options import resolve_options
from encode_media.presets.problems import InvalidPresetError, PresetProblem, key_path, nearest
from encode_media.presets.schema import PresetFile
from encode_media.presets.yaml_file import read_yaml
from encode_media.resources import resource

_WORDS = {
    "tuple_type": "is no list",
    "string_type": "is no text",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "dict_type": "is no table of names and values",
    "int_type": "is no whole number",
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "float_type": "is no number",
    "float_parsing": "is no number",
    "dataclass_type": "is no table of keys and values",
}
_SIZES = ("min_size", "max_size")


def rules_path(file: Path | None) -> Path:
    """The studio's file, or the one that comes with Encode Media."""
    return file or resource("triggers.yaml")


def load_rules(file: Path | None, catalog: Catalog | None = None) -> TriggerRules:
    """The rules of a studio's file, or those that come with Encode Media; checked against the presets if given.

    Raises:
        InvalidParameters: the file can't be read or has mistakes.
    """
    path = rules_path(file)
    rules, problems = read_rules(path, catalog)
    if problems or rules is None:
        first, *others = problems
        more = f" (and {len(others)} more; `encode-media triggers check` tells all)" if others else ""
        told = f"{path.name}: " + str(first).removeprefix(f"{path}: ")
        raise failure("request.invalid", problem=told + more)
    return rules


def read_rules(path: Path, catalog: Catalog | None = None) -> tuple[TriggerRules | None, list[PresetProblem]]:
    """The rules as far as they can be read, and every mistake in the file."""
    try:
        data = read_yaml(path)
    except InvalidPresetError as error:
        return None, list(error.problems)
    if data is not None and not isinstance(data, dict):
        return None, [PresetProblem(file=str(path), key="", problem="is no table of keys and values")]
    try:
        rules = from_json(TriggerRules, data or {})
    except ValidationError as error:
        return None, [_problem(path, dict(item)) for item in error.errors()]
    problems = list(_meaning(path, rules))
    if catalog is not None:
        frozen = catalog.frozen()
        checked = [_checked(path, index, rule, frozen) for index, rule in enumerate(rules.rules)]
        problems += [problem for _, found in checked for problem in found]
        rules = replace(rules, rules=tuple(rule for rule, _ in checked))
    return rules, problems


def makes_review(file: PresetFile) -> bool:
    """Whether a preset's outputs are shown in players."""
    return any(
        isinstance(publish := output.get("publish"), Mapping) and publish.get("role") == "reviewable"
        for output in file.outputs
    )


def review_maker(catalog: Catalog) -> Callable[[str], bool]:
    """`makes_review` by name; a preset that can't be used makes none."""

    def answer(name: str) -> bool:
        try:
            return makes_review(catalog.get(name))
        except InvalidParameters:
            return False

    return answer


def _meaning(path: Path, rules: TriggerRules) -> Iterator[PresetProblem]:
    """What each value allows, but not all of them together."""
    if rules.max_quiet_s < rules.quiet_s:
        words = f"{rules.max_quiet_s:g} is less than quiet_s, {rules.quiet_s:g}"
        yield PresetProblem(file=str(path), key="max_quiet_s", problem=words)
    names: set[str] = set()
    for index, rule in enumerate(rules.rules):
        at = f"rules[{index}]"
        if rule.name in names:
            yield PresetProblem(file=str(path), key=f"{at}.name", problem=f"{rule.name!r} is there twice")
        names.add(rule.name)
        if rule.max_size is not None and rule.max_size < rule.min_size:
            yield PresetProblem(file=str(path), key=f"{at}.max_size", problem="is less than min_size")
        for word in rule.needs:
            if not WORD.fullmatch(word):
                words = f"{word!r} is no word"
                yield PresetProblem(file=str(path), key=f"{at}.needs", problem=words, allowed=(RULE,))


def _checked(path: Path, index: int, rule: Rule, catalog: Catalog) -> tuple[Rule, list[PresetProblem]]:
    """The rule with what its preset decides filled in, and what the preset doesn't allow of it."""
    at = f"rules[{index}]"
    try:
        preset = catalog.get(rule.preset)
    except InvalidParameters as error:
        if error.code == "preset.unknown" and catalog.has_project_folders:
            # It may be one of a project's own, which only the version's project can tell.
            return rule, []
        names = catalog.names()
        unknown = error.code == "preset.unknown"
        return rule, [
            PresetProblem(
                file=str(path),
                key=f"{at}.preset",
                problem=f"there is no preset {rule.preset}" if unknown else error.message,
                allowed=names if unknown else (),
                nearest=nearest(rule.preset, names) if unknown else None,
            )
        ]
    with_review = not makes_review(preset) if rule.with_review is None else rule.with_review
    return replace(rule, with_review=with_review), list(_option_problems(path, at, rule, preset))


def _option_problems(path: Path, at: str, rule: Rule, preset: PresetFile) -> Iterator[PresetProblem]:
    for name, value in rule.options.items():
        key = f"{at}.options.{name}"
        if name not in preset.options:
            words = f"{rule.preset} has no such option"
            allowed = tuple(preset.options)
            near = nearest(name, allowed)
            yield PresetProblem(file=str(path), key=key, problem=words, allowed=allowed, nearest=near)
            continue
        try:
            resolve_options(rule.preset, preset.options, {name: value})
        except EncodeMediaError as error:
            told = str(error.details.get("problem") or error.message)
            yield PresetProblem(
                file=str(path), key=key, problem=told, allowed=(str(error.details.get("allowed", "")),)
            )


def _problem(path: Path, found: dict[str, Any]) -> PresetProblem:
    location, kind, given = found["loc"], found["type"], found.get("input")
    key, name = key_path(location), str(location[-1]) if location else ""
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        allowed = _keys_at(location)
        near = nearest(name, allowed)
        return PresetProblem(file=str(path), key=key, problem="is no key here", allowed=allowed, nearest=near)
    if kind in ("missing", "missing_argument"):
        return PresetProblem(file=str(path), key=key, problem="is missing")
    if kind == "literal_error":
        allowed = ("first", "all")
        near = nearest(str(given), allowed)
        return PresetProblem(file=str(path), key=key, problem=f"{given!r}", allowed=allowed, nearest=near)
    if name in _SIZES:
        words = ("a number of bytes, or one with kB, MB, GB or TB",)
        return PresetProblem(file=str(path), key=key, problem=f"{given!r} is no size", allowed=words)
    limits = found.get("ctx", {})
    if kind.startswith(("greater_than", "less_than")):
        word = next(iter(limits))
        bound = {"ge": "from", "gt": "more than", "le": "to", "lt": "less than"}[word]
        allowed = (f"a number {bound} {limits[word]:g}",)
        return PresetProblem(file=str(path), key=key, problem=f"{given!r} can't be used", allowed=allowed)
    return PresetProblem(file=str(path), key=key, problem=f"{given!r} {_WORDS.get(kind, found['msg'])}")


def _keys_at(location: tuple[str | int, ...]) -> tuple[str, ...]:
    owner = Rule if location[0] == "rules" else CatchUpRules if location[0] == "catch_up" else TriggerRules
    kind: Any = TriggerRules if len(location) == 1 else owner
    return tuple(item.name for item in fields(kind))
