# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role ``model_services``: joined, prepared for the module, and checked.

This code runs on the controller and knows variables only, no files and no platform.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed, printable, read_boolean
from ansible_collections.zstack.aios.plugins.module_utils._model.platform_identity import Platform, platform_of
from ansible_collections.zstack.aios.plugins.plugin_utils.drift import describe_all
from ansible_collections.zstack.aios.plugins.plugin_utils.items import BASE, DEFAULTS, base_of, misspelt

PREFIX = "model_services_"
#: Characters of an event, of what Ansible displays around the lines of it, and around each line.
_EVENT, _AROUND_PART, _AROUND_LINE = 1000, 170, 25
#: The variable that says that a host has a plan, made since all hosts of the play began to make theirs.
PLAN_HOLDS = f"__{PREFIX}plan_holds"
#: So many refused hosts are named with the reason, of at most so many characters.
_REASONS, _REASON = 5, 300
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
        self._active = [str(host) for host in get("ansible_play_hosts") or self._hosts]

    # What the modules are given

    def items(self) -> dict[str, Any]:
        """Return the variables that declare items, for the action plugin, which passes them on as layers."""
        return self._fragments(BASE)

    def defaults(self) -> dict[str, Any]:
        """Return the default options of all variables, joined as far as they can be."""
        return self._joined_defaults()[0]

    def _joined_defaults(self) -> tuple[dict[str, Any], list[str]]:
        fragments = self._fragments(DEFAULTS)
        if all(isinstance(options, Mapping) and not options for options in fragments.values()):
            return {}, []
        from ansible_collections.zstack.aios.plugins.plugin_utils.joined import join_defaults

        return join_defaults(fragments, str(self._option("merge") or "strict"))

    def _fragments(self, base: str) -> dict[str, Any]:
        return {name: self._get(name) for name in self._names if base_of(name) == base}

    def settings(self) -> dict[str, Any]:
        """Return the options that do not go to the modules as they are.

        A relative path starts where Ansible was started; a module would start at the playbook, here inside the
        collection.

        :return: ``src``, ``report_path``, ``export_path``, ``undo_path``, ``ca_path``, ``plan_digest`` (that of this host),
            ``plan_only``, ``identifies`` and ``together``.
        """
        export_path = str(self._option("export_path") or "")
        src, reports = self._option("src") or [], self._option("report_path") or []
        return {
            "src": [_absolute(path) for path in (src if isinstance(src, list) else [src])],
            "report_path": [_absolute(path) for path in (reports if isinstance(reports, list) else [reports])],
            "export_path": _absolute(export_path) + ("/" if export_path.endswith("/") else ""),  # the sign of a folder
            "undo_path": _absolute(self._option("undo_path")),
            "ca_path": _absolute(self._option("ca_path")),
            "plan_digest": self._digest(),
            "plan_only": self.plan_only,
            "identifies": self.identifies,
            "together": self._all_or_nothing and len(self._hosts) > 1,
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

    @property
    def _all_or_nothing(self) -> bool:
        """Whether this host is to write only after the plans of all hosts were made and hold."""
        return _is_true(self._option("all_or_nothing")) and not self.plan_only

    # Errors

    def errors(self) -> list[str]:
        """Return every reason not to converge the platform."""
        found = (self._partial_prune(), self._uncounted(), self._in_batches(), self._no_platform(), self._shared_undo(),
                 self._unapproved())  # fmt: skip
        return [*self.declaration_errors(), *filter(None, found)]

    def platform_errors(self) -> list[str]:
        """Return every reason not to converge the platform that shows when the platforms of all hosts are known."""
        return list(filter(None, [self._shared_platform()])) if _is_true(self._option("prune")) else []

    def plan_errors(self) -> list[str]:
        """Return why no host may write: the plans of some are refused. The same for all hosts."""
        refused = {host: reason for host in self._hosts if (reason := self._why_refused(host))}
        if not refused:
            return []
        count = f"{len(refused)} of {counted(len(self._hosts), 'plan')}"
        return [
            f"model_services_all_or_nothing is true, and {count} {'is' if len(refused) == 1 else 'are'} refused:",
            *(
                f"{host}: {printable(' '.join(reason.split()), _REASON)}"
                for host, reason in list(refused.items())[:_REASONS]
            ),
            *([f"{len(refused) - _REASONS} more"] if len(refused) > _REASONS else []),
            "Next: fix the cause and run again. If a platform has changed since its plan was approved, approve a new plan.",
        ]

    def _why_refused(self, host: str) -> str:
        """Return why a host has no plan that holds, or an empty text."""
        if self._of_host(host, PLAN_HOLDS):
            return ""
        result = self._of_host(host, f"{PREFIX}result")
        if isinstance(result, Mapping) and result.get("failed"):
            return str(result.get("msg"))
        active = "it made no plan; set model_services_all_or_nothing for all hosts of the play"
        return active if host in self._active else "it failed before the plan was made"

    def declaration_errors(self) -> list[str]:
        """Return every reason why the declaration cannot be validated, besides what the module finds in the items."""
        _defaults, errors = self._joined_defaults()
        return [*misspelt(self._names, self._known), *errors]

    def undo_errors(self) -> list[str]:
        """Return every reason not to undo a run."""
        missing = "" if self._option("undo_path") else f"{PREFIX}undo_path is missing. Next: set it to an undo file."
        found = (missing, self._no_platform(), self._unapproved())
        return [*misspelt(self._names, self._known), *filter(None, found)]

    def export_errors(self) -> list[str]:
        """Return every reason not to export the platform."""
        found = (self._no_platform(), self._shared_export())
        return [*misspelt(self._names, self._known), *filter(None, found)]

    def _partial_prune(self) -> str:
        limit = self._get("ansible_limit")
        if not limit or not _is_true(self._option("prune")) or self._expected > 0:
            return ""
        return (
            f"model_services_prune is refused under --limit ({limit}), which may hide hosts whose model services would then "
            "be deleted. Next: run without --limit, or set model_services_expect_hosts to the number of hosts in this play."
        )

    def _uncounted(self) -> str:
        seen = len(self._hosts)
        pruning = _is_true(self._option("prune"))
        if not (pruning or self._all_or_nothing) or self._expected <= 0 or self._expected == seen:
            return ""
        hosts = ", ".join(self._hosts[:5])
        cure = (
            "A limit or a job slice hides the others."
            if self._expected > seen
            else "Increase it if you added platforms."
        )
        return (
            f"{PREFIX}{'prune' if pruning else 'all_or_nothing'} is refused: model_services_expect_hosts is {self._expected} "
            f"but this play has {counted(seen, 'host')} ({hosts}). {cure}"
        )

    def _in_batches(self) -> str:
        batch = self._get("ansible_play_batch") or self._active
        if not self._all_or_nothing or len(batch) >= len(self._active):
            return ""
        return (
            "model_services_all_or_nothing is refused with serial: the first hosts would write before the plans of the others "
            "are known. Next: remove serial from the play, or set model_services_all_or_nothing to false."
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

    def _shared_undo(self) -> str:
        path = self._option("undo_path")
        if not path or [self._of_host(host, f"{PREFIX}undo_path") for host in self._hosts].count(path) < 2:
            return ""
        return (
            f"{PREFIX}undo_path is {path} for several hosts, and an undo file is for one platform. Next: use "
            "inventory_hostname in the path."
        )

    def _shared_export(self) -> str:
        path = self._option("export_path")
        paths = [_absolute(self._of_host(host, f"{PREFIX}export_path")) for host in self._hosts]
        if not path or paths.count(_absolute(path)) < 2:
            return ""
        return (
            f"{PREFIX}export_path is {path} for several hosts, whose exports would overwrite one another. Next: use "
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

    # What is told of all hosts

    def drift_text(self) -> str:
        """Return how the platforms of all hosts that were compared so far differ from their declarations."""
        results = {host: self._of_host(host, f"{PREFIX}result") for host in self._hosts}
        return describe_all({host: result for host, result in results.items() if result is not None})

    def overview(self) -> list[dict[str, Any]]:
        """Return the lines of this host's result about single services, in parts of ``lines`` and ``label``.

        AWX shows the first 1,024 characters of an event. Each part is shown as one, as JSON with a color for each line.
        """
        result = self._get(f"{PREFIX}result")
        lines = list(result.get("overview") or ()) if isinstance(result, Mapping) else []
        parts: list[dict[str, Any]] = []
        room = 0
        for number, line in enumerate(lines, 1):
            needed = len(json.dumps(line, ensure_ascii=False)) + _AROUND_LINE
            if needed > room:
                parts.append({"lines": [], "first": number})
                room = _EVENT - _AROUND_PART - len(self._host)
            room -= needed
            parts[-1]["lines"].append(line)
        for part in parts:
            last = part["first"] + len(part["lines"]) - 1
            part["label"] = f"lines {part['first']} to {last} of {len(lines)}"
        return parts

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
