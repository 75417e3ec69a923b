"""The service as a supervisor sees it: signals, exit codes, what it tells, and what it finds at its start."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path

from encode_media.model.result import FINAL_STAGES, Stage
from support.bad_network import BadNetwork
from support.listening import asking
from support.sandbox import RunningSandbox
from support.serving import Service, prepared_service, serving
from support.waiting import wait_for


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def submitted(server: RunningSandbox, asset: str, preset: str) -> tuple[str, str]:
    """A new job's id and that of its ftrack_job."""
    found = server.session("artist").query(f'AssetVersion where asset.name is "{asset}"').one()
    with asking(server) as client:
        answer = client.submit(preset, version_id=found["id"])
    assert answer["success"], answer
    return answer["jobId"], answer["ftrackJobId"]


def stage(service: Service, job_id: str) -> Stage | None:
    record = service.jobs.job(job_id)
    return record.stage if record else None


def wait_until_ended(service: Service, job_id: str) -> None:
    wait_for(lambda: stage(service, job_id) in FINAL_STAGES, timeout_s=60, what=f"the end:\n{service.log[-3000:]}")


def test_a_stop_while_encoding_is_quick_and_the_job_goes_on_at_the_next_start(
    server: RunningSandbox, tmp_path: Path
) -> None:
    with serving(tmp_path / "service", server) as service:
        service.crawl()
        job_id, _ = submitted(server, "sh010_comp", "thumbnail")
        wait_for(lambda: len(service.encoders()) >= 3, timeout_s=30, what="an encode")

        began = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - began < 12
        assert service.encoders() == ()
        assert stage(service, job_id) is Stage.QUEUED

        service.crawl(slow=False)
        service.start()
        wait_until_ended(service, job_id)
        assert stage(service, job_id) is Stage.DONE
        wait_for(lambda: not service.leftovers(), timeout_s=5, what="an empty work folder")


def test_the_second_signal_ends_it_on_the_spot_and_the_job_goes_on_at_the_next_start(
    server: RunningSandbox, tmp_path: Path
) -> None:
    network = BadNetwork(server.port)
    environ = {"FTRACK_SERVER": f"http://127.0.0.1:{network.port}"}
    with serving(tmp_path / "service", server, **environ) as service:
        service.crawl()
        job_id, _ = submitted(server, "sh010_comp", "thumbnail")
        wait_for(lambda: len(service.encoders()) >= 3, timeout_s=30, what="an encode")
        network.delay_s = 60  # whatever asks the server now hangs
        service.running.send_signal(signal.SIGTERM)
        time.sleep(0.3)  # both signals at the same moment would count as one
        service.running.send_signal(signal.SIGTERM)

        assert service.running.wait(timeout=3) == 128 + signal.SIGTERM
        wait_for(lambda: not service.encoders(), timeout_s=2, what="the end of ffmpeg")
        network.delay_s = 0
        network.drop_all()
        service.crawl(slow=False)
        service.start()
        wait_until_ended(service, job_id)
        assert stage(service, job_id) is Stage.DONE
    network.close()


FORCED = """
    import threading
    import encode_media.cli.service_commands as commands
    from encode_media.settings import Settings

    def serve(settings, stop, *, listen, ended):
        threading.Thread(target=threading.Event().wait).start()  # what a step that ignores the stop leaves
        ended.clean = {clean}

    commands.run_service = serve
    commands._run(Settings(), listen=True)
"""


def test_a_step_that_ignores_the_stop_does_not_keep_the_process() -> None:
    words = [sys.executable, "-c", textwrap.dedent(FORCED.format(clean=False))]
    done = subprocess.run(words, timeout=60, check=False, capture_output=True)

    assert (done.returncode, done.stderr) == (10, b"")


def test_a_server_that_stays_away_beyond_the_limit_ends_it_with_a_code_for_the_supervisor(tmp_path: Path) -> None:
    environ = {
        "FTRACK_SERVER": f"http://127.0.0.1:{free_port()}",
        "FTRACK_API_USER": "supervisor",
        "FTRACK_API_KEY": "key",
        "ENCODE_MEDIA_UNSERVED_LIMIT": "1",
    }
    service = prepared_service(tmp_path / "service", environ)
    service.start()
    try:
        assert service.running.wait(timeout=60) == 7
        assert "hub.unheard" in service.log
    finally:
        service.close()


def test_the_supervisor_hears_when_it_is_ready_alive_and_stopping(server: RunningSandbox, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(30)
        with serving(tmp_path / "service", server, NOTIFY_SOCKET=str(tmp_path / "notify")) as service:
            heard = [channel.recv(4096).decode() for _ in range(2)]
            assert heard[0].startswith("READY=1\n")
            assert heard[1] == "WATCHDOG=1"
            assert service.stop() == 0
            while (word := channel.recv(4096).decode()) == "WATCHDOG=1":
                pass
            assert word == "STOPPING=1"


def figures(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))
    }


def test_figures_and_log_lines_tell_what_happened(server: RunningSandbox, tmp_path: Path) -> None:
    port = free_port()
    with serving(
        tmp_path / "service", server, ENCODE_MEDIA_METRICS_PORT=str(port), ENCODE_MEDIA_LOG="json"
    ) as service:
        done, _ = submitted(server, "sh010_comp", "thumbnail")
        wait_until_ended(service, done)
        version = server.session().query('AssetVersion where asset.name is "sh030_notes"').one()["id"]
        failed = submitted_blindly(service, server, version)
        wait_until_ended(service, failed)
        service.crawl()
        running, _ = submitted(server, "sh010_comp", "review")
        wait_for(lambda: len(service.encoders()) >= 3, timeout_s=30, what="an encode")
        waiting, _ = submitted(server, "sh020_concept", "review")

        told = figures(port)
        assert told['encode_media_jobs_ended_total{code="",status="done"}'] == 1
        assert told['encode_media_jobs_ended_total{code="source.not_media",status="failed"}'] == 1
        assert told['encode_media_jobs{stage="queued"}'] == 1
        assert told["encode_media_jobs_running"] == 1
        assert 0 < told["encode_media_queue_oldest_seconds"] < 60
        assert told["encode_media_hub_connected"] == 1
        assert time.time() - told["encode_media_hub_last_event_timestamp_seconds"] < 40
        assert told['encode_media_encode_frames_per_second_count{preset="thumbnail"}'] == 1
        assert listening_addresses(port) == {"0100007F"}  # 127.0.0.1

        for job_id in (waiting, running):
            service.jobs.cancel(job_id)
            wait_until_ended(service, job_id)
        check_log_lines(service, server, done)
        shown = subprocess.run(
            [sys.executable, "-m", "encode_media", "jobs", "show", failed],
            env=service.environ, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert "source.not_media" in shown
        assert "Step probe: source.not_media" in shown


def submitted_blindly(service: Service, server: RunningSandbox, version_id: str) -> str:
    """Past the listener's own checks, as a script with the job database does."""
    words = ["submit", "--version", version_id, "--preset", "review", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "encode_media", *words],
        env={**service.environ, **server.environ}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    job_id: str = json.loads(done.stdout)["job_id"]
    return job_id


def check_log_lines(service: Service, server: RunningSandbox, job_id: str) -> None:
    lines = [json.loads(line) for line in service.log.splitlines()]
    own = [line for line in lines if line.get("job") == job_id]
    assert {"Step run", "Step publish", "Ended"} <= {line["message"].partition(":")[0] for line in own}
    for line in own:
        assert "sh010_comp" in line["version"]
        assert (line["user"], line["preset"]) == ("artist", "thumbnail")
    assert server.address.api_key not in service.log


def listening_addresses(port: int) -> set[str]:
    """Local addresses of listening sockets on this port, as the kernel writes them."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            address, _, number = line.split()[1].partition(":")
            if int(number, 16) == port and line.split()[3] == "0A":
                found.add(address)
    return found


def test_an_ftrack_job_whose_job_database_was_lost_does_not_look_alive_for_ever(
    server: RunningSandbox, tmp_path: Path
) -> None:
    with serving(tmp_path / "service", server) as service, serving(tmp_path / "other", server) as other:
        other.stop()
        service.crawl()
        _, own_id = submitted(server, "sh010_beauty", "thumbnail")
        wait_for(lambda: len(service.encoders()) >= 3, timeout_s=30, what="an encode")
        # It starts, and looks for stale ones, while the first one's is alive.
        before = len(other.log)
        other.start()
        other.wait_until_listening(before)
        service.kill()
        service.close()
        for file in ("jobs.sqlite", "jobs.sqlite-wal", "jobs.sqlite-shm"):
            (service.folder / file).unlink(missing_ok=True)
        assert state(server, own_id) == "running"

        service.start()

        wait_for(lambda: state(server, own_id) == "failed", timeout_s=30, what="the end of the ftrack job")


def state(server: RunningSandbox, own_id: str) -> str:
    row = server.session("artist").query(f'select status from Job where id is "{own_id}"').one()
    return str(row["status"])
