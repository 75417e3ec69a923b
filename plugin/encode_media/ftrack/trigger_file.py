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
        shape = [_problem(path, dict(item)) for item in error.errors()]
        return None, shape + (list(_raw_problems(path, data or {}, catalog.frozen())) if catalog else [])
    problems = list(_meaning(path, rules))
    if catalog is not None:
        presets = catalog.frozen()
        for index, rule in enumerate(rules.rules):
            problems += _preset_problems(path, index, rule.preset, rule.options, presets)
        rules = replace(rules, rules=tuple(_completed(rule, presets) for rule in rules.rules))
    return rules, problems


def makes_review(file: PresetFile) -> bool:
    """Whether a preset's outputs are shown in players."""
    return any(
        isinstance(publish := output.get("publish"), Mapping) and publish.get("role") == "reviewable"
        for output in file.outputs
    )


def review_maker(catalog: Catalog, *, otherwise: bool = False) -> Callable[[str], bool]:
    """`makes_review` by name, and `otherwise` for a preset that can't be used."""

    def answer(name: str) -> bool:
        try:
            return makes_review(catalog.get(name))
        except InvalidParameters:
            return otherwise

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


def _completed(rule: Rule, presets: Catalog) -> Rule:
    """The rule with what its preset decides filled in."""
    if rule.with_review is not None:
        return rule
    return replace(rule, with_review=not review_maker(presets, otherwise=True)(rule.preset))


def _raw_problems(path: Path, data: Mapping[str, Any], presets: Catalog) -> Iterator[PresetProblem]:
    """What the presets don't allow, in a file whose shape has mistakes as well."""
    rules = data.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        preset = rule.get("preset") if isinstance(rule, dict) else None
        if isinstance(preset, str):
            options = rule.get("options")
            yield from _preset_problems(path, index, preset, options if isinstance(options, dict) else {}, presets)


def _preset_problems(
    path: Path, index: int, name: str, options: Mapping[str, Any], presets: Catalog
) -> Iterator[PresetProblem]:
    file, at = str(path), f"rules[{index}]"
    try:
        preset = presets.get(name)
    except InvalidParameters as error:
        if error.code != "preset.unknown":
            yield PresetProblem(file=file, key=f"{at}.preset", problem=error.message)
        elif not presets.has_project_folders:
            # Else it may be one of a project's own, which only the version's project can tell.
            words, names = f"there is no preset {name}", presets.names()
            near = nearest(name, names)
            yield PresetProblem(file=file, key=f"{at}.preset", problem=words, allowed=names, nearest=near)
        return
    for option, value in options.items():
        key, allowed = f"{at}.options.{option}", tuple(preset.options)
        if option not in preset.options:
            words, near = f"{name} has no such option", nearest(option, allowed)
            yield PresetProblem(file=file, key=key, problem=words, allowed=allowed, nearest=near)
            continue
        try:
            resolve_options(name, preset.options, {option: value})
        except EncodeMediaError as error:
            told = str(error.details.get("problem") or error.message)
            values = (str(error.details["allowed"]),) if error.details.get("allowed") else ()
            yield PresetProblem(file=file, key=key, problem=told, allowed=values)


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
