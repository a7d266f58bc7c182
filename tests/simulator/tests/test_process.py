# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process: both ways to start it, options, TLS, its end, and that it is fast enough to measure others against."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator import calls, cli, constants, faults, launcher, options
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import Driver
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FOLDER = Path(launcher.__file__).parent


def wait_for(path: Path) -> int:
    """The port that a simulator writes into a file."""
    deadline = time.monotonic() + 15
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(path.read_text(encoding="ascii"))


@pytest.mark.parametrize(
    "command", [[str(FOLDER)], ["-m", "ansible_collections.zstack.aios.tests.simulator"]], ids=["folder", "module"]
)
def test_both_ways_to_start_and_a_prompt_end(command: list[str], tmp_path: Path) -> None:
    arguments = ["--store", str(tmp_path / "s.sqlite"), "--port-file", str(tmp_path / "port")]
    process = subprocess.Popen([sys.executable, *command, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        port = wait_for(tmp_path / "port")
        assert requests.get(f"http://127.0.0.1:{port}/zstack/v1/management-nodes/ready", timeout=5).json() == {}
        started = time.monotonic()
        process.terminate()
        output, _errors = process.communicate(timeout=5)
        assert process.returncode == 0
        assert time.monotonic() - started < 2
        assert output == f"simulator listening on http://127.0.0.1:{port}/zstack\n"
    finally:
        process.kill()
        process.wait()


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    arguments = ["--store", str(tmp_path / "s.sqlite"), "--port-file", str(tmp_path / "port")]
    process = subprocess.Popen([sys.executable, str(FOLDER), *arguments, "--parent-pid", str(parent.pid)])
    try:
        wait_for(tmp_path / "port")
        assert process.poll() is None
        parent.communicate()
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--features", "no-such"),
        ("--features", "no-fold:x"),
        ("--features", "bind-ignore-field:x"),
        ("--features", "groups-path:none"),
        ("--features", "group-field:name"),
        ("--platform-version", "new"),
        ("--server-utc-offset", "8"),
        ("--overload", "500"),
    ],
)
def test_wrong_options_are_refused(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.parse_options(["--store", "s.sqlite", option, value])
    assert ended.value.code == 2
    assert option in capsys.readouterr().err


def test_the_readme_names_every_option_feature_kind_and_fault(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        cli.parse_options(["--help"])
    flags = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    missing = {flag for flag in flags if f"`{flag}" not in readme}
    missing |= {feature for feature in (*options.SWITCHES, *options.VALUED) if f"`{feature}" not in readme}
    missing |= {name for name in faults.NAMES if f"`{name}`" not in readme}
    missing |= {kind for kind in calls.KINDS if not re.search(rf"\b{kind}\b", readme)}
    assert missing == set()


def test_a_reset_may_change_options_until_the_next_one(simulator: Simulator) -> None:
    simulator.reset(features="no-tags", unique_session=True, job_seconds=0.3)
    driver = Driver(simulator)
    assert driver.query(path="/tags").status_code == 404
    simulator.reset()
    assert Driver(simulator).query(path="/tags").status_code == 200
    with pytest.raises(ValueError, match="no-such"):
        simulator.reset(features="no-such")
    assert Driver(simulator).query(path="/tags").status_code == 200


def test_the_launcher_reports_why_a_start_failed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="unable to open database file"):
        Simulator(store=tmp_path / "missing" / "s.sqlite").start()


def test_a_given_store_outlives_the_simulator(tmp_path: Path) -> None:
    store = tmp_path / "s.sqlite"
    with Simulator(store=store) as simulator:
        simulator.seed([{"name": "kept"}])
        pid = simulator.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with Simulator(store=store) as simulator:
        assert [row["name"] for row in simulator.services()] == ["kept"]


def test_another_context_path_and_the_time_zone_of_the_platform() -> None:
    with Simulator(context_path="/aios", server_utc_offset="-03:30") as simulator:
        driver = Driver(simulator)
        assert simulator.url.endswith("/aios")
        zone = driver.call("GET", "/management-nodes/platform-timezone").json()
        assert zone == {"timezone": "GMT-03:30", "offset": "-03:30"}
        simulator.seed([{"createDate": 1764071510}])
        [row] = driver.query("createDate=2025-11-25 08:21:50").json()["inventories"]
        assert row["createDate"] == "Nov 25, 2025 8:21:50 AM"


def test_seeded_rows_may_be_inventories_with_hidden_fields(driver: Driver) -> None:
    driver.simulator.seed(
        [
            {
                "name": "given",
                "uuid": "a" * 32,
                "createDate": "Nov 25, 2025 11:51:50 AM",
                "zoneUuid": constants.ZONE_UUID,
                "architectureImages": [{"cpuArchitecture": "X86_64"}],
            }
        ]
    )
    [shown] = driver.query().json()["inventories"]
    [stored] = driver.simulator.services()
    assert (shown["uuid"], shown["modelServiceImages"][0]["cpuArchitecture"]) == ("a" * 32, "x86_64")
    assert ("zoneUuid" in shown, stored["zoneUuid"]) == (False, constants.ZONE_UUID)
    driver.simulator.clear_services()
    assert driver.simulator.services() == []


def test_a_seed_is_taken_whole_or_not_at_all(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match=r"SYS\.1003"):
        simulator.seed([{"name": "a", "userTags": ["blue"]}, {"name": "b", "tagUuids": ["unknown"]}])
    driver = Driver(simulator)
    assert simulator.services() == []
    assert driver.query(path="/user-tags").json()["inventories"] == []


def test_the_log_and_its_counts(driver: Driver) -> None:
    driver.simulator.clear_log()
    made = driver.add(name="logged")
    [write] = driver.simulator.writes()
    assert (write["method"], write["path"], write["status"]) == ("POST", "/zstack/v1/ai/model-services", 202)
    assert (write["kind"], write["authorization"], write["body"]["param"]["name"]) == ("add", "OAuth", "logged")
    seq = driver.simulator.last_seq()
    driver.query(f"uuid={made['uuid']}")
    [entry] = driver.simulator.log(seq)
    assert (entry["kind"], entry["query"], entry["write"]) == ("query", f"q=uuid%3D{made['uuid']}", False)
    stats = driver.simulator.stats()
    assert (stats["writes"], stats["kinds"]["add"], stats["methods"]["POST"], stats["statuses"]["202"] >= 1) == (
        1,
        1,
        1,
        True,
    )
    assert (stats["logins"], stats["open_sessions"], stats["requests"]) == (0, 1, sum(stats["kinds"].values()))


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulator")])
    now = datetime.now(timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(built.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files[1].write_bytes(key.private_bytes(*form))
    return files


def test_tls(tmp_path: Path) -> None:
    certfile, keyfile = certificate(tmp_path)
    with Simulator(certfile=certfile, keyfile=keyfile) as simulator:
        assert simulator.url.startswith("https://")
        assert simulator.stats()["requests"] == 0
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{simulator.url}/v1/management-nodes/ready", timeout=5)
        assert ssl.get_server_certificate((simulator.host, simulator.port)) == certfile.read_text(encoding="ascii")


def test_ten_thousand_services_are_served_by_the_page(driver: Driver) -> None:
    driver.simulator.seed({"name": f"svc-{number:05}"} for number in range(10_000))
    started = time.monotonic()
    found = [
        row["uuid"]
        for start in range(0, 10_000, 1000)
        for row in driver.query(sort="+uuid", start=start).json()["inventories"]
    ]
    assert len(set(found)) == 10_000
    # About 0.3 s on an idle machine; the bound leaves room for a busy one.
    assert time.monotonic() - started < 5
