# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run tells: rows, summary, diff and report, within the size AWX can keep.

Private to this collection.
"""

from __future__ import annotations

import functools
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, Mistake
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK, counted, listed, printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._common.version import VERSION
from ansible_collections.zstack.aios.plugins.module_utils._converge.apply import FAILED, NOT_ATTEMPTED, UNKNOWN, Row
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import (
    CLONED,
    CREATED,
    DELETED,
    ORDER,
    UNCHANGED,
    UPDATED,
    Action,
)
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import BY_OPTION, FIELDS, Held
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Secrecy

#: AWX drops an event above 700,000 characters; the parts below stay under 600,000 together.
ROWS_ROOM, DIFF_ROOM, MESSAGE_ROOM = 330_000, 200_000, 20_000
CHANGES = (CREATED, CLONED, UPDATED, DELETED)
COUNTS = (*CHANGES, UNCHANGED, FAILED, UNKNOWN, NOT_ATTEMPTED)


def show_service(held: Held, secrecy: Secrecy) -> dict[str, Any]:
    """Return a service for a result: every key the platform shows, secrets masked."""
    shown = {}
    for key, value in held.values.items():
        field = BY_OPTION.get(key)
        if field is not None and field.secret:
            value = field.kind.show(value, secrecy) if field.fits(value) else MASK
        shown[key] = value
    return shown


def predict_service(action: Action, secrecy: Secrecy) -> dict[str, Any]:
    """Return what a service will be once an action is done, as far as it can be told before."""
    shown = show_service(action.held, secrecy) if action.held else {}
    if action.kind == DELETED:
        return {}
    for option, value in {**action.first, **action.then}.items():
        field = BY_OPTION[option]
        if field.read and option != "resource_uuid":
            shown[option] = field.kind.show(value, secrecy)
    return shown


def changes(row: Row, secrecy: Secrecy) -> list[dict[str, Any]]:
    """Return what changed of a service, field by field in the table's order: before and after, secrets masked."""
    action = row.action
    if action.kind == DELETED:
        held = action.held or Held({})
        shown = ((f.option, held.get(f)) for f in FIELDS if f.read and f.option != "resource_uuid")
        return [
            {"field": o, "before": BY_OPTION[o].kind.show(v, secrecy), "after": None} for o, v in shown if v is not None
        ]
    found = []
    for option in sorted(row.changed_fields, key=ORDER.__getitem__):
        kind = BY_OPTION[option].kind
        before = action.held.get(BY_OPTION[option]) if action.held else None
        after = action.tags.get(option, action.then.get(option, action.first.get(option)))
        shown_before = None if before is None else kind.show(before, secrecy)
        found.append({"field": option, "before": shown_before, "after": kind.show(after, secrecy, before)})
    return found


def make_diff(row: Row, secrecy: Secrecy) -> dict[str, str]:
    """Return one entry of Ansible's ``diff``: managed fields that change, as YAML, texts of several lines as lines."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in changes(row, secrecy):
        for side, values in (("before", before), ("after", after)):
            if change[side] is not None:
                values[change["field"]] = change[side]
    if row.action.kind == CLONED:
        after = {"clone_from": row.action.item.clone_from, **after}
    header = f"model service {printable(row.action.name)}"
    sides = {"before": _block(before), "after": _block(after)}
    return {"before_header": header, "after_header": f"{header} ({row.done})", **sides}


def _block(values: Mapping[str, Any]) -> str:
    return f"{yaml_codec.dump(dict(values))}\n" if values else ""


def _uuid(row: Row) -> str:
    """Return the service's uuid where it has one, or may have got it: not of one that is only planned."""
    return row.action.uuid if row.action.held or row.held or row.done == UNKNOWN else ""


def hide_secrets(rows: Iterable[Row], secrecy: Secrecy) -> None:
    """Mask in errors what the platform repeats of the secrets that a service was declared with."""
    for row in rows:
        if row.error is not None:
            declared = row.action.item.values.items()
            secrets = [text for option, value in declared for text in BY_OPTION[option].kind.secrets(value, secrecy)]
            row.error.reword(functools.partial(_mask_each, secrets=secrets))


def _mask_each(text: str, secrets: Sequence[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def show_row(row: Row) -> dict[str, Any]:
    """Return one compact row of ``results``; keys without content are left out."""
    shown: dict[str, Any] = {"name": row.action.name, "action": row.done}
    if _uuid(row):
        shown["uuid"] = _uuid(row)
    if row.done in (UPDATED, UNKNOWN) or (row.error is not None and row.changed_fields):
        shown["changed_fields"] = sorted(row.changed_fields, key=ORDER.__getitem__)
    if row.error is not None:
        shown["error"] = printable(row.error.message, 1500)
        shown["error_code"] = row.error.code
    return shown


def summarize(rows: Sequence[Row]) -> dict[str, int]:
    """Count rows by what was done. ``failed`` also counts what was done in part, but nothing that is ``unknown``."""
    summary = dict.fromkeys(COUNTS, 0)
    for row in rows:
        summary[row.done] += 1
        if row.error is not None and row.done not in (FAILED, UNKNOWN, NOT_ATTEMPTED):
            summary[FAILED] += 1
    summary["total"] = len(rows)
    return summary


def _told(rows: Sequence[Row]) -> list[Row]:
    """Return every row that is not unchanged: what has an error first, also when it was done in part, what was not begun last."""
    changed = [row for row in rows if row.done != UNCHANGED]
    return sorted(changed, key=lambda row: 2 if row.done == NOT_ATTEMPTED else int(row.error is None))


def _fit(entries: Sequence[Any], room: int) -> list[Any]:
    """Return as many entries as fit into so many characters of JSON."""
    kept, used = [], 0
    for entry in entries:
        used += len(json.dumps(entry)) + 2
        if used > room:
            break
        kept.append(entry)
    return kept


def fill_result(result: dict[str, Any], rows: Sequence[Row], secrecy: Secrecy, with_diff: bool) -> None:
    """Put ``results`` and ``diff`` into a result, failures first, cut with a note where they would not fit."""
    told = _told(rows)
    result["results"] = _fit([show_row(row) for row in told], ROWS_ROOM)
    if len(result["results"]) < len(told):
        result["results_omitted"] = len(told) - len(result["results"])
    if with_diff:
        changed = [row for row in told if row.changed]
        result["diff"] = _fit([make_diff(row, secrecy) for row in changed[:5000]], DIFF_ROOM)
        omitted = len(changed) - len(result["diff"])
        if omitted:
            note = f"{counted(omitted, 'more service')} changed; the diff is cut to fit. report_path keeps all of it.\n"
            result["diff"].append({"before_header": "cut", "after_header": "cut", "before": "", "after": note})


def failure_message(rows: Sequence[Row], summary: Mapping[str, int], interrupted: bool) -> str:
    """Return the message of a failed run: errors by code with the first items, and what was done nevertheless."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.error is not None and row.done != NOT_ATTEMPTED:
            groups.setdefault(row.error.code, []).append(row)
    lines = [f"{'Interrupted' if interrupted else _head(summary)}. {count_words(summary)}."]
    for code, group in sorted(groups.items(), key=lambda pair: -len(pair[1])):
        names = listed([quoted(row.action.name) for row in group])
        first = group[0].error
        lines.append(f"- {code} ({len(group)}): {names}: {first.message if first else ''}")
    lines.append("Run again once that is mended: what is done already is not done twice.")
    return "\n".join(lines)[:MESSAGE_ROOM]


def _head(summary: Mapping[str, int]) -> str:
    of_all = f"of {counted(summary['total'], 'service')}"
    unknown = f"{summary[UNKNOWN]} may or may not be done"
    if not summary[FAILED]:
        return unknown.replace(" may", f" {of_all} may")
    return f"{summary[FAILED]} {of_all} failed" + (f", {unknown}" if summary[UNKNOWN] else "")


def count_words(summary: Mapping[str, int], planned: bool = False) -> str:
    """Return the counts that are not zero as words: ``2 created, 998 unchanged``, or ``2 to be created`` of a plan."""
    to_be = "to be " if planned else ""
    words = [
        f"{summary[count]} {to_be if count in CHANGES else ''}{count.replace('_', ' ')}"
        for count in COUNTS
        if summary[count]
    ]
    return ", ".join(words) or "nothing declared"


def make_report(facts: Mapping[str, Any], rows: Sequence[Row], secrecy: Secrecy) -> dict[str, Any]:
    """Return the data of a report: the facts of the run and every row that is not unchanged, failures first."""
    told = _told(rows)
    return {
        "version": VERSION,
        "refused": "",
        "interrupted": False,
        **facts,
        "rows": [
            {
                "name": row.action.name,
                "uuid": _uuid(row),
                "action": row.done,
                "planned": row.action.kind,
                "pruned": not row.action.item.place and row.action.kind == DELETED,
                "error": row.error.message if row.error else "",
                "code": row.error.code if row.error else "",
                "changes": changes(row, secrecy),
            }
            for row in told
        ],
    }


def check_report_path(path: str, suffixes: Sequence[str]) -> Iterator[Mistake]:
    """Yield why no report can be written there, before a run is begun that then could not be told."""
    folder = Path(path).expanduser().parent
    if Path(path).suffix not in suffixes:
        yield Mistake("", "report_path", f"{quoted(path)} ends in none of {', '.join(suffixes)}")
    elif not folder.is_dir() or not os.access(folder, os.W_OK):
        why = "cannot be written to" if folder.is_dir() else "does not exist on this host, create it"
        yield Mistake("", "report_path", f"the folder {quoted(folder)} {why}")


def write_report(path: str, report: Mapping[str, Any], render: Callable[[Mapping[str, Any], str], str]) -> None:
    """Write a report in the form its suffix names, at once or not at all.

    :raises AiosError: the folder or the file cannot be written.
    """
    target = Path(path).expanduser()
    draft: Path | None = None
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, delete=False) as file:
            draft = Path(file.name)
            file.write(render(report, target.suffix))
        draft.chmod(0o644)
        draft.replace(target)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise AiosError(f"report_path {quoted(path)} cannot be written: {error.strerror}", "report") from None
