# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what the table of fields says into the documentation of the modules and the page of fields.

``--check`` writes nothing and fails when anything is stale.
"""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.zstack.aios.plugins.module_utils._model.field_types import Images
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._module import field_options

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("model_service", "model_services", "model_service_info")
PAGE = ROOT / "docs" / "docsite" / "rst" / "fields.rst"
_REGION = re.compile(r"(?P<indent> *)# BEGIN GENERATED (?P<what>.*)\n(?:.*\n)*?(?P=indent)# END GENERATED\n")

IDENTITY = {
    "state": ["Whether the service should exist."],
    "uuid": [
        "UUID of the service to manage. When set, O({0}name) is its desired name.",
        "Either O({0}name) or O({0}uuid) is required. Without O({0}uuid) the service is found by its exact name.",
    ],
    "clone_from": [
        "Name or UUID of the service to clone when this one does not exist yet. Ignored once it exists.",
        "Options that are not set are taken from that service.",
    ],
    "previous_names": [
        "Names that the service had before. When no service has O({0}name) and one has a previous name, it is renamed.",
        "When services of both names exist, the task fails before any write. Once the service is renamed, without effect.",
        "A previous name cannot be the name of another declared service. To swap names, declare the services with O({0}uuid).",
        "Only with O({0}name) and O({0}state=present), and without O({0}uuid).",
    ],
    "on_fixed_change": [
        "What to do when the platform shows another value of an option that cannot be changed once the service exists.",
        "V(refuse) fails the task before any write.",
        "V(recreate) creates a new service like the old one with the declared options, reads it, and then deletes the old one.",
        "The UUID of the new service is derived from that of the old one.",
        "A service that is protected or has instance groups is not replaced. The task fails before any write.",
        "The same applies to a service with values that the platform does not show and that are not declared.",
        "Only without O({0}uuid), because the UUID changes.",
    ],
}
#: Of which release an option is that is no field.
SINCE = {"yaml_file": "1.1.0", "on_fixed_change": "1.1.0"}
NAMES = {
    "model_center": "Name or UUID of the model center, instead of O({0}model_center_uuid).",
    "models": "Names or UUIDs of the models, instead of O({0}model_uuids).",
    "zone": "Name or UUID of the zone, instead of O({0}zone_uuid).",
}
PLATFORM_MADE = {
    "uuid": ("str", "UUID of the service."),
    "model_service_refs": ("list", "Bindings between the service and its models."),
    "create_date": ("str", "Time of its creation, as the platform writes it."),
    "last_op_date": ("str", "Time of its last change, as the platform writes it."),
    "has_new_version": ("bool", "Whether the platform has a newer version of it."),
    "version": ("str", "Its version."),
}
YAML_FILE = [
    "File with the O({0}yaml), on the host that runs the module. Set either O({0}yaml) or O({0}yaml_file).",
    "A relative path starts at the folder of the file that declares the service, otherwise at the folder of the playbook.",
    "In a variable of the role P(zstack.aios.model_services#role), it starts at the folder in which you start Ansible.",
    "The module does not template the file, and cannot decrypt Ansible Vault.",
]
IMAGE_PARTS = {
    "cpu_architecture": "Architecture, for example V(X86_64) or V(AARCH64), in any case.",
    "vm_image_uuid": "UUID of the virtual machine image.",
    "docker_image": "Container image.",
}


def option_docs(prefix: str) -> dict[str, Any]:
    """Return the documentation of every option that declares a service.

    :param prefix: what stands before an option's name in references to it.
    """
    docs: dict[str, Any] = {}
    rows = MODEL_SERVICE.by_option
    for name, spec in field_options(MODEL_SERVICE).items():
        if name in IDENTITY:
            text = [line.format(prefix) for line in IDENTITY[name]]
        elif name in NAMES:
            text = [NAMES[name].format(prefix)]
        elif name == "yaml_file":
            text = [line.format(prefix) for line in YAML_FILE]
        else:
            text = [*rows[name].description, *_notes(rows[name], prefix)]
        docs[name] = {"description": text, **_spec_docs(spec)}
        if name in SINCE:
            docs[name]["version_added"] = SINCE[name]
        if name == "on_fixed_change":
            default = "By default, the value of O(on_fixed_change)." if prefix else "By default, V(refuse)."
            docs[name]["description"].append(default)
        field_type = rows[name].type if name in rows else None
        if isinstance(field_type, Images):
            docs[name]["suboptions"] = _part_docs(field_type)
    return docs


def _notes(field: Field, prefix: str) -> list[str]:
    notes = []
    if field.add == "required":
        notes.append(f"Required to create the service without O({prefix}clone_from).")
    if field.create_only and field.read:
        notes.append(f"Cannot be changed once the service exists. O({prefix}on_fixed_change) says what happens then.")
    elif field.create_only:
        notes.append("Used at creation only, and ignored once the service exists.")
    if field.update_only:
        follow = "The platform accepts it in updates only. After a creation, an update in the same task sets it."
        shown = "Compared with the stored C(yaml)." if field.shown_at else "The platform never shows it."
        notes += [follow, shown]
    return notes


def _spec_docs(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: spec[key] for key in ("type", "elements", "choices", "default") if key in spec}


def _part_docs(images: Images) -> dict[str, Any]:
    docs: dict[str, Any] = {
        name: {"description": [IMAGE_PARTS[name]], "type": part.ansible_type}
        for name, (_wire, part) in images.parts.items()
    }
    docs["cpu_architecture"]["required"] = True
    return docs


def return_docs() -> dict[str, Any]:
    """Return the documentation of a returned service."""
    docs: dict[str, Any] = {"uuid": {"description": PLATFORM_MADE["uuid"][1], "type": "str"}}
    for field in MODEL_SERVICE.readable:
        if field.option != "resource_uuid":
            docs[field.option] = {"description": field.description[0], "type": _return_type(field)}
    for name in sorted(MODEL_SERVICE.server_made):
        ansible_type, text = PLATFORM_MADE[name]
        docs[name] = {"description": text, "type": ansible_type}
    return docs


def _return_type(field: Field) -> str:
    return "str" if field.option == "yaml" else field.type.ansible_type


def render(docs: dict[str, Any], indent: str) -> str:
    """Return documentation as YAML lines of an indentation."""

    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

    text = yaml.dump(docs, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=115 - len(indent))
    return "".join(f"{indent}{line}\n" for line in text.splitlines())


def generate_module(source: str) -> str:
    """Return a module's source with its generated regions written anew."""

    def region(found: re.Match[str]) -> str:
        indent, what = found["indent"], found["what"]
        prefix = "model_services[]." if len(indent) > 2 else ""
        docs = return_docs() if what.endswith("return values") else option_docs(prefix)
        return f"{indent}# BEGIN GENERATED {what}\n{render(docs, indent)}{indent}# END GENERATED\n"

    return _REGION.sub(region, source)


def generate_page() -> str:
    """Return the page with the table of every field."""
    head = ("Field", "Created", "Cloned", "Updated", "How it is compared", "When it differs")
    lines = [
        "..",
        "  Copyright (c) 2026 The zstack.aios authors",
        "  GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)",
        "  SPDX-License-Identifier: GPL-3.0-or-later",
        "",
        ".. _ansible_collections.zstack.aios.docsite.fields:",
        "",
        "The fields of a model service",
        "=============================",
        "",
        "This page is generated from the table that the modules themselves use (``make generate``).",
        "A field that is not declared is never sent, compared or reset. *yes* means that the platform's operation accepts the",
        "field, *required* that it fails without it.",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "",
    ]
    for row in (head, *(_page_row(field) for field in MODEL_SERVICE.fields)):
        lines += [f"   {'* -' if place == 0 else '  -'} {cell}" for place, cell in enumerate(row)]
    lines += ["", "Where the stored ``yaml`` shows a field that has no key of its own", "-" * 66, ""]
    lines += [
        "The platform keeps some fields of an update only inside the service's ``yaml``. That it does so is an assumption,",
        "drawn from the sample responses of the vendor's documents on cloning and updating, whose ``yaml`` carries these keys.",
        "Where a stored ``yaml`` does not show them, they are sent once, and then compared by a fingerprint of the value that",
        "was sent, see ``update_write_only``.",
        "",
    ]
    for field in MODEL_SERVICE.fields:
        if field.shown_at:
            path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in field.shown_at).lstrip(".")
            lines.append(f"* ``{field.option}``: ``{path}``")
    return "\n".join(lines) + "\n"


def _page_row(field: Field) -> tuple[str, ...]:
    words = [
        {"required": "required", "optional": "yes"}.get(getattr(field, op), "no") for op in ("add", "clone", "update")
    ]
    if field.relation:
        words[2] = "one by one"
    name = f"``{field.option}``" + (f" (or ``{field.name_option}``)" if field.name_option else "")
    return (name, *words, _compared(field), _differs(field))


def _compared(field: Field) -> str:
    if field.read or field.relation:
        return field.type.comparison
    if field.shown_at:
        return f"{field.type.comparison}, where the stored ``yaml`` shows it"
    return "not compared: the platform never shows it"


def _differs(field: Field) -> str:
    if field.relation:
        return "added and removed"
    if field.create_only:
        return "refused or replaced, see ``on_fixed_change``" if field.read else "not noticed; used at creation only"
    if field.update_only and not field.shown_at:
        return "compared by a fingerprint, see ``update_write_only``"
    return "updated"


def main() -> int:
    """Write or check; return the exit code."""
    files = {ROOT / "plugins" / "modules" / f"{name}.py": generate_module for name in MODULES}
    wanted = {path: make(path.read_text(encoding="utf-8")) for path, make in files.items()}
    wanted[PAGE] = generate_page()
    stale = 0
    for path, text in wanted.items():
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        if current == text:
            continue
        stale += 1
        name = str(path.relative_to(ROOT))
        if "--check" in sys.argv[1:]:
            sys.stdout.writelines(
                difflib.unified_diff(current.splitlines(True), text.splitlines(True), name, "generated")
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    if stale and "--check" in sys.argv[1:]:
        print(f"{stale} generated parts are stale; run: make generate")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
