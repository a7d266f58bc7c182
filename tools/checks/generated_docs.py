# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what the tables of fields say into the documentation of the modules and the page of fields.

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
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field, Schema
from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import INSTANCE_GROUP
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._module import field_options

ROOT = Path(__file__).resolve().parents[2]
#: The kind of resource of each module.
MODULES = {
    "model_service": MODEL_SERVICE,
    "model_services": MODEL_SERVICE,
    "model_service_info": MODEL_SERVICE,
    "model_service_instance_group": INSTANCE_GROUP,
    "model_service_instance_group_info": INSTANCE_GROUP,
}
_OPERATIONS = (("add", "Created"), ("clone", "Cloned"), ("update", "Updated"))
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
        "A protected service is not replaced, and one with instance groups only with O(delete_deployed=true).",
        "Otherwise, the task fails before any write.",
        "The same applies to a service with values that the platform does not show and that are not declared.",
        "Only without O({0}uuid), because the UUID changes.",
    ],
}
GROUP_IDENTITY = {
    "state": [
        "Whether the group should exist.",
        "V(restarted) first updates what differs, then restarts the group once. It reports a change in every run.",
    ],
    "uuid": [
        "UUID of the group to manage. When set, O({0}name) is its desired name.",
        "Without O({0}uuid) the group is found by its exact name among the groups of its model service.",
    ],
    "wait": [
        "Whether to wait until all instances of the group run, or until a deleted group is gone.",
        "The module also waits for a group that it does not change. In check mode, it does not wait.",
    ],
    "wait_timeout": [
        "Maximum number of seconds to wait. After that, the task fails and names the last status of the group.",
        "The platform has no status for a failed start, so a group that cannot start is waited for until then.",
    ],
}
PARTS = {
    "deployments": [
        "Instance groups that run the service, with the options of M(zstack.aios.model_service_instance_group).",
        "B(Experimental,) like that module.",
        "If not set, the groups of the service are not managed. An empty list deletes all groups of the service.",
        "Groups that are not in a list with other groups stay, unless O(prune) deletes them.",
        "The module deploys the groups after all services are as declared, and waits for all of them together.",
        "It deletes groups when the other groups of the service run, and keeps them if one of these fails.",
    ],
}
#: Of which release an option is that is no field.
SINCE = {"yaml_file": "2.0.0", "on_fixed_change": "2.0.0"}
NAMES = {
    "model_center": "Name or UUID of the model center, instead of O({0}model_center_uuid).",
    "models": "Names or UUIDs of the models, instead of O({0}model_uuids).",
    "zone": "Name or UUID of the zone, instead of O({0}zone_uuid).",
    "model_service": "Name or UUID of the model service, instead of O({0}model_service_uuid).",
    "model": "Name or UUID of the model, instead of O({0}model_uuid).",
}
PLATFORM_MADE = {
    "model_service_refs": ("list", "Bindings between the service and its models."),
    "create_date": ("str", "Time of its creation, as the platform writes it."),
    "last_op_date": ("str", "Time of its last change, as the platform writes it."),
    "has_new_version": ("bool", "Whether the platform has a newer version of it."),
    "version": ("str", "Its version."),
    "dataset_ref_inventories": ("list", "Datasets of the group, as the platform shows them."),
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


def option_docs(schema: Schema, prefix: str) -> dict[str, Any]:
    """Return the documentation of every option that declares a resource.

    :param prefix: what stands before an option's name in references to it.
    """
    docs: dict[str, Any] = {}
    identity = IDENTITY if schema is MODEL_SERVICE else GROUP_IDENTITY
    rows = schema.by_option
    for name, spec in field_options(schema).items():
        if name in identity:
            text = [line.format(prefix) for line in identity[name]]
        elif name in schema.named:
            text = [NAMES[name].format(prefix)]
        elif name == "yaml_file":
            text = [line.format(prefix) for line in YAML_FILE]
        else:
            text = [*rows[name].description, *_notes(schema, rows[name], prefix)]
        docs[name] = {"description": text, **_spec_docs(spec)}
        if name in SINCE:
            docs[name]["version_added"] = SINCE[name]
        if name == "on_fixed_change":
            default = "By default, the value of O(on_fixed_change)." if prefix else "By default, V(refuse)."
            docs[name]["description"].append(default)
        field_type = rows[name].type if name in rows else None
        if isinstance(field_type, Images):
            docs[name]["suboptions"] = _part_docs(field_type)
    for key, part in schema.parts.items() if prefix else ():
        text, inside = [line.format(prefix) for line in PARTS[key]], option_docs(part(), f"{prefix}{key}[].")
        docs[key] = {"description": text, "type": "list", "elements": "dict", "version_added": "2.0.0"}
        docs[key]["suboptions"] = {name: doc for name, doc in inside.items() if not _is_owner(part(), name)}
        state = docs[key]["suboptions"]["state"]
        state["description"], state["choices"] = state["description"][:1], ["present", "absent"]
    return docs


def _is_owner(schema: Schema, option: str) -> bool:
    return schema.owner is not None and option in (schema.owner.option, schema.owner.name_option)


def _notes(schema: Schema, field: Field, prefix: str) -> list[str]:
    notes = []
    if field.add == "required":
        without = f" without O({prefix}clone_from)" if schema.clones else ""
        notes.append(f"Required to create the {schema.word}{without}.")
    if field.create_only and field.read:
        fixed = f"O({prefix}on_fixed_change) says what happens then."
        then = fixed if "on_fixed_change" in schema.controls else "Another value fails the task before any write."
        notes.append(f"Cannot be changed once the {schema.word} exists. {then}")
    elif field.create_only:
        notes.append(f"Used at creation only, and ignored once the {schema.word} exists.")
    if field.update_only:
        notes.append("The platform accepts it in updates only. After a creation, an update in the same task sets it.")
    if field.unseen:
        notes.append("Compared with the stored C(yaml)." if field.shown_at else "The platform never shows it.")
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


def return_docs(schema: Schema) -> dict[str, Any]:
    """Return the documentation of a returned resource."""
    docs: dict[str, Any] = {"uuid": {"description": f"UUID of the {schema.word}.", "type": "str"}}
    for field in (*schema.readable, *schema.shown):
        if field.option != "resource_uuid":
            docs[field.option] = {"description": field.description[0], "type": _return_type(field)}
    for name in sorted(schema.server_made - docs.keys()):
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


def generate_module(schema: Schema, source: str) -> str:
    """Return a module's source with its generated regions written anew, from the table of its kind of resource."""

    def region(found: re.Match[str]) -> str:
        indent, what = found["indent"], found["what"]
        prefix = "model_services[]." if len(indent) > 2 else ""
        docs = return_docs(schema) if what.endswith("return values") else option_docs(schema, prefix)
        return f"{indent}# BEGIN GENERATED {what}\n{render(docs, indent)}{indent}# END GENERATED\n"

    return _REGION.sub(region, source)


def generate_page() -> str:
    """Return the page with the tables of all fields."""
    lines = [
        "..",
        "  Copyright (c) 2026 The zstack.aios authors",
        "  GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)",
        "  SPDX-License-Identifier: GPL-3.0-or-later",
        "",
        ".. _ansible_collections.zstack.aios.docsite.fields:",
        "",
        "Fields of services and instance groups",
        "======================================",
        "",
        "This page is generated from the tables that the modules themselves use (``make generate``).",
        "A field that is not declared is never sent, compared or reset. *yes* means that the platform's operation accepts the",
        "field, *required* that it fails without it.",
        "",
        ".. contents::",
        "   :local:",
        "",
        "The fields of a model service",
        "-----------------------------",
        "",
        *_page_table(MODEL_SERVICE),
        "",
        "Where the stored ``yaml`` shows a field that has no key of its own",
        "^" * 66,
        "",
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
    lines += [
        "",
        "The fields of an instance group",
        "-------------------------------",
        "",
        "*Experimental*: the call that deploys a group is known from the vendor's Java SDK only. No group shows most of what it",
        "was deployed with. The result names such fields under ``uncompared`` when they are declared for a group that exists.",
        "",
        *_page_table(INSTANCE_GROUP),
        "",
        "The platform also shows, and a declaration cannot set: "
        + ", ".join(f"``{field.option}``" for field in INSTANCE_GROUP.shown)
        + ".",
    ]
    return "\n".join(lines) + "\n"


def _page_table(schema: Schema) -> list[str]:
    """Return the lines of the table of a kind's fields; a column of operations that it does not have is left out."""
    operations = [pair for pair in _OPERATIONS if any(field.accepted(pair[0]) for field in schema.fields)]
    head = ("Field", *(word for _operation, word in operations), "How it is compared", "When it differs")
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *(_page_row(schema, field, [name for name, _word in operations]) for field in schema.fields)):
        lines += [f"   {'* -' if place == 0 else '  -'} {cell}" for place, cell in enumerate(row)]
    return lines


def _page_row(schema: Schema, field: Field, operations: list[str]) -> tuple[str, ...]:
    words = [{"required": "required", "optional": "yes"}.get(getattr(field, each), "no") for each in operations]
    if field.relation:
        words[-1] = "one by one"
    name = f"``{field.option}``" + (f" (or ``{field.name_option}``)" if field.name_option else "")
    return (name, *words, _compared(field), _differs(schema, field))


def _compared(field: Field) -> str:
    if field.read or field.relation:
        return field.type.comparison
    if field.shown_at:
        return f"{field.type.comparison}, where the stored ``yaml`` shows it"
    return "not compared: the platform never shows it"


def _differs(schema: Schema, field: Field) -> str:
    if field.relation:
        return "added and removed"
    if field.create_only:
        if not field.read:
            return "not noticed; used at creation only"
        return "refused or replaced, see ``on_fixed_change``" if schema.clones else "refused before any write"
    if field.unseen and not field.shown_at:
        return "compared by a fingerprint, see ``update_write_only``"
    return "updated"


def main() -> int:
    """Write or check; return the exit code."""
    files = {ROOT / "plugins" / "modules" / f"{name}.py": schema for name, schema in MODULES.items()}
    wanted = {path: generate_module(schema, path.read_text(encoding="utf-8")) for path, schema in files.items()}
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
