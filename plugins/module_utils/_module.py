# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to Ansible: parameters in, one exit. Only this file calls ``exit_json`` and ``fail_json``."""

from __future__ import annotations

import functools
import os
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.zstack.aios.plugins.module_utils._common.caller import Caller, CallerWatch
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    ValidationError,
    internal_error,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import SignalGuard
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK, nearest, printable_lines, quoted
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Item
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Schema
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import FieldType
from ansible_collections.zstack.aios.plugins.module_utils._report.showable import UNSHOWABLE
from ansible_collections.zstack.aios.plugins.module_utils._rest import transport
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import (
    ARGUMENT_SPEC,
    SECRET_OPTIONS,
    Connection,
    read_connection,
)

Spec = dict[str, Any]
#: The parameter in which the action plugin passes what only it knows. It is not an option for users.
CALLER = "_caller"


class AiosModule(AnsibleModule):
    """A module whose declarations and secrets never reach Ansible's own conversions, logs and echoes.

    They are taken out of the parameters as soon as these are read: so an unquoted ``3.10`` is still seen as the number
    it is, a thousand items are not validated twice, and no secret is written to syslog or repeated under
    ``invocation``, without ``no_log``, which would mask unrelated output that happens to contain the same text.

    :param taken: the options to take out.
    :param on_refusal: called with the message when the module fails before it begins, for instance because of its options.
    :ivar declared: the values of these options.
    :ivar errors: unknown options, to be reported with whatever else is invalid.
    """

    def __init__(
        self,
        spec: Spec,
        taken: frozenset[str],
        on_refusal: Callable[[AiosModule, str], None] = lambda module, message: None,
    ) -> None:
        self._on_refusal = on_refusal
        self.began = False
        self._taken = taken | frozenset(SECRET_OPTIONS)
        self._known = frozenset((*ARGUMENT_SPEC, *spec))
        self.declared: dict[str, Any] = {}
        self.errors: list[ValidationError] = []
        self.signals = SignalGuard()
        self.caller = Caller()
        self._secrets: dict[str, Any] = {}
        #: As the caller made it: Ansible replaces a locale there that is not installed.
        self.environment = dict(os.environ)
        super().__init__(argument_spec={**ARGUMENT_SPEC, **spec}, supports_check_mode=True)

    def log(self, msg: Any, log_args: Any = None) -> None:
        """Log a message; syslog of Python 3.13 fails on a null character, and the module would with it."""
        super().log(msg.replace("\0", "\\0") if isinstance(msg, str) else msg, log_args)

    def _load_params(self) -> None:
        super()._load_params()
        for option in list(self.params):
            if option == CALLER:
                self.caller = Caller.of(self.params.pop(option))
                self.errors += [ValidationError("", "", text) for text in self.caller.errors]
            elif option in self._taken:
                value = self.params.pop(option)
                if value is not None:
                    (self._secrets if option in SECRET_OPTIONS else self.declared)[option] = value
            elif option not in self._known and not option.startswith("_ansible_"):
                del self.params[option]
                text = f"{quoted(option)} is not an option of this module{nearest(option, self._known)}"
                self.errors.append(ValidationError("", "", text))

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        """Fail the task."""
        if not self.began:
            self._on_refusal(self, msg)
        super().fail_json(printable_lines(msg), **kwargs)
        raise AssertionError("unreachable")

    def connection(self) -> Connection:
        """Return the checked connection options."""
        return read_connection({**self.params, **self._secrets})

    @functools.cached_property
    def redactor(self) -> Redactor:
        """What redacts results, with the words of ``secret_keys``."""
        redactor = Redactor(tuple(self.params["secret_keys"] or ()))
        redactor.learn(self.caller.secrets)
        return redactor

    def echo(self) -> dict[str, Any]:
        """Return the parameters for ``invocation``: no secrets, and of declarations only how many there are."""
        echo = {name: value for name, value in self.params.items() if value is not None}
        if "@" in str(echo.get("host")):
            echo["host"] = f"{MASK}@{str(echo['host']).rpartition('@')[2]}"
        for name, value in self.declared.items():
            if name in ("name", "uuid", "state", "clone_from"):
                echo[name] = value
            elif isinstance(value, list):
                echo[name] = f"{len(value)} entries"
        return echo


def field_options(schema: Schema) -> Spec:
    """Return the argument spec of one declared resource, from the table of fields.

    :class:`AiosModule` takes the values out and validates them itself; the types are what the documentation says.
    """
    spec: Spec = {option: _option(field_type) for option, field_type in schema.controls.items()}
    for option in ("state", "wait", "wait_timeout"):
        if option in spec:
            spec[option]["default"] = Item._field_defaults[option]
    for field in (*schema.fields, *schema.own):
        spec[field.option] = _option(field.type)
        if field.option == "yaml":
            spec["yaml_file"] = {"type": "path"}
        if field.name_option:
            many = field.type.ansible_type == "list"
            spec[field.name_option] = {"type": "list", "elements": "str"} if many else {"type": "str"}
    return spec


def _option(field_type: FieldType) -> Spec:
    option: Spec = {"type": field_type.ansible_type}
    if field_type.elements:
        option["elements"] = field_type.elements
    if field_type.choices:
        option["choices"] = list(field_type.choices)
    return option


def run_module(
    spec: Spec,
    taken: frozenset[str],
    work: Callable[[AiosModule], Mapping[str, Any]],
    on_refusal: Callable[[AiosModule, str], None] = lambda module, message: None,
) -> None:
    """Run a module to its only exit.

    :param work: does the work and returns the result; a result with ``failed`` fails the task.
    :param on_refusal: see :class:`AiosModule`.
    """
    module = AiosModule(spec, taken, on_refusal)
    if transport.REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=transport.REQUESTS_IMPORT_ERROR)
    if not yaml_codec.is_installed():
        module.fail_json(msg=missing_required_lib("PyYAML"))
    module.began = True
    module.signals.listen()
    watch = CallerWatch(
        module.caller.lifeline, lambda: module.signals.interrupt("the end of the process that started it")
    )
    watch.start()
    try:
        result = dict(work(module))
    except AiosError as error:
        result = {"failed": True, "msg": error.message, "failure": error.failure(), "changed": False}
        result["warnings"] = error.warnings
    except Exception as error:  # a bug of this collection
        fault = internal_error(error)
        result = {"failed": True, "msg": fault.message, "failure": fault.failure(), "exception": traceback.format_exc()}
    finally:
        watch.stop()
    shown = presentable(result, module.redactor)
    for warning in shown.pop("warnings", []):
        module.warn(warning)
    shown["invocation"] = {"module_args": module.echo()}
    if shown.pop("failed", False):
        module.fail_json(**shown)
    module.exit_json(**shown)


def presentable(result: Mapping[str, Any], redactor: Redactor) -> dict[str, Any]:
    """Return a result as it may be shown: known secrets redacted everywhere, and in what Ansible shows as text (messages,
    warnings, differences) everything escaped that a terminal would obey."""
    shown = {key: _redacted(value, redactor) for key, value in result.items()}
    for key in ("msg", "warnings", "diff"):
        if key in shown:
            shown[key] = _escaped(shown[key])
    return shown


def _redacted(value: Any, redactor: Redactor) -> Any:
    """Redact a value; a text that cannot be redacted is replaced, and does not cost the rest of the result."""
    try:
        return redactor.redact_all(value)
    except Exception:  # whatever it is, what was done must be reported
        if isinstance(value, Mapping):
            return {key: _redacted(entry, redactor) for key, entry in value.items()}
        if isinstance(value, list):
            return [_redacted(entry, redactor) for entry in value]
        return UNSHOWABLE if isinstance(value, str) else value


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return printable_lines(value)
    if isinstance(value, list):
        return [_escaped(entry) for entry in value]
    return {key: _escaped(entry) for key, entry in value.items()} if isinstance(value, dict) else value
