from __future__ import annotations

import base64
import zlib

import pytest

from encode_media.errors import InvalidParameters
from encode_media.presets.catalog import Catalog
from encode_media.presets.lint import typical_source
from encode_media.presets.recipe import pack, unpack


@pytest.mark.parametrize("name", Catalog(()).names())
def test_every_preset_comes_back_from_its_recipe_as_it_was_resolved(name: str) -> None:
    catalog = Catalog(())
    preset = catalog.resolve(name, typical_source(catalog.get(name)), {})
    assert unpack(pack(preset)) == preset
    assert pack(unpack(pack(preset))) == pack(preset)


def packed(text: bytes) -> str:
    return base64.b64encode(zlib.compress(text)).decode()


@pytest.mark.parametrize(
    "recipe",
    ["", "?", "AAAA", packed(b"{}"), packed(bytes(9_000_000))],
    ids=["empty", "no base64", "no zlib", "another shape", "a bomb"],
)  # fmt: skip
def test_what_is_no_recipe_is_refused(recipe: str) -> None:
    with pytest.raises(InvalidParameters):
        unpack(recipe)
