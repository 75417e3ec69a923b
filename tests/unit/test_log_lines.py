"""Log lines name the job, its version and its user, and never a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from encode_media.errors import failure
from encode_media.jobs.engine import JobContext, JsonDict
from encode_media.log_lines import about, configure_logging, kept_tail
from encode_media.model.request import EncodeRequest, PublishTarget
from encode_media.told_job import told
from support.stories import Remembering

log = logging.getLogger("encode_media.test")
REQUEST = EncodeRequest(
    preset="review",
    target=PublishTarget(version_id="v1", version_label="sh010 / comp v001", user_id="u1", username="artist"),
)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("encode_media")
    handlers, level, own_handlers, own_level = root.handlers[:], root.level, ours.handlers[:], ours.level
    yield
    root.handlers[:], ours.handlers[:] = handlers, own_handlers
    root.setLevel(level)
    ours.setLevel(own_level)


def logged(form: str, *, level: int = logging.INFO, secrets: tuple[str, ...] = ()) -> io.StringIO:
    stream = io.StringIO()
    configure_logging(level=level, form=form, secrets=secrets, stream=stream)
    return stream


def tell(story: Callable[[], JsonDict]) -> JsonDict:
    def workflow(context: JobContext, request: EncodeRequest) -> JsonDict:
        del request
        return context.step("run", story)

    return told(workflow, lambda _request, _result: None)(Remembering("0123-1"), REQUEST)


def test_a_json_line_names_job_version_and_user_as_fields() -> None:
    stream = logged("json")

    tell(lambda: {"status": "done", "error": None})

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["message"] for line in lines][-1] == "Ended: done"
    for line in lines:
        assert (line["job"], line["version"], line["user"]) == ("0123-1", "sh010 / comp v001", "artist")
        assert line["time"].endswith("Z")


def test_a_text_line_names_them_at_its_end() -> None:
    stream = logged("text")

    tell(lambda: {"status": "done", "error": None})

    assert 'job=0123-1 version="sh010 / comp v001" user=artist preset=review' in stream.getvalue().splitlines()[0]


def test_a_line_outside_a_job_names_none() -> None:
    stream = logged("text")
    tell(lambda: {"status": "done", "error": None})
    log.info("later")

    assert "job=" not in stream.getvalue().splitlines()[-1]


def test_a_person_named_inside_stands_beside_what_is_already_named() -> None:
    stream = logged("json")
    with about(job="7"), about(user="artist", version=None):
        log.info("words")

    line = json.loads(stream.getvalue())
    assert (line["job"], line["user"]) == ("7", "artist")
    assert "version" not in line


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("secret", ["k3y-of-the-server", 'with "quotes" and \\'])
def test_a_secret_is_hidden_wherever_it_turns_up(form: str, secret: str) -> None:
    stream = logged(form, secrets=(secret,))
    try:
        int(f"refused {secret}")
    except ValueError:
        log.exception("The key %s was not taken", secret)

    assert "The key *** was not taken" in stream.getvalue()
    assert secret not in stream.getvalue()
    assert json.dumps(secret)[1:-1] not in stream.getvalue()


def test_a_trace_is_one_field_of_one_json_line() -> None:
    stream = logged("json")
    try:
        int("why")
    except ValueError:
        log.exception("what")

    (line,) = stream.getvalue().splitlines()
    assert "invalid literal" in json.loads(line)["trace"]


def test_the_result_of_a_job_has_its_last_lines_even_where_they_are_not_shown() -> None:
    stream = logged("text", level=logging.WARNING)

    result = tell(lambda: {"status": "failed", "error": failure("source.missing", path="/gone.mov").to_dict()})

    assert any("Step run: done" in line for line in result["log"])
    assert "source.missing" in result["log"][-1]
    assert "Step run" not in stream.getvalue()


def test_the_kept_lines_are_bounded() -> None:
    logged("text", level=logging.ERROR)
    with kept_tail() as lines:
        for number in range(500):
            log.info("line %d %s", number, "x" * 5000)

    assert len(lines) == 40
    assert max(map(len, lines)) <= 300
    assert "line 499" in lines[-1]
