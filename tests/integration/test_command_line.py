"""The command line as programs use it: one JSON document on stdout, and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.service import Studio


def run(*words: object, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "encode_media", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environ},
    )


def test_encode_gives_one_json_document_with_outputs_and_their_checks(sample_sources, tmp_path):
    done = run("encode", sample_sources / "sh020_concept.png", "--preset", "review", "--out", tmp_path, "--json")

    document = json.loads(done.stdout)
    assert (done.returncode, document["status"], document["error"]) == (0, "done", None)
    for output in document["outputs"]:
        assert Path(output["path"]).stat().st_size == output["size_bytes"]
        assert output["checks"]
        assert all(check["passed"] for check in output["checks"])
    assert document["commands"]


def test_a_sequence_output_is_named_by_its_pattern_and_first_frame(sample_sources, tmp_path):
    source = sample_sources / "sh020_anim" / "sh020_anim.%04d.png"
    done = run(
        "encode", source, "--preset", "png_sequence", "--set", "missing_frames=hold", "--out", tmp_path, "--json"
    )

    (output,) = json.loads(done.stdout)["outputs"]
    assert (output["first_frame"], output["frames"]) == (1001, 24)
    assert all(Path(output["path"] % frame).is_file() for frame in range(1001, 1025))


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["encode", "/nowhere.mov", "--preset", "review"], "source.missing", 3),
        (["encode", "{notes}", "--preset", "review"], "source.not_media", 4),
        (["encode", "{concept}", "--preset", "revue"], "preset.unknown", 2),
        (["encode", "{concept}", "--preset", "review", "--set", "quality=99"], "options.invalid", 2),
        (["encode", "{concept}", "--preset", "review", "--set", "colour=red"], "options.unknown", 2),
        (["encode", "{anim}", "--preset", "review"], "source.frames_missing", 3),
        (["plan", "{anim}", "--preset", "review"], "source.frames_missing", 3),
        (["probe", "{notes}"], "source.not_media", 4),
        (["jobs", "show", "nonesuch"], "job.unknown", 2),
    ],
)
def test_each_failure_has_its_exit_code_and_says_what_to_do(sample_sources, tmp_path, words, code, exit_code):
    places = {
        "{notes}": sample_sources / "sh030_notes.mov",
        "{concept}": sample_sources / "sh020_concept.png",
        "{anim}": sample_sources / "sh020_anim" / "sh020_anim.%04d.png",
    }
    done = run(*[places.get(word, word) for word in words], "--json", ENCODE_MEDIA_DATA=str(tmp_path))

    error = json.loads(done.stdout)["error"]
    assert (exit_code, code) == (done.returncode, error["code"])
    assert error["message"] in " ".join(done.stderr.split())
    assert error["hint"]
    assert "Traceback" not in done.stderr


def test_plan_runs_nothing_and_prints_the_exact_arguments(sample_sources, tmp_path):
    done = run("plan", sample_sources / "sh010_comp_v001.mov", "--preset", "review", "--json")

    plan = json.loads(done.stdout)
    assert len(plan["commands"]) == 1
    assert "libx264" in plan["commands"][0]["argv"]
    assert plan["outputs"][0]["expected"]["frames"] == 72
    assert list(tmp_path.iterdir()) == []


def test_probe_says_what_is_missing(sample_sources):
    done = run("probe", sample_sources / "sh020_anim", "--json")

    media = json.loads(done.stdout)
    assert media["missing"] == [1010, 1011, 1012]
    assert "sequence.gap" in {finding["code"] for finding in media["findings"]}


def test_presets_are_listed_shown_and_checked(tmp_path):
    names = {preset["name"] for preset in json.loads(run("presets", "list", "--json").stdout)}
    assert {"review", "prores_422_hq", "webm_vp9", "png_sequence"} <= names
    assert "quality" in json.loads(run("presets", "show", "review", "--json").stdout)["options"]
    assert run("presets", "check").returncode == 0

    bad = tmp_path / "bad.yaml"
    bad.write_text("name: bad\nlabl: Bad\n")
    checked = run("presets", "check", bad)
    assert checked.returncode == 2
    assert "labl" in checked.stdout
    assert "label" in checked.stdout


def test_doctor_says_a_line_about_each_thing(running_studio: Studio):
    done = run("doctor", **running_studio.server.environ, ENCODE_MEDIA_DATA=str(running_studio.server.data))

    assert done.returncode == 0, done.stdout
    for name in ("ffmpeg", "encoders", "presets", "disk", "database", "server", "event hub"):
        assert f"ok    {name}" in done.stdout
    assert running_studio.server.address.api_key not in done.stdout


def test_doctor_tells_in_a_moment_whether_a_service_is_at_work_here(running_studio: Studio, tmp_path: Path):
    alive = run("doctor", "--service", ENCODE_MEDIA_DATA=str(running_studio.server.data))
    absent = run("doctor", "--service", ENCODE_MEDIA_DATA=str(tmp_path))

    assert (alive.returncode, alive.stdout.split()[:2]) == (0, ["ok", "service"])
    assert (absent.returncode, absent.stdout.split()[:2]) == (7, ["FAIL", "service"])


def test_doctor_fails_with_what_is_missing(tmp_path):
    done = run("doctor", ENCODE_MEDIA_FFMPEG="/nowhere/ffmpeg", ENCODE_MEDIA_DATA=str(tmp_path))

    assert done.returncode == 5
    assert "FAIL  ffmpeg" in done.stdout


def test_a_wrong_key_is_not_permitted(running_studio: Studio):
    done = run("serve", **{**running_studio.server.environ, "FTRACK_API_KEY": "wrong"})

    assert done.returncode == 8
    assert "refused the credentials" in done.stderr
    assert "wrong" not in done.stderr.replace("went wrong", "").replace("is wrong", "")


def test_submit_waits_for_the_running_service_and_jobs_show_it(running_studio: Studio):
    version_id = running_studio.version("sh020_concept")["id"]
    data = running_studio.server.data
    environ = {**running_studio.server.environ, "ENCODE_MEDIA_DB": f"sqlite:///{data}/jobs.sqlite"}

    done = run("submit", "--version", version_id, "--preset", "thumbnail", "--wait", "--json", **environ)

    assert done.returncode == 0, done.stderr
    job = json.loads(done.stdout)
    assert job["stage"] == "done"
    listed = json.loads(run("jobs", "list", "--json", **environ).stdout)
    assert job["job_id"] in {record["job_id"] for record in listed}
    shown = run("jobs", "show", job["job_id"], **environ)
    assert "thumbnail" in shown.stdout
    again = json.loads(run("jobs", "retry", job["job_id"], "--json", **environ).stdout)
    assert again["created"]
    assert run("jobs", "purge", "--days", "0", **environ).returncode == 0


@pytest.mark.parametrize(
    "command",
    ["sandbox", "serve", "worker", "submit", "encode", "plan", "probe", "presets", "jobs", "doctor", "demo"],
)
def test_every_command_has_help_with_an_example(command):
    words = {"presets": ["presets", "list"], "jobs": ["jobs", "list"]}.get(command, [command])

    assert "Example: " in run(*words, "--help").stdout
