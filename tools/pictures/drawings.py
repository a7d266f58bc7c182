# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings of what the examples declare: the workflow of AWX, and the layers of a declaration.

``python -m tools.pictures.drawings`` writes them; the checks compare them with the examples.
"""

from __future__ import annotations

import pathlib
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import yaml

from tools.env.environment import CHECKOUT
from tools.pictures.themes import MONO, SANS, THEMES, Theme, image

_EXAMPLES = CHECKOUT / "examples"
#: Fields that the picture of layers shows beside those that differ on a platform.
_SAME = ("framework", "environment_parameters.LOG_LEVEL")
_PLATFORM = "aios-edge"


class _Loader(yaml.SafeLoader):
    """Reads a value of Ansible Vault as the word that is drawn for it."""


_Loader.add_constructor("!vault", lambda _loader, _node: "encrypted")


def drawings() -> Iterator[tuple[pathlib.Path, str]]:
    """Yield each file with its text."""
    nodes, layers = workflow_nodes(), _layers()
    for theme in THEMES:
        yield image("awx-workflow", theme, "svg"), draw_workflow(nodes, theme)
        yield image("layers", theme, "svg"), draw_layers(layers, theme)


def _read(*names: str) -> Any:
    return yaml.load(_EXAMPLES.joinpath(*names).read_text(encoding="utf-8"), _Loader)


def workflow_nodes() -> list[tuple[str, str]]:
    """Return title and description of each node of the example's workflow, in the order in which AWX runs them."""
    objects = _read("awx", "objects.yml")
    described = {template["name"]: template["description"] for template in objects["aios_job_templates"]}
    nodes = {node["identifier"]: node for node in objects["aios_workflow_nodes"]}
    (name,) = nodes.keys() - {after for node in nodes.values() for after in node["success_nodes"]}
    found = [("sync", "Update the project and the inventory from Git")]
    while name:
        node = nodes[name]
        approval = node.get("approval_node", {}).get("name")
        found.append((name, approval or described[node["unified_job_template"]]))
        name = next(iter(node["success_nodes"]), "")
    return found


def _layers() -> list[tuple[str, dict[str, str]]]:
    """Return each layer of the service ``chat`` of the example: its file, and its values."""
    files = (("services", "chat.yml"), ("inventory", "host_vars", f"{_PLATFORM}.yml"))
    found = []
    for file in files:
        content = _read("layers", *file)
        items = content["model_services_items"] if isinstance(content, dict) else content
        (chat,) = (item for item in items if item["name"] == "chat")
        found.append(("/".join(file[-2:]), dict(_flat(chat))))
    return found


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", str(value)


def draw_workflow(nodes: Sequence[tuple[str, str]], theme: Theme) -> str:
    """Draw the nodes in a row, and the digest of the plan that the apply gets."""
    width, gap, top = 156, 36, 74
    parts = []
    middles = {}
    for number, (name, description) in enumerate(nodes):
        left = 20 + number * (width + gap)
        middles[name] = left + width // 2
        waits = name.startswith("appro")
        ink, card = (theme.second, theme.second_card) if waits else (theme.first, theme.first_card)
        parts.append(_box(left, top, width, 112, card, ink, radius=56 if waits else 10))
        parts.append(_text(middles[name], top + 34, name, ink, size=16, bold=True))
        for row, line in enumerate(textwrap.wrap(description, 20)):
            parts.append(_text(middles[name], top + 56 + 17 * row, line, theme.text, size=12.5))
        if number:
            parts.append(_arrow(f"M{left - gap + 3} {top + 56} H{left - 4}", theme))
    start, end = middles["plan"], middles["apply"]
    parts.append(
        _arrow(f"M{start} {top - 4} V44 Q{start} 36 {start + 8} 36 H{end - 8} Q{end} 36 {end} 44 V{top - 5}", theme)
    )
    parts.append(_text((start + end) // 2, 26, "model_services_plan_digest", theme.text, size=13, family=MONO))
    total = 40 + len(nodes) * (width + gap) - gap
    parts.append(_text(total // 2, 216, "AWX applies the plan that was approved, and no other.", theme.soft, size=13))
    return _svg(total, 234, f"AWX runs {', '.join(name for name, _description in nodes)}", parts, theme)


def draw_layers(layers: Sequence[tuple[str, Mapping[str, str]]], theme: Theme) -> str:
    """Draw two layers over each other, and below them what each platform gets of them."""
    (below, base), (above, overlay) = layers
    fields = sorted({*overlay, *_SAME} - {"name"}, key=lambda field: (field.count("."), field not in _SAME, field))
    label, column, height, gap = 224, 138, 46, 22
    rows = [
        (above, f"layer 2, {_PLATFORM} only", overlay, {}),
        (below, "layer 1, every platform", base, {}),
        (f"on {_PLATFORM}", "layer 2 over layer 1", {**base, **overlay}, overlay),
        ("on the other platforms", "layer 1", base, {}),
    ]
    parts = []
    for number, field in enumerate(fields):
        names = field.split(".")
        parts.append(_text(_middle(label, column, number), 42, names[-1], theme.text, size=13, bold=True, family=MONO))
        if names[:-1]:
            parts.append(_text(_middle(label, column, number), 25, names[0], theme.soft, size=9.5, family=MONO))
    for row, (title, remark, values, winners) in enumerate(rows):
        top = 56 + row * (height + gap) + (14 if row > 1 else 0)
        layer = row < 2
        ink, card = (theme.second, theme.second_card) if row == 0 else (theme.first, theme.first_card)
        parts.append(_box(12, top, label + len(fields) * column + 4, height, theme.card, theme.line, radius=8))
        parts.append(_text(26, top + 20, title, ink if layer else theme.text, size=13, bold=True, anchor="start"))
        parts.append(_text(26, top + 37, remark, theme.soft, size=12, anchor="start"))
        for number, field in enumerate(fields):
            left = label + number * column + 10
            if field not in values:
                parts.append(_box(left, top + 9, column - 20, height - 18, "none", theme.line, dashed=True))
                continue
            second = row == 0 or field in winners
            ink, card = (theme.second, theme.second_card) if second else (theme.first, theme.first_card)
            parts.append(_box(left, top + 9, column - 20, height - 18, card, ink))
            parts.append(
                _text(_middle(label, column, number), top + 28, values[field], ink, size=13, bold=second, family=MONO)
            )
    note = "A value of layer 2 replaces that of layer 1. Where layer 2 has none, that of layer 1 stays."
    total = label + len(fields) * column + 28
    parts.append(_text(total // 2, 366, note, theme.soft, size=12.5))
    return _svg(total, 384, "The layers of the service chat, and its values on each platform", parts, theme)


def _middle(label: int, column: int, number: int) -> int:
    return label + number * column + column // 2


def _svg(width: int, height: int, title: str, parts: Sequence[str], theme: Theme) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="{SANS}">\n<title>{escape(title)}</title>\n'
        f'<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{theme.soft}"/></marker></defs>\n'
        f'<rect width="{width}" height="{height}" rx="10" fill="{theme.page}"/>\n{body}\n</svg>\n'
    )


def _box(
    left: int, top: int, width: int, height: int, fill: str, stroke: str, *, radius: int = 6, dashed: bool = False
) -> str:
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="{radius}" fill="{fill}" stroke="{stroke}"{dashes}/>'


def _text(
    x: int, y: int, text: str, fill: str, *, size: float, bold: bool = False, anchor: str = "middle", family: str = ""
) -> str:
    look = (' font-weight="600"' if bold else "") + (f' font-family="{family}"' if family else "")
    return f'<text x="{x}" y="{y}" fill="{fill}" font-size="{size}" text-anchor="{anchor}"{look}>{escape(text)}</text>'


def _arrow(path: str, theme: Theme) -> str:
    return f'<path d="{path}" fill="none" stroke="{theme.soft}" stroke-width="1.6" marker-end="url(#head)"/>'


def main() -> None:
    """Write the drawings."""
    for path, text in drawings():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
