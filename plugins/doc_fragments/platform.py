# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that all modules share: the connection options and the attributes."""

from __future__ import annotations


class ModuleDocFragment:
    """The connection options and the attributes."""

    DOCUMENTATION = r"""
options:
  host:
    description:
      - Host name, address or base URL of the platform, for example V(https://aios.example.com:8443/zstack).
      - The parts of a URL take precedence over O(protocol), O(port) and O(context_path), which supply the missing
        parts.
      - If not set, the environment variable E(ZSTACK_HOST) is used. One of them is required.
    type: str
  port:
    description:
      - Port of the platform's API.
      - If not set, the environment variable E(ZSTACK_PORT) is used, then V(8080).
    type: int
  protocol:
    description:
      - Protocol of the platform's API. The platform itself serves V(http); V(https) needs a proxy in front of it.
      - If not set, the environment variable E(ZSTACK_PROTOCOL) is used, then V(http).
    type: str
    choices: [http, https]
  context_path:
    description:
      - Path that precedes C(/v1) in the URLs of the platform's API.
      - If not set, V(/zstack) is used.
    type: str
  session_uuid:
    description:
      - UUID of an open session to use. The module does not end this session.
      - Set exactly one of O(session_uuid), O(account_name) and O(access_key_id). When you set one of them as an option,
        the environment variables of the other two are ignored.
      - If not set, the environment variable E(ZSTACK_SESSION_UUID) is used.
    type: str
  account_name:
    description:
      - Name of the account to log in with. The module logs in once and logs out at the end, also after a failure.
      - If not set, the environment variable E(ZSTACK_ACCOUNT_NAME) is used.
    type: str
  account_password:
    description:
      - Password of the account.
      - If not set, the environment variable E(ZSTACK_ACCOUNT_PASSWORD) is used.
    type: str
  access_key_id:
    description:
      - ID of an access key. The module signs each request with it and needs no session.
      - If not set, the environment variable E(ZSTACK_ACCESS_KEY_ID) is used.
    type: str
  access_key_secret:
    description:
      - Secret of the access key.
      - If not set, the environment variable E(ZSTACK_ACCESS_KEY_SECRET) is used.
    type: str
  server_utc_offset:
    description:
      - Offset of the platform's local time from UTC, for example V("+08:00").
      - Only access keys need it. The platform compares the time of a signed request with its own wall clock, so set
        this option when the platform and the host that runs the module are in different time zones.
      - If not set, the environment variable E(ZSTACK_SERVER_UTC_OFFSET) is used, then the offset of the host that runs
        the module.
    type: str
  validate_certs:
    description:
      - Whether to verify the platform's certificate.
      - If not set, the environment variable E(ZSTACK_VALIDATE_CERTS) is used, then V(true).
    type: bool
  ca_path:
    description:
      - Path of a file with the certificate authorities to trust, in PEM format. An empty file counts as not set.
      - It can also be a folder whose files have the names that C(openssl rehash) gives them.
      - If not set, the environment variable E(ZSTACK_CA_PATH) is used.
    type: path
  timeout:
    description:
      - Maximum number of seconds for one HTTP request.
      - If not set, the environment variable E(ZSTACK_TIMEOUT) is used, then V(30).
    type: int
  job_timeout:
    description:
      - Maximum number of seconds to wait for one job of the platform, and for the platform to return after an outage.
      - If not set, the environment variable E(ZSTACK_JOB_TIMEOUT) is used, then V(600).
    type: int
requirements:
  - python >= 3.10
  - requests
  - PyYAML
notes:
  - The module runs on the target host of the task. Use a host that can reach the platform, usually V(localhost).
"""

    ATTRIBUTES = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return a prediction without changing anything on the platform.
  diff_mode:
    description: Returns details of what has changed, or of what would change in C(check_mode), when in diff mode.
  idempotent:
    description: A second run with the same options changes nothing.
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details:
      - Ansible does not wait for an asynchronous task. Therefore the module does not end with Ansible, and Ansible does not
        display its progress.
  action_group:
    description: Use C(group/zstack.aios.all) in C(module_defaults) to set the connection options for all modules.
    support: full
    membership:
      - zstack.aios.all
"""
