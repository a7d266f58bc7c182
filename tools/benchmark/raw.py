# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit: nothing but ``requests`` and eight threads, as a script of thirty lines would do it."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from ansible_collections.zstack.aios.tests.simulator import constants

from tools.benchmark.services import wire

THREADS = 8
#: As in the collection's own client: a finished job is seen soon, a long one is not asked for often.
_FIRST_POLL, _GROWTH, _LONGEST = 0.05, 1.5, 2.0


def create_all(url: str, services: Sequence[dict[str, Any]]) -> float:
    """Create the services and wait for their jobs.

    :return: the seconds it took, without the start of Python and without reading the declarations.
    :raises RuntimeError: one of them failed.
    """
    started = time.monotonic()
    headers = {"Authorization": f"OAuth {_log_in(url)}"}
    local = threading.local()

    def create(service: dict[str, Any]) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.trust_env = False
        job = uuid.uuid4().hex
        answer = local.session.post(
            f"{url}/v1/ai/model-services",
            json={"param": wire(service)},
            headers={**headers, "X-Job-UUID": job},
            timeout=30,
        )
        wait = _FIRST_POLL
        while answer.status_code == requests.codes.accepted:
            time.sleep(wait)
            wait = min(wait * _GROWTH, _LONGEST)
            answer = local.session.get(f"{url}/v1/api-jobs/{job}", timeout=30)
        if answer.status_code != requests.codes.ok:
            raise RuntimeError(f"{service['name']}: {answer.status_code} {answer.text[:200]}")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(create, services))
    return time.monotonic() - started


def _log_in(url: str) -> str:
    digest = hashlib.sha512(constants.ADMIN_PASSWORD.encode()).hexdigest()
    body = {"logInByAccount": {"accountName": constants.ADMIN_ACCOUNT, "password": digest}}
    return str(requests.put(f"{url}/v1/accounts/login", json=body, timeout=30).json()["inventory"]["uuid"])
