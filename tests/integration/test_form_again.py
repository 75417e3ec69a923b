"""Exactly again, as people and scripts ask for it: from the form, over the hub, from Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import encode_media
from encode_media.ftrack.client import ActionClient
from encode_media.ftrack.ledger import seal
from encode_media.model.request import EncodeRequest
from support.listening import Listening, sandbox_sources, selected
from support.sandbox import RunningSandbox
from support.service import form_values, studio
from support.waiting import wait_for

ITEM = {"actionIdentifier": "encode-media"}
AT = 1_790_000_000.0


def source_of(sandbox: RunningSandbox, asset: str) -> str:
    found: str = (
        sandbox.session().query(f'Component where name is "main" and version.asset.name is {asset}').one()["id"]
    )
    return found


def publish(sandbox: RunningSandbox, asset: str, name: str, **marks: Any) -> str:
    """A component on the version as a job of the service would have left it; gives its id."""
    session = sandbox.session()
    [entry] = selected(sandbox, asset)
    known = {
        "job": f"job of {name}",
        "at": AT,
        "preset": "review",
        "options": {"quality": 30},
        "source": source_of(sandbox, asset),
        "recipe": "the recipe",
        "seal": seal("the recipe", sandbox.address.api_key),
    }
    component = session.create(
        "FileComponent", {"name": name, "file_type": ".mp4", "version_id": entry["entityId"]}
    )
    session.commit()
    component["metadata"]["encode_media"] = json.dumps({**known, **marks})
    session.commit()
    found: str = component["id"]
    return found


def steps_of(form: dict[str, Any]) -> dict[str, str]:
    """Where the form's button can lead beside its own pages."""
    [field] = [item for item in form["items"] if item.get("name") == "next"]
    return {each["value"]: each["label"] for each in field["data"] if each["value"].startswith("again:")}


def queued(service: Listening) -> EncodeRequest:
    request: EncodeRequest = wait_for(lambda: service.requests[0] if service.requests else None, what="a request")
    return request


def test_what_a_version_has_is_offered_and_made_again_whatever_else_was_chosen(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    comp = selected(sandbox, "sh010_comp")
    old = publish(sandbox, "sh010_comp", "prores_422_hq", preset="gone_preset", at=AT - 86_400)
    new = publish(sandbox, "sh010_comp", "ftrackreview-mp4")
    publish(sandbox, "sh010_comp", "thumbnail", job="job of ftrackreview-mp4")

    form = artist.launch(ITEM, comp)
    offered = steps_of(form)
    answer = artist.launch(ITEM, comp, form_values(form) | {"preset": "poster", "next": f"again:{new}"})

    assert list(offered) == [f"again:{new}", f"again:{old}"]
    assert offered[f"again:{new}"].startswith("Again, exactly as Review of 2026-09-")
    assert offered[f"again:{old}"].startswith("Again, exactly as gone_preset of 2026-09-")
    request = queued(service)
    assert (request.recipe, request.preset, request.options) == ("the recipe", "review", {"quality": 30})
    assert request.target is not None
    assert (request.target.component_id, request.target.username) == (source_of(sandbox, "sh010_comp"), "artist")
    assert request.origin == "form"
    assert answer["success"] is True
    assert answer["message"].startswith("sh010 / sh010_comp v1 queued, exactly as Review of 2026-09-")
    assert steps_of(artist.launch(ITEM, comp)) == offered
    remembered = {item["name"]: item["value"] for item in artist.launch(ITEM, comp)["items"] if "name" in item}
    assert (remembered["preset"], remembered["next"]) == ("review", "summary")


def test_what_can_not_be_made_again_is_not_offered(sandbox: RunningSandbox, artist: ActionClient) -> None:
    publish(sandbox, "sh020_concept", "from a path", source=None)
    publish(sandbox, "sh020_concept", "from what is gone", source="no-such-component")
    publish(sandbox, "sh020_concept", "torn", preset=None, at=1e300)

    assert steps_of(artist.launch(ITEM, selected(sandbox, "sh020_concept"))) == {}
    assert steps_of(artist.launch(ITEM, selected(sandbox, "sh010_comp", "sh020_concept"))) == {}


def test_of_a_selected_component_itself_or_what_was_made_from_it_is_offered(
    sandbox: RunningSandbox, artist: ActionClient
) -> None:
    one = publish(sandbox, "sh030_notes", "ftrackreview-mp4", at=AT - 60)
    two = publish(sandbox, "sh030_notes", "webm_vp9", preset="webm_vp9")

    def offered(component_id: str) -> list[str]:
        return list(steps_of(artist.launch(ITEM, [{"entityId": component_id, "entityType": "Component"}])))

    assert offered(source_of(sandbox, "sh030_notes")) == [f"again:{two}", f"again:{one}"]
    assert offered(one) == [f"again:{one}"]


def test_without_our_seal_the_preset_of_today_is_offered_and_said_so(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    beauty = selected(sandbox, "sh010_beauty")
    made = publish(
        sandbox, "sh010_beauty", "ftrackreview-mp4", seal="somebody else's", source_facts={"size_bytes": 1}
    )

    def told() -> str | None:
        form = artist.launch(ITEM, beauty)
        return None if "not read yet" in str(form) else steps_of(form)[f"again:{made}"]

    label = wait_for(told, what="a form that has read the source")
    answer = artist.launch(ITEM, beauty, {"form_step": "1", "next": f"again:{made}"})

    assert label.startswith("Again, like Review of 2026-09-")
    assert "with the preset as it is now" in label
    assert label.endswith("The source has changed since")
    assert (queued(service).recipe, queued(service).options["quality"]) == ("", 30)
    assert "queued with Review as it is now" in answer["message"]


def test_what_was_replaced_since_the_form_was_opened_is_said_and_nothing_else_is_encoded_instead(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    answer = artist.launch(ITEM, selected(sandbox, "sh010_comp"), {"preset": "review", "next": "again:gone"})

    assert (answer["success"], answer["code"]) == (False, "selection.gone")
    assert "select again" in answer["message"]
    assert service.engine.jobs() == []


def test_a_hub_event_asks_for_it_by_version_or_component(
    sandbox: RunningSandbox, service: Listening, artist: ActionClient
) -> None:
    made = publish(sandbox, "sh020_anim", "ftrackreview-mp4", needs=["gpu"])
    [version] = selected(sandbox, "sh020_anim")
    service.gate.clear()

    first = artist.submit_again(version["entityId"], split="never")
    second = artist.submit_again(made)

    assert (first["success"], first["exact"], first["created"]) == (True, True, True)
    assert (second["jobId"], second["created"]) == (first["jobId"], False)
    assert "already" in second["message"]
    request = queued(service)
    assert (request.needs, request.split, request.origin) == (("gpu",), "never", "hub")


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        ({"preset": "review"}, "request.invalid", "leave out preset"),
        ({"again": "no-such-id"}, "server.not_visible", "may not be seen"),
    ],
)
def test_a_hub_event_is_refused_in_words(
    sandbox: RunningSandbox, artist: ActionClient, data: dict[str, str], code: str, words: str
) -> None:
    [version] = selected(sandbox, "sh010_comp")

    answer = artist._first("encode-media.submit", {"again": version["entityId"], **data}, 20)

    assert (answer["success"], answer["code"]) == (False, code)
    assert words in answer["message"]


def test_what_we_did_not_make_and_what_somebody_may_not_see_is_not_made_again(
    sandbox: RunningSandbox, artist: ActionClient
) -> None:
    private = sandbox.session().query("select id from AssetVersion where project.is_private is true").one()["id"]

    nothing = artist.submit_again(source_of(sandbox, "sh010_comp"))
    assert (nothing["success"], nothing["code"]) == (False, "ledger.none")
    assert "Nothing on sh010 / sh010_comp v1, main was published by Encode Media." in nothing["message"]
    refused = artist.submit_again(private)
    assert refused["code"] == "server.not_permitted"
    assert "qp010" not in refused["message"]


TINY = """
name: tiny
label: Tiny
description: A small still.
extends: images
outputs:
  - name: tiny
    kind: still
    container: jpg
    position: 0.5
    size: {max_width: SIDE, max_height: SIDE}
    video: {codec: mjpeg, pixel_format: yuvj444p, quality: 2}
    publish: {role: deliverable, location: ftrack.server}
"""


def test_it_stays_as_it_was_though_the_preset_was_changed(tmp_path: Path) -> None:
    presets, data = tmp_path / "presets", tmp_path / "data"
    presets.mkdir()
    (presets / "tiny.yaml").write_text(TINY.replace("SIDE", "160"))
    sandbox_sources(data)
    with studio(data, environ={"ENCODE_MEDIA_PRESETS": str(presets)}) as running:
        concept = running.version("sh020_concept")
        running.item(running.selection("sh020_concept"))

        def width(**wish: Any) -> int:
            [made] = encode_media.submit(running.session, **wish).wait(timeout=120).published
            return made.width

        first = width(version=concept, preset="tiny")
        (presets / "tiny.yaml").write_text(TINY.replace("SIDE", "320"))
        again = width(again=concept)
        anew = width(version=concept, preset="tiny")

    assert (first, again, anew) == (160, 160, 320)


def test_python_is_told_that_again_goes_alone() -> None:
    with pytest.raises(encode_media.InvalidParameters, match="of its own"):
        encode_media.submit(None, again="x", preset="review")  # type: ignore[arg-type]
