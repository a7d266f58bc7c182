# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module of the collection in this process, from its parameters to the JSON it prints."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import signal
from collections.abc import Mapping
from typing import Any

from ansible.module_utils import basic

PACKAGE = "ansible_collections.zstack.aios.plugins.modules"


class Result(dict[str, Any]):
    """What a module printed, and whether it failed."""

    @property
    def failed(self) -> bool:
        """Whether the task would fail."""
        return bool(self.get("failed"))


def run_module(name: str, params: Mapping[str, Any], *, check: bool = False, diff: bool = False) -> Result:
    """Run a module as Ansible would, without the process around it."""
    args = {**params, "_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": "/tmp"}
    # ansible-core 2.21 and later leave it out unless it is asked for.
    if "inject_invocation" in basic.PASS_VARS:  # type: ignore[attr-defined] # not declared by ansible-core
        args["_ansible_inject_invocation"] = True
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
    if hasattr(basic, "_ANSIBLE_PROFILE"):
        basic._ANSIBLE_PROFILE = "legacy"
    _forget_earlier_runs()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            importlib.import_module(f"{PACKAGE}.{name}").main()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return Result(json.loads(printed.getvalue().splitlines()[-1]))


def _forget_earlier_runs() -> None:
    """Make this process the module's: no warnings of earlier runs, and none sent to the screen of a controller.

    ansible-core 2.19 and later take a process for the controller as soon as anything in it imported ``ansible.errors``.
    """
    with contextlib.suppress(ImportError):
        vars(importlib.import_module("ansible.module_utils._internal"))["is_controller"] = False
    warnings = importlib.import_module("ansible.module_utils.common.warnings")
    warnings._global_warnings.clear()
