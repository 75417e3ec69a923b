"""A preset file as parsed YAML, before anything is known of its meaning."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from encode_media.presets.problems import InvalidPresetError, PresetProblem

MAX_FILE_BYTES = 256_000
"""A preset is a page of text; more is a mistake or an attack."""


def read_yaml(path: Path) -> Any:
    """What the file holds; read again only after it has changed. Not to be altered.

    Raises:
        InvalidPresetError: it can't be read, or is no YAML of plain values with each key once.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise whole_file(path, error.strerror or "can't be read") from error
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=512)
def _read(path: Path, _modified: int, _size: int) -> Any:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            raise whole_file(path, f"larger than {MAX_FILE_BYTES} bytes")
        return yaml.load(raw, Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise whole_file(path, error.strerror or "can't be read") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise whole_file(path, f"{line}{error.problem or 'not YAML'}") from error
    except InvalidPresetError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise whole_file(path, f"not YAML: {error}") from error


def whole_file(path: Path, problem: str) -> InvalidPresetError:
    return InvalidPresetError([PresetProblem(file=str(path), key="", problem=problem)])


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML allows a key twice and takes the last; in a preset that is a mistake nobody sees."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} is not a text", problem_mark=key_node.start_mark
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key} is there twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)
