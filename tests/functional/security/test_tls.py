# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS: verified by default, private CAs, and messages that name the cure."""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.support.harness import run_module
from ansible_collections.zstack.aios.tests.support.raw_server import RawServer, responding
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(timezone.utc)
QUICK = {"timeout": 1, "job_timeout": 1}


#: What the key of an authority is for.
SIGNS = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip


@dataclass(frozen=True)
class Files:
    """Where a certificate authority and what it signed are kept."""

    ca: Path
    other_ca: Path
    certificate: Path
    key: Path


class Authority:
    """Signs certificates for loopback: complete ones, or ones without the identifiers that Python 3.13 insists on."""

    def __init__(self, name: str, complete: bool = True) -> None:
        self.complete = complete
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self.name, self.key, NOW + timedelta(days=1))
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
        self.certificate = builder.add_extension(SIGNS, critical=True).sign(self.key, hashes.SHA256())

    def _builder(self, subject: x509.Name, key: Any, until: datetime) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(NOW - timedelta(days=2)).not_valid_after(until)
        if not self.complete:
            return builder
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return builder.add_extension(own, critical=False).add_extension(signer, critical=False)

    def sign(self, folder: Path, address: str = "127.0.0.1", until: datetime = NOW + timedelta(days=1)) -> Files:
        """Write a certificate for an address, its key, and the authority's own certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = self._builder(x509.Name([]), key, until).add_extension(names, critical=True)
        certificate = builder.sign(self.key, hashes.SHA256())
        files = Files(*(folder / f"{name}.pem" for name in ("ca", "other", "certificate", "key")))
        files.ca.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        files.other_ca.write_bytes(Authority("another").certificate.public_bytes(serialization.Encoding.PEM))
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        files.key.write_bytes(key.private_bytes(*form))
        return files


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A certificate for 127.0.0.1 that a private authority signed."""
    return Authority("private").sign(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def secure(files: Files) -> Iterator[Platform]:
    """A platform that speaks TLS."""
    with Simulator(certfile=files.certificate, keyfile=files.key, job_seconds=0.01) as simulator:
        yield Platform(simulator)


def test_a_private_authority_is_given_in_ca_path(secure: Platform, files: Files) -> None:
    result = secure.run("model_service_info", {"ca_path": str(files.ca)})
    assert not result.failed, result.get("msg")


def test_the_environment_gives_the_same_options(
    secure: Platform, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZSTACK_CA_PATH", str(files.ca))
    assert not secure.run("model_service_info", {}).failed
    monkeypatch.delenv("ZSTACK_CA_PATH")
    for word, failed in (("no", False), ("n", False), ("off", False), ("y", True), ("1", True)):
        monkeypatch.setenv("ZSTACK_VALIDATE_CERTS", word)
        result = secure.run("model_service_info", QUICK)
        assert (result.failed, result.get("failure", {}).get("code")) == (failed, "transport_tls" if failed else None)


@pytest.mark.parametrize("empty", [None, "", "file"])
def test_an_unknown_authority_is_refused_and_ca_path_named(secure: Platform, tmp_path: Path, empty: str | None) -> None:
    """An empty file, as credential stores write when nothing was entered, counts as unset."""
    secure.sim.clear_log()
    if empty == "file":
        (tmp_path / "empty.pem").touch()
        empty = str(tmp_path / "empty.pem")
    result = secure.run("model_service_info", {"ca_path": empty, **QUICK})
    assert result.failed
    assert result["failure"]["code"] == "transport_tls"
    assert "not trusted" in result["msg"]
    assert "ca_path" in result["msg"]
    assert secure.sim.log() == [], "nothing was sent"


def test_another_authority_is_refused(secure: Platform, files: Files) -> None:
    result = secure.run("model_service_info", {"ca_path": str(files.other_ca)})
    assert result.failed
    assert "ca_path" in result["msg"]


def test_a_private_authority_does_not_trust_the_public_ones_too(secure: Platform, files: Files) -> None:
    assert secure.run("model_service_info", {"ca_path": str(files.other_ca), **QUICK}).failed


def test_verification_can_be_turned_off(secure: Platform, recwarn: pytest.WarningsRecorder) -> None:
    assert not secure.run("model_service_info", {"validate_certs": False}).failed
    assert recwarn.list == [], "it is not said on every request"


def test_a_certificate_for_another_name_names_the_cure(tmp_path: Path) -> None:
    files = Authority("private").sign(tmp_path, address="192.0.2.1")
    with Simulator(certfile=files.certificate, keyfile=files.key) as simulator:
        result = Platform(simulator).run("model_service_info", {"ca_path": str(files.ca), **QUICK})
    assert result.failed
    assert "name that the certificate contains" in result["msg"]


def test_an_expired_certificate_names_the_cure(tmp_path: Path) -> None:
    files = Authority("private").sign(tmp_path, until=NOW - timedelta(days=1))
    with Simulator(certfile=files.certificate, keyfile=files.key) as simulator:
        result = Platform(simulator).run("model_service_info", {"ca_path": str(files.ca), **QUICK})
    assert result.failed
    assert "renew the platform's certificate" in result["msg"]


def test_an_incomplete_certificate_names_the_cure_where_python_refuses_it(tmp_path: Path) -> None:
    files = Authority("private", complete=False).sign(tmp_path)
    with Simulator(certfile=files.certificate, keyfile=files.key) as simulator:
        result = Platform(simulator).run("model_service_info", {"ca_path": str(files.ca), **QUICK})
    refused = sys.version_info >= (3, 13)
    assert result.failed == refused
    assert ("again with the missing extension" in result.get("msg", "")) == refused


def test_a_port_without_tls_is_reported(platform: Platform) -> None:
    result = platform.run("model_service_info", {"host": platform.sim.url.replace("http:", "https:"), **QUICK})
    assert result.failed
    assert result["failure"]["code"] == "transport_tls"
    assert "does not speak TLS" in result["msg"]
    assert "set protocol to http, or begin the URL in host with http://" in result["msg"]


def test_a_port_with_tls_is_reported_when_it_is_spoken_to_without(secure: Platform) -> None:
    result = secure.run("model_service_info", {"host": secure.sim.url.replace("https:", "http:"), **QUICK})
    assert result.failed
    assert "protocol" in result["msg"]


def test_a_handshake_that_breaks_off_is_tried_again(secure: Platform, files: Files) -> None:
    """A proxy that is starting accepts connections and drops them."""

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        port = server.getsockname()[1]
        tries = []

        def drop() -> None:
            for _connection in range(3):
                connection, _address = server.accept()
                tries.append(connection.recv(10))
                connection.close()

        thread = threading.Thread(target=drop)
        thread.start()
        result = run_module(
            "model_service_info",
            {**secure.connection, "host": f"https://127.0.0.1:{port}", "ca_path": str(files.ca), **QUICK},
        )
        thread.join()
    assert result.failed
    assert len(tries) == 3


@pytest.mark.parametrize("status", [301, 302, 307])
def test_credentials_never_follow_a_redirect(status: int) -> None:
    with RawServer(responding(200, b"{}")) as elsewhere:
        location = f"Location: {elsewhere.url}/v1/accounts/login\r\n"
        with RawServer(responding(status, b"", location)) as server:
            params = {"host": server.url, "account_name": "admin", "account_password": "password", **QUICK}
            result = run_module("model_service_info", params)
            key = {"host": server.url, "access_key_id": "a" * 20, "access_key_secret": "b" * 40, **QUICK}
            assert run_module("model_service_info", key).failed
        assert result.failed
        assert "redirect" in result["msg"]
        assert "not followed" in result["msg"]
        assert f"127.0.0.1:{elsewhere.port}" in result["msg"], "it says where to"
        assert elsewhere.requests == []
