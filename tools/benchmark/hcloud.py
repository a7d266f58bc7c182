# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer ``hetzner.hcloud``: the collection from the package index, and a stand-in for the part of its API it needs."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from tools.env.environment import BUILD

#: The community package that carries the collection, with the ansible-core of development.
_PACKAGE, _DEPENDENCY = "ansible==12.*", "python-dateutil"
_FOLDER = BUILD / "peers"
_COLLECTION = pathlib.Path("ansible_collections", "hetzner", "hcloud")


def install() -> dict[str, str]:
    """Put the collection and its Python dependency below ``.build``, unless they are there.

    :return: the variables under which Ansible and the modules find them.
    """
    if not (_FOLDER / _COLLECTION).exists():
        BUILD.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD, prefix="peers-") as name:
            folder = pathlib.Path(name)
            pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "download", "--no-deps", "--dest", name, _PACKAGE], check=True)
            with zipfile.ZipFile(next(folder.glob("ansible-*.whl"))) as wheel:
                wheel.extractall(folder / "new", [n for n in wheel.namelist() if n.startswith(f"{_COLLECTION}/")])
            subprocess.run([*pip, "install", "--target", str(folder / "new" / "python"), _DEPENDENCY], check=True)
            shutil.rmtree(_FOLDER, ignore_errors=True)
            (folder / "new").rename(_FOLDER)
    return {"ANSIBLE_COLLECTIONS_PATH": str(_FOLDER), "PYTHONPATH": str(_FOLDER / "python")}


def version() -> str:
    """Return the version of the collection that :func:`install` installed."""
    manifest = json.loads((_FOLDER / _COLLECTION / "MANIFEST.json").read_text(encoding="utf-8"))
    return str(manifest["collection_info"]["version"])


class Api:
    """SSH keys of Hetzner's API, which it lists by name and creates at once, used as a context manager."""

    def __init__(self) -> None:
        keys: dict[str, dict[str, object]] = {}
        self._keys = keys

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                (name,) = parse_qs(urlsplit(self.path).query)["name"]
                self._respond(200, {"ssh_keys": [keys[name]] if name in keys else [], "meta": {}})

            def do_POST(self) -> None:
                declared = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                digest = hashlib.md5(
                    base64.b64decode(declared["public_key"].split()[1]), usedforsecurity=False
                ).hexdigest()
                key = {"id": len(keys) + 1, "labels": {}, "created": "2026-01-01T00:00:00Z", **declared}
                key["fingerprint"] = ":".join(re.findall("..", digest))
                keys[declared["name"]] = key
                self._respond(201, {"ssh_key": key})

            def _respond(self, status: int, body: object) -> None:
                content = json.dumps(body).encode("ascii")
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """What the module takes as ``api_endpoint``."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def clear(self) -> None:
        """Forget every key."""
        self._keys.clear()

    def __enter__(self) -> Api:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
