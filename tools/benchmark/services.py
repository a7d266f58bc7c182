# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services of the benchmark: each differs from every other, as a real declaration's do."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.zstack.aios.tests.simulator import constants

_FRAMEWORKS = ("vLLM", "SGLang", "Triton", "TensorRT-LLM")

_YAML = """\
services:
- name: {name}
  ports:
  - {port}
  livez: /health
  readyz: /health/ready
  bootup_time: {bootup}
  start_command: vllm serve /models/{name} --port {port}
env:
- MODEL_NAME: {name}
- MAX_MODEL_LEN: "{length}"
- TENSOR_PARALLEL_SIZE: "{gpus}"
- LOG_LEVEL: info"""


def declaration(number: int) -> dict[str, Any]:
    """Return one declared service: fourteen fields, one of them a yaml of twelve lines."""
    name = f"team-{number % 37:02d}-model-{number:05d}"
    port = 8000 + number % 1000
    return {
        "name": name,
        "description": f"Model {number} of team {number % 37}, for the benchmark",
        "yaml": _YAML.format(
            name=name, port=port, bootup=60 + number % 240, length=4096 * (1 + number % 8), gpus=2 ** (number % 4)
        ),
        "request_cpu": 4 + number % 29,
        "request_memory": 8192 * (1 + number % 16),
        "model_center_uuid": constants.MODEL_CENTER_UUID,
        "install_path": f"/models/{name}",
        "start_command": f"vllm serve /models/{name} --port {port}",
        "container_args": f"--max-model-len {4096 * (1 + number % 8)}",
        "python_version": f"3.{9 + number % 5}",
        "gpu_compute_capability": f"{7 + number % 3}.{number % 10}",
        "type": "Endpoint",
        "source": "HuggingFace",
        "framework": _FRAMEWORKS[number % len(_FRAMEWORKS)],
    }


def declarations(count: int) -> list[dict[str, Any]]:
    """Return the first ``count`` services."""
    return [declaration(number) for number in range(count)]


def wire(service: dict[str, Any]) -> dict[str, Any]:
    """Return a declared service in the platform's own words."""
    return {re.sub(r"_(\w)", lambda found: found[1].upper(), option): value for option, value in service.items()}
