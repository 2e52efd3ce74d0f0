"""compose.yaml: app, scheduler and workers on one image, and commands that run."""

import re
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
import yaml
from makers import ROOT

from decoding.analyses import decode
from decoding.datasets import load_subject
from decoding.service.cluster import Cluster
from decoding.spec import DecodingSpec
from decoding.work import Work
from pages.components.service import SCHEDULER

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SPEC = DecodingSpec(dataset="simulated", subject="1", samples="block")
PATIENCE_S = 60.0


def test_one_image_shared_data_and_cache():
    """All services run the image that has Dask, on read-only data and a cache they share."""
    assert set(SERVICES) == {"app", "scheduler", "worker"}
    for service in SERVICES.values():
        assert service["image"] == SERVICES["app"]["image"]
        arguments = service["build"]["args"]
        assert set(arguments) <= set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.M))
        assert "distributed" in (ROOT / arguments["REQUIREMENTS"]).read_text()
        data, *written = service["volumes"]
        assert data.endswith(":/data:ro")
        folders = dict(volume.split(":") for volume in written)
        assert folders.keys() == COMPOSE["volumes"].keys()
        assert set(folders.values()) == set(re.findall(r"_CACHE(?:_DIR)?=(\S+)", DOCKERFILE))
        assert service["read_only"] and service["tmpfs"] == ["/tmp"]
        assert "user" not in service  # the image's own, who is not root
    assert "distributed" not in (ROOT / "requirements.txt").read_text()
    assert re.search(r"^USER (?!root)\w+", DOCKERFILE, re.M)


def test_who_is_found_where():
    """The app and the workers know the scheduler's port; only the app can be reached outside."""
    port = re.search(r"--port=(\d+)", " ".join(SERVICES["scheduler"]["command"]))[1]
    address = f"tcp://scheduler:{port}"
    assert SERVICES["app"]["environment"][SCHEDULER] == address
    assert address in SERVICES["worker"]["command"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["app"]
    for name in ("scheduler", "worker"):
        (own,) = re.findall(r"--dashboard-address=:(\d+)", " ".join(SERVICES[name]["command"]))
        assert f"127.0.0.1:{own}/health" in SERVICES[name]["healthcheck"]["test"][-1]
    assert "HEALTHCHECK" in DOCKERFILE  # the app's


def here(words, ports):
    """Return a service's command for this machine: our Python, free ports, the scheduler here."""
    text = "\n".join(words).replace("tcp://scheduler", "tcp://127.0.0.1")
    for port, other in ports.items():
        text = re.sub(rf"(?<=[:=]){port}\b", str(other), text)
    command = text.split("\n")
    return [sys.executable if word == "python" else word for word in command]


@pytest.mark.slow
def test_the_commands_run(tmp_path, caplog):
    """Scheduler and workers start, say that they are well, and do what the app hands over."""
    parts = [
        ("scheduler", {8786: 28786, 8787: 28787}),
        ("worker", {8786: 28786, 8787: 28788}),
        ("worker", {8786: 28786, 8787: 28789}),
    ]
    from distributed import Client

    with ExitStack() as stack:
        for number, (name, ports) in enumerate(parts):
            log = stack.enter_context((tmp_path / f"{name}{number}.log").open("w"))
            command = here(SERVICES[name]["command"], ports)
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        for name, ports in parts:
            check = here(SERVICES[name]["healthcheck"]["test"][1:], ports)
            until(
                lambda check=check: (
                    subprocess.run(check, check=False, capture_output=True).returncode == 0
                )
            )
        with Client("tcp://127.0.0.1:28786") as client:
            client.wait_for_workers(2, timeout=PATIENCE_S)
        subject, request = load_subject("simulated", "1"), decode.ANALYSIS.request(SPEC)
        work = Work(request=request, reading=SPEC.reading, version=subject.version)
        result = Cluster("tcp://127.0.0.1:28786")(work, ignore, key=request, owner="")
    assert result.fold_scores == work().fold_scores
    assert not caplog.records


def until(condition):
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.5)


def ignore(done, total, message=""):
    """Take a report."""
