# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that all modules share: how to reach the platform, and what Ansible may expect of a module."""

from __future__ import annotations


class ModuleDocFragment:
    """The connection options and the attributes."""

    DOCUMENTATION = r"""
options:
  host:
    description:
      - The platform's host name or address, or its base URL such as V(https://aios.example.com:8443/zstack).
      - The parts of a URL win over O(protocol), O(port) and O(context_path); a part it does not have is taken from them.
      - Required, here or as E(ZSTACK_HOST).
    type: str
  port:
    description:
      - The platform's port. If not set, E(ZSTACK_PORT) is used, and without it V(8080).
    type: int
  protocol:
    description:
      - How to talk to O(port). If not set, E(ZSTACK_PROTOCOL) is used, and without it V(http), which the platform's own port
        speaks.
    type: str
    choices: [http, https]
  context_path:
    description:
      - The path before C(/v1) in the platform's URLs. V(/zstack) if not set.
    type: str
  session_uuid:
    description:
      - A session to use, as E(ZSTACK_SESSION_UUID) otherwise. It is not ended afterwards.
      - Exactly one of O(session_uuid), O(account_name) and O(access_key_id) is needed. When one of them is given as an
        option, environment variables of the others are not looked at.
    type: str
  account_name:
    description:
      - The account to log in with, as E(ZSTACK_ACCOUNT_NAME) otherwise. It logs in once and logs out whatever happens.
    type: str
  account_password:
    description:
      - The account's password, as E(ZSTACK_ACCOUNT_PASSWORD) otherwise.
    type: str
  access_key_id:
    description:
      - The id of an access key, as E(ZSTACK_ACCESS_KEY_ID) otherwise. Each request is signed; there is no session.
    type: str
  access_key_secret:
    description:
      - The secret of the access key, as E(ZSTACK_ACCESS_KEY_SECRET) otherwise.
    type: str
  server_utc_offset:
    description:
      - How far the platform's wall clock is from UTC, such as V("+08:00"), as E(ZSTACK_SERVER_UTC_OFFSET) otherwise.
      - Needed for access keys when the platform runs in another time zone than the host of the module, because it
        compares wall clocks. The offset of that host if not set.
    type: str
  validate_certs:
    description:
      - Whether the platform's certificate is verified. If not set, E(ZSTACK_VALIDATE_CERTS) is used, and without it V(true).
    type: bool
  ca_path:
    description:
      - A file of certificate authorities to trust, as E(ZSTACK_CA_PATH) otherwise. An empty file counts as not set.
      - A folder works too when its files have the names that C(openssl rehash) gives them.
    type: path
  timeout:
    description:
      - Seconds one HTTP exchange may take. If not set, E(ZSTACK_TIMEOUT) is used, and without it V(30).
    type: int
  job_timeout:
    description:
      - Seconds to wait for a job of the platform, and for the platform to come back after an outage.
      - If not set, E(ZSTACK_JOB_TIMEOUT) is used, and without it V(600).
    type: int
requirements:
  - python >= 3.10
  - requests
  - PyYAML
notes:
  - The module runs where the task runs, which should be a host that reaches the platform, most often V(localhost).
"""

    ATTRIBUTES = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return a prediction without changing anything on the platform.
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), when in diff mode.
  idempotent:
    description: A second run with the same options changes nothing.
  action_group:
    description: Connection options can be set for all modules at once through C(module_defaults).
    support: full
    membership:
      - zstack.aios.all
"""
