# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that a freshly made store contains, under fixed names, so that tests can refer to it."""

from __future__ import annotations

ADMIN_ACCOUNT = "admin"
ADMIN_PASSWORD = "password"
ADMIN_ACCOUNT_UUID = "36c27e8ff05c4780bf6d2fa65700f22e"
SECOND_ACCOUNT = "tenant"
SECOND_PASSWORD = "tenant-password"
SECOND_ACCOUNT_UUID = "5ad1c3f0b2a94e0c9c35a1d0f7e6b482"
ACCOUNTS = {ADMIN_ACCOUNT: ADMIN_ACCOUNT_UUID, SECOND_ACCOUNT: SECOND_ACCOUNT_UUID}

ACCESS_KEY_ID = "DemoAccessKeyId00001"
ACCESS_KEY_SECRET = "demoAccessKeySecret0000000000000000000001"
DISABLED_ACCESS_KEY_ID = "DemoAccessKeyId00002"
DISABLED_ACCESS_KEY_SECRET = "demoAccessKeySecret0000000000000000000002"

MODEL_CENTER_UUID = "432c5fdd49374bb0a2fd7877f0a877cf"
MODEL_CENTER_NAME = "model-center-1"
SECOND_MODEL_CENTER_UUID = "52c542f0c3384b6890e08570e611d52a"
SECOND_MODEL_CENTER_NAME = "model-center-2"
ZONE_UUID = "0a1b2c3d4e5f40718293a4b5c6d7e8f1"
ZONE_NAME = "zone-1"
SECOND_ZONE_UUID = "0a1b2c3d4e5f40718293a4b5c6d7e8f2"
SECOND_ZONE_NAME = "zone-2"
MANAGEMENT_NODE_UUID = "c2a1b0d9e8f74c6db5a4938271605f4e"
MODEL_UUID = "7c1de0a2b3f44d5e8f90a1b2c3d4e501"
MODEL_NAME = "Qwen2.5-7B-Instruct"
SECOND_MODEL_UUID = "7c1de0a2b3f44d5e8f90a1b2c3d4e502"
SECOND_MODEL_NAME = "bge-m3"
X86_IMAGE_UUID = "b31bc4574f22426a89902edac5d14a72"
X86_IMAGE_NAME = "aios-runtime-x86_64"
ARM_IMAGE_UUID = "b2085e2ac2d84029a7947cb09178daaa"
ARM_IMAGE_NAME = "aios-runtime-aarch64"
GPU_SPEC_UUID = "e91f20a4c5d64b7e8a01b2c3d4e5f601"
GPU_SPEC_NAME = "NVIDIA A10"
SECOND_GPU_SPEC_UUID = "e91f20a4c5d64b7e8a01b2c3d4e5f602"
SECOND_GPU_SPEC_NAME = "Ascend 910B"

# One name carried by two resources of a kind: the platform permits it, and whoever resolves names must notice.
AMBIGUOUS_NAME = "shared-name"
AMBIGUOUS_MODEL_CENTER_UUIDS = ("61f0a0c0d1e24f358a46b57c68d79e01", "61f0a0c0d1e24f358a46b57c68d79e02")
AMBIGUOUS_ZONE_UUIDS = ("61f0a0c0d1e24f358a46b57c68d79e11", "61f0a0c0d1e24f358a46b57c68d79e12")
AMBIGUOUS_MODEL_UUIDS = ("61f0a0c0d1e24f358a46b57c68d79e21", "61f0a0c0d1e24f358a46b57c68d79e22")

PRODUCTION_TAG_UUID = "d4c3b2a190874f6e9d5c4b3a29180701"
PRODUCTION_TAG_NAME = "production"
STAGING_TAG_UUID = "d4c3b2a190874f6e9d5c4b3a29180702"
STAGING_TAG_NAME = "staging"
OWNER_TAG_UUID = "d4c3b2a190874f6e9d5c4b3a29180703"
OWNER_TAG_NAME = "owner"

# The system tags that a resource can carry: each needs a definition of as many parts, of which {some} are free.
SYSTEM_TAG_DEFINITIONS = ("owner::{owner}", "team::{team}", "cost::{center}::{year}", "protected")

PLATFORM_VERSION = "5.5.22"
CONTEXT_PATH = "/zstack"
LOCATION_BASE = "http://mn.internal.invalid:8080"
SESSION_TIMEOUT = 7200.0
SESSION_LIMIT = 500
SESSION_SWEEP_SECONDS = 3600.0
LOGIN_ATTEMPTS = 6
# Of a request's line and headers together, as the platform's installer sets it for Tomcat.
HEADER_LIMIT = 65536
JOB_RETENTION = 10800.0
