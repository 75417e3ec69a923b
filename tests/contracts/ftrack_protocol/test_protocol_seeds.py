"""What a new server knows: the demo, nothing, or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from encode_media.sandbox.seed_checks import SeedError
from encode_media.sandbox.seeds import load_seed
from support.sandbox import running_sandbox

EXAMPLE = Path(__file__).parents[3] / "examples" / "sandbox_seed.yaml"
PEOPLE = {"users": [{"username": "lead", "role": "Administrator", "projects": "all"}]}


def test_an_empty_server_has_the_words_and_one_administrator(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "data", seed=load_seed("empty")) as server:
        session = server.session()
        assert [user["username"] for user in session.query("User")] == ["supervisor"]
        assert session.query("Project").all() == []
        schema = session.query("ProjectSchema").one()
        project = session.create("Project", {"name": "new", "full_name": "New", "project_schema": schema})
        session.create("Shot", {"name": "first", "parent": project})
        session.commit()


def test_the_example_is_there_as_it_is_written(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "data", seed=load_seed(str(EXAMPLE))) as server:
        assert server.address.api_user == "lead"
        session = server.session()
        shot = session.get("Shot", "11111111-aaaa-4000-8000-000000000010")
        assert shot["status"]["name"] == "In Progress"
        assert shot["custom_attributes"]["fstart"] == 1009
        assert shot["project"]["custom_attributes"]["delivery"] == "2026-12-01"
        version = session.get("AssetVersion", "11111111-aaaa-4000-8000-000000000014")
        assert (version["version"], version["metadata"]["ticket"]) == (4, "77")
        assert version["task"]["type"]["name"] == "Compositing"
        frames = next(one for one in version["components"] if one["name"] == "frames")
        assert len(frames["members"]) == 4
        statuses = shot["project"]["project_schema"].get_statuses("AssetVersion")
        assert {status["name"] for status in statuses} == {"Pending Review", "Client Notes", "Approved"}
        assert [project["name"] for project in server.session("comper").query("Project")] == ["tiny_film"]
        assert [project["name"] for project in server.session("client").query("Project")] == ["tiny_film"]


def test_a_file_can_bring_data_of_the_server(tmp_path: Path) -> None:
    (tmp_path / "clip.mov").write_bytes(b"moving pictures")
    component = {"path": "clip.mov", "location": "ftrack.server", "id": "seeded-clip"}
    asset = {"name": "a", "versions": [{"components": [component]}]}
    seed = {**PEOPLE, "projects": [{"name": "p", "assets": [asset]}]}
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(seed))
    with running_sandbox(tmp_path / "data", seed=load_seed(str(path))) as server:
        session = server.session()
        location = session.query("Location where name is ftrack.server").one()
        seeded = session.get("FileComponent", "seeded-clip")
        assert location.get_component_availability(seeded) == 100.0
        import requests

        assert requests.get(location.get_url(seeded), timeout=10).content == b"moving pictures"


def test_a_folder_keeps_what_it_has(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "data", seed=load_seed("empty")):
        pass
    with running_sandbox(tmp_path / "data", seed=load_seed(str(EXAMPLE))) as server:
        assert server.address.api_user == "supervisor"
        assert server.session().query("Project").all() == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"projects": []}, "users: this is missing"),
        ({"users": [{"username": "a", "role": "User"}]}, "one must have the role Administrator"),
        ({**PEOPLE, "project": []}, "project: there is no such key"),
        ({**PEOPLE, "projects": [{"name": "p", "children": [{"kind": "Shott", "name": "s"}]}]},
         r"children\[0\]\.kind"),
        ({**PEOPLE, "projects": [{"name": "p", "children": [{"kind": "Shot", "name": "s", "status": "Odd"}]}]},
         r"projects\[0\]\.children\[0\]\.status: Odd is not one of the statuses: Approved"),
        ({**PEOPLE, "projects": [{"name": "p", "id": "../up"}]}, "can't be an id"),
        ({**PEOPLE, "projects": [{"name": "p", "custom_attributes": {"x": 1}}]}, "no custom attribute x"),
        ({**PEOPLE, "projects": [{"name": "p"}, {"name": "p"}]}, "p is given twice"),
        ({**PEOPLE, "projects": [{"name": "p", "assets": [{"name": "a", "versions": [{"task": "t"}]}]}]},
         "no task t beside the asset"),
        ({**PEOPLE, "api_user": "nobody"}, "nobody is not one of the users"),
        (["a list"], "must be a map"),
    ],
)  # fmt: skip
def test_mistakes_are_said_plainly(tmp_path: Path, content: Any, sentence: str) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(SeedError, match=sentence):
        load_seed(str(path))


def test_what_is_no_seed_at_all(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="neither demo nor empty nor a file"):
        load_seed("demoo")
    path = tmp_path / "seed.yaml"
    path.write_text("users: [")
    with pytest.raises(SeedError, match="is not YAML"):
        load_seed(str(path))
