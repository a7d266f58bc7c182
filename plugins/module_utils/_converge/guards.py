# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards: what stops a plan that may be a mistake, with the numbers and the services.

Private to this collection.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import GuardError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.digest import digest_differences
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import Action, plan_words
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import Held
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import Condition

DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Prune:
    """Which services may be deleted when they are not declared.

    :ivar conditions: only services that meet all of them; :ivar limit: at most so many, or so many percent of these.
    """

    conditions: tuple[Condition, ...]
    limit: str
    allow_empty: bool = False

    def most(self, matching: int) -> int | None:
        """Return how many may be deleted of so many matching ones, ``None`` when the limit is neither form."""
        found = re.fullmatch(r"\s*([0-9]{1,9})\s*(%?)\s*", self.limit, re.ASCII)
        if not found or (found[2] and int(found[1]) > 100):
            return None
        return matching * int(found[1]) // 100 if found[2] else int(found[1])


def check_prune(prune: Prune, declared: int, matching: Sequence[Held], candidates: Sequence[Held]) -> None:
    """Refuse a prune from an empty declaration, or of more services than the limit allows.

    :param declared: how many services are declared to be present.
    :raises GuardError: with the numbers and the services.
    """
    if not candidates:
        return
    names = listed([quoted(held.name) for held in sorted(candidates, key=lambda held: held.name)], 10)
    doomed = (
        f"{counted(len(candidates), 'service')} would be deleted of {len(matching)} that meet prune_conditions: {names}"
    )
    if not declared and not prune.allow_empty:
        raise GuardError(
            f"prune refused, because nothing is declared to be present, which is more often a mistake than meant. "
            f"{doomed}. Nothing was written. Next: check where the declaration comes from; prune_allow_empty=true if all of "
            "them are to go.",
            "prune_empty",
            matching=len(matching),
            candidates=len(candidates),
        )
    most = prune.most(len(matching)) or 0
    if len(candidates) > most:
        raise GuardError(
            f"prune refused, because prune_limit {prune.limit} allows {most}. {doomed}. Nothing was written. Next: check "
            "the declaration and prune_conditions; raise prune_limit if all of these are to go.",
            "prune_limit",
            matching=len(matching),
            candidates=len(candidates),
            allowed=most,
        )


def check_digest(approved: str, now: str, actions: Sequence[Action]) -> None:
    """Refuse a plan that is not the approved one.

    :raises GuardError: with what is different, and the plan as it is now.
    """
    if approved == now:
        return
    if not DIGEST.fullmatch(approved):
        reason = f"{quoted(approved)} is no digest of a plan (64 hexadecimal digits)"
    else:
        reason = f"since the plan was made, these have changed: {'; '.join(digest_differences(approved, now))}"
    raise GuardError(
        f"plan_digest does not fit: {reason}. The plan is now: {plan_words(actions)}. Nothing was written. Next: look at the "
        "new plan (check mode with diff) and approve its digest.",
        "plan_changed",
        plan_digest=now,
    )
