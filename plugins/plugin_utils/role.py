# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role ``model_services``: joined, prepared for the module, and checked.

This code runs on the controller and knows variables only, no files and no platform.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed, read_boolean
from ansible_collections.zstack.aios.plugins.module_utils._platform.platform import Platform, platform_of
from ansible_collections.zstack.aios.plugins.plugin_utils.items import is_fragment, join_items, misspelt

PREFIX = "model_services_"
#: The variable with what identifies the platform of a host, once the role has queried it.
PLATFORM = f"__{PREFIX}platform"


class RoleVariables:
    """The variables of the role as one host of a play sees them.

    :param names: every variable that the host sees.
    :param get: returns the value of a variable, templates resolved, ``None`` when it is not set.
    :param of_host: returns a variable of another host, as the inventory and the command line give it, or ``None``.
    :param known: the names of the role's own variables.
    """

    def __init__(
        self,
        names: Sequence[str],
        get: Callable[[str], Any],
        of_host: Callable[[str, str], Any],
        known: Sequence[str],
    ) -> None:
        self._names = [name for name in names if name.startswith("model")]
        self._get = get
        self._of_host = of_host
        self._known = known
        self._host = str(get("inventory_hostname"))
        self._hosts = [str(host) for host in get("ansible_play_hosts_all") or [self._host]]

    # What the modules are given

    def items(self) -> list[Any]:
        """Return the declared items of all variables, joined.

        :raises ValueError: they cannot be joined.
        """
        items, errors = self._joined()
        if errors:
            raise ValueError("; ".join(errors))
        return items

    def valid_items(self) -> list[Any]:
        """Return the declared items that can be joined, to validate them although others cannot."""
        items, _errors = self._joined()
        return items

    def _joined(self) -> tuple[list[Any], list[str]]:
        fragments = {name: self._get(name) for name in self._names if is_fragment(name)}
        return join_items(fragments, str(self._option("merge") or "strict"))

    def settings(self) -> dict[str, Any]:
        """Return the options that do not go to the modules as they are.

        A relative path starts where Ansible was started; a module would start at the playbook, here inside the
        collection.

        :return: ``src``, ``report_path``, ``export_path``, ``undo_path``, ``ca_path``, ``plan_digest`` (that of this host),
            ``plan_only`` and ``identifies``.
        """
        src = self._option("src") or []
        return {
            "src": [_absolute(path) for path in (src if isinstance(src, list) else [src])],
            "report_path": _absolute(self._option("report_path")),
            "export_path": _absolute(self._option("export_path")),
            "undo_path": _absolute(self._option("undo_path")),
            "ca_path": _absolute(self._option("ca_path")),
            "plan_digest": self._digest(),
            "plan_only": self.plan_only,
            "identifies": self.identifies,
        }

    @property
    def plan_only(self) -> bool:
        """Whether nothing is to be written."""
        flags = (self._get("ansible_check_mode"), self._option("fail_on_drift"), self._get(f"__{PREFIX}plan_only"))
        return any(map(_is_true, flags))

    def _digest(self) -> str:
        """Return the approved digest of this host. A workflow hands on those of all hosts as one mapping, to whatever
        follows; a new plan ignores it."""
        approved = self._option("plan_digest")
        if not isinstance(approved, Mapping):
            return str(approved or "")
        return "" if self.plan_only else str(approved.get(self._host, ""))

    @property
    def identifies(self) -> bool:
        """Whether the platforms of all hosts have to be known, because one host may delete what another one declares."""
        pruning = (_is_true(self._of_host(host, f"{PREFIX}prune")) for host in self._hosts)
        return len(self._hosts) > 1 and (_is_true(self._option("prune")) or any(pruning))

    # Errors

    def errors(self) -> list[str]:
        """Return every reason not to converge the platform."""
        _items, errors = self._joined()
        found = (self._partial_prune(), self._uncounted_prune(), self._no_platform(),
                 self._shared_path("report_path", "reports"), self._shared_path("undo_path", "undo files"),
                 self._unapproved())  # fmt: skip
        return [*misspelt(self._names, self._known), *errors, *filter(None, found)]

    def platform_errors(self) -> list[str]:
        """Return every reason not to converge the platform that shows when the platforms of all hosts are known."""
        return list(filter(None, [self._shared_platform()])) if _is_true(self._option("prune")) else []

    def declaration_errors(self) -> list[str]:
        """Return every reason why the declaration cannot be validated."""
        _items, errors = self._joined()
        return [*misspelt(self._names, self._known), *errors]

    def undo_errors(self) -> list[str]:
        """Return every reason not to undo a run."""
        missing = "" if self._option("undo_path") else f"{PREFIX}undo_path is missing. Next: set it to an undo file."
        found = (missing, self._no_platform(), self._unapproved())
        return [*misspelt(self._names, self._known), *filter(None, found)]

    def export_errors(self) -> list[str]:
        """Return every reason not to export the platform."""
        found = (self._no_platform(), self._shared_path("export_path", "exports"))
        return [*misspelt(self._names, self._known), *filter(None, found)]

    def _partial_prune(self) -> str:
        limit = self._get("ansible_limit")
        if not limit or not _is_true(self._option("prune")) or self._expected > 0:
            return ""
        return (
            f"model_services_prune is refused under --limit ({limit}), which may hide hosts whose model services would then "
            "be deleted. Next: run without --limit, or set model_services_expect_hosts to the number of hosts in this play."
        )

    def _uncounted_prune(self) -> str:
        seen = len(self._hosts)
        if not _is_true(self._option("prune")) or self._expected <= 0 or self._expected == seen:
            return ""
        hosts = ", ".join(self._hosts[:5])
        cure = (
            "A limit or a job slice hides the others."
            if self._expected > seen
            else "Increase it if you added platforms."
        )
        return (
            f"model_services_prune is refused: model_services_expect_hosts is {self._expected} but this play has "
            f"{counted(seen, 'host')} ({hosts}). {cure}"
        )

    def _shared_platform(self) -> str:
        platforms = {host: self._platform_of(host) for host in self._hosts}
        unknown = [host for host, platform in platforms.items() if platform is None]
        mine = platforms[self._host]
        if unknown or mine is None:
            return (
                f"model_services_prune is refused, because the platforms of these hosts are not known: {listed(unknown, 5)}. "
                "One of them may be the same platform, and each host would delete what the others declare. They could not be "
                "identified, or have not begun because of serial or strategy=free. Next: identify all hosts in an earlier "
                "play, which includes the role with tasks_from=platform."
            )
        twins = sorted(host for host, platform in platforms.items() if platform and platform.is_same(mine))
        if len(twins) == 1:
            return ""
        return (
            f"model_services_prune is refused, because several hosts are the same platform: {', '.join(twins)}. Each would "
            "delete what the others declare. Next: merge them into one host."
        )

    def _platform_of(self, host: str) -> Platform | None:
        result = self._of_host(host, PLATFORM)
        shown = result.get("platform") if isinstance(result, Mapping) else None
        return platform_of(shown) if shown else None

    def _no_platform(self) -> str:
        if self._option("host") or len(self._hosts) == 1:
            return ""
        return (
            f"model_services_host is not set for {self._host} and the play has {len(self._hosts)} hosts. The environment "
            "variable ZSTACK_HOST names one platform only. Next: set model_services_host for every host."
        )

    def _shared_path(self, option: str, what: str) -> str:
        path = self._option(option)
        if not path or [self._of_host(host, PREFIX + option) for host in self._hosts].count(path) < 2:
            return ""
        return (
            f"{PREFIX}{option} is {path} for several hosts, whose {what} would overwrite one another. Next: use "
            "inventory_hostname in the path."
        )

    def _unapproved(self) -> str:
        approved = self._option("plan_digest")
        if not isinstance(approved, Mapping) or self._host in approved or self.plan_only:
            return ""
        why = "no approved plan was passed on. Next: start the whole workflow, not this node alone."
        if approved:
            why = "the approved plan does not include this host. Next: make a new plan with this host."
        return f"model_services_plan_digest has no entry for {self._host}: {why}"

    # Single variables

    def _option(self, name: str) -> Any:
        return self._get(PREFIX + name)

    @property
    def _expected(self) -> int:
        return int(self._option("expect_hosts") or 0)


def _absolute(path: Any) -> str:
    return os.path.realpath(os.path.expanduser(str(path))) if path else ""


def _is_true(value: Any) -> bool:
    return read_boolean(value) is True
