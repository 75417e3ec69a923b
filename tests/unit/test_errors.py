"""Every failure has a code, a sentence, a hint, and survives being stored."""

import string

import pytest

from encode_media.errors import CATALOGUE, EncodeMediaError, failure

EXIT_CODES = {2, 3, 4, 5, 6, 7, 8, 9, 70, 130}


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_entry_is_complete(code):
    entry = CATALOGUE[code]

    assert entry.sentence
    assert entry.cause.endswith(".")
    assert entry.hint.endswith((".", "."))
    assert entry.kind.exit_code in EXIT_CODES


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_error_says_its_details_and_comes_back_from_storage(code):
    entry = CATALOGUE[code]
    names = {
        name for text in (entry.sentence, entry.hint) for _, name, _, _ in string.Formatter().parse(text) if name
    }
    error = failure(code, **{name: f"<{name}>" for name in names})

    assert all(f"<{name}>" in error.message + error.hint for name in names)
    again = EncodeMediaError.from_dict(error.to_dict())
    assert type(error) is type(again)
    assert error.to_dict() == again.to_dict()


def test_braces_in_a_name_are_only_text():
    assert "/p/{x}.mov" in failure("source.missing", path="/p/{x}.mov").message


def test_an_error_of_another_version_is_still_an_error():
    again = EncodeMediaError.from_dict({"code": "from.the.future", "message": "m"})

    assert (again.code, again.message, again.exit_code) == ("from.the.future", "m", 70)
