"""`extends` and `defaults`: several files become one preset, and every value keeps the file it came from.

Mappings are merged key by key, everything else is replaced. A key that is set to nothing (`~`) takes an
option, or an output of the base, away. `outputs` as a list replaces the base's outputs; as a mapping by name
it changes those, `"*"` all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXTENDS, DEFAULTS, OUTPUTS, HIDDEN = "extends", "defaults", "outputs", "hidden"
EVERY = "*"
MAX_BASES = 8
"""Files above each other; more is a circle, or nobody understands it any more."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One file as parsed; the value of `data` is a mapping."""

    path: Path
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Merged:
    data: dict[str, Any]
    origins: dict[str, Path]
    """Key path (`outputs[0].video.codec`) to the file that says it."""
    written: dict[str, Any]
    """Key path to the value as it is written."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    value: Any
    path: Path


_Tree = dict[str, Any]
"""Mappings of leaves; only `outputs` holds a list, of trees."""


def merge(layers: Sequence[Layer]) -> Merged:
    """The layers as one, the base first."""
    tree: _Tree = {}
    for layer in layers:
        # Whether a preset is offered is said by itself alone.
        tree.pop(HIDDEN, None)
        tree = _over(tree, layer)
    outputs = tree.get(OUTPUTS)
    defaults = tree.get(DEFAULTS)
    if isinstance(outputs, list) and isinstance(defaults, dict):
        tree[OUTPUTS] = [_with_defaults(output, defaults) for output in outputs]
    leaves = dict(_leaves(tree, ""))
    return Merged(
        {key: _plain(value) for key, value in tree.items()},
        {key: leaf.path for key, leaf in leaves.items()},
        {key: leaf.value for key, leaf in leaves.items()},
    )


def _over(base: _Tree, layer: Layer) -> _Tree:
    own = {key: value for key, value in layer.data.items() if key not in (EXTENDS, OUTPUTS)}
    merged: _Tree = _merged(base, _tree(own, layer.path))
    options = merged.get("options")
    if isinstance(options, dict):
        written = own.get("options")
        merged["options"] = {
            name: _fewer_labels(value, written.get(name) if isinstance(written, dict) else None)
            for name, value in options.items()
            if not _is_nothing(value)
        }
    if OUTPUTS in layer.data:
        merged[OUTPUTS] = _outputs(base.get(OUTPUTS), layer.data[OUTPUTS], layer.path)
    return merged


def _fewer_labels(option: Any, written: Any) -> Any:
    """Where a file names other choices, labels of the base's choices go with them."""
    labels = option.get("labels") if isinstance(option, dict) else None
    choices = written.get("choices") if isinstance(written, dict) else None
    if not isinstance(labels, dict) or not isinstance(choices, list):
        return option
    own = written.get("labels")
    kept = {str(choice) for choice in choices} | set(own if isinstance(own, dict) else ())
    return {**option, "labels": {key: label for key, label in labels.items() if key in kept}}


def _outputs(base: Any, written: Any, path: Path) -> Any:
    if isinstance(written, list):
        return [_tree(output, path) for output in written]
    if not isinstance(written, dict) or not isinstance(base, list):
        return _Leaf(written, path)
    known = {_name(output) for output in base}
    strange = [name for name in written if name != EVERY and name not in known]
    if strange:
        # Left as it is written: the schema says that this is no list of outputs.
        return _Leaf(written, path)
    changed = []
    for output in base:
        own = written.get(_name(output), {})
        if own is None:
            continue
        changed.append(_merged(_merged(output, _tree(written.get(EVERY) or {}, path)), _tree(own, path)))
    return changed


def _name(output: Any) -> Any:
    leaf = output.get("name") if isinstance(output, dict) else None
    return leaf.value if isinstance(leaf, _Leaf) else None


def _with_defaults(output: Any, defaults: _Tree) -> Any:
    """What the file says of all outputs of a kind, below what it says of this one."""
    if not isinstance(output, dict):
        return output
    kind = output.get("kind")
    common = defaults.get(kind.value) if isinstance(kind, _Leaf) and isinstance(kind.value, str) else None
    return _merged(common, output) if isinstance(common, dict) else output


def _merged(base: Any, own: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(own, dict):
        return own
    return {**base, **{key: _merged(base.get(key), value) for key, value in own.items()}}


def _tree(value: Any, path: Path) -> Any:
    if isinstance(value, dict):
        return {key: _tree(item, path) for key, item in value.items()}
    return _Leaf(value, path)


def _is_nothing(tree: Any) -> bool:
    return isinstance(tree, _Leaf) and tree.value is None


def _plain(tree: Any) -> Any:
    if isinstance(tree, _Leaf):
        return tree.value
    if isinstance(tree, list):
        return [_plain(item) for item in tree]
    return {key: _plain(item) for key, item in tree.items()}


def _leaves(tree: Any, prefix: str) -> Iterator[tuple[str, _Leaf]]:
    if isinstance(tree, _Leaf):
        yield prefix, tree
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _leaves(item, f"{prefix}[{index}]")
    else:
        for key, item in tree.items():
            yield from _leaves(item, f"{prefix}.{key}" if prefix else str(key))
