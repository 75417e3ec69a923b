"""The same wish has the same identity, and every entity of a job a stable id."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from encode_media.model.codec import from_json, to_json
from encode_media.model.media import SourceRef
from encode_media.model.request import EncodeRequest, PublishTarget, entity_id, job_id
from support.jobs import attempt_of

REQUEST = EncodeRequest(
    preset="review", options={"quality": 18, "audio": True}, target=PublishTarget(version_id="v", component_id="c")
)


def test_the_same_wish_has_the_same_key_whoever_asks_and_in_whatever_order():
    other = dataclasses.replace(
        REQUEST,
        options={"audio": True, "quality": 18},
        origin="trigger",
        priority=90,
        target=dataclasses.replace(REQUEST.target, username="artist", version_label="sh010"),
    )

    assert REQUEST.base_id == other.base_id


def test_another_option_source_or_preset_is_another_job():
    others = [
        dataclasses.replace(REQUEST, options={"quality": 19, "audio": True}),
        dataclasses.replace(REQUEST, preset="webm_vp9"),
        dataclasses.replace(REQUEST, target=PublishTarget(version_id="v", component_id="d")),
        dataclasses.replace(REQUEST, target=PublishTarget(version_id="w", component_id="c")),
        EncodeRequest(preset="review", source=SourceRef(path="/a.mov")),
    ]

    assert len({REQUEST.base_id, *(other.base_id for other in others)}) == 6


def test_entity_ids_follow_from_the_job_and_the_role():
    job = job_id(REQUEST.base_id, 2)

    assert attempt_of(job) == 2
    assert entity_id(job, "thumbnail") == entity_id(job, "thumbnail")
    assert entity_id(job, "thumbnail") != entity_id(job_id(REQUEST.base_id, 3), "thumbnail")


@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.booleans(), st.none())))
def test_a_request_survives_storage(options):
    request = dataclasses.replace(REQUEST, options=options)

    assert request == from_json(EncodeRequest, to_json(request))
