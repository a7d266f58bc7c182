# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples for AWX: the objects that they define, the credential type, and the check of the approval.

``awx.awx`` and ``infra.aap_configuration`` are replaced by collections that accept what these document, and record it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.harness import run_module
from ansible_collections.zstack.aios.tests.support.playbooks import Field, service
from ansible_collections.zstack.aios.tests.support.samples import KEY
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples" / "awx"
DOCUMENTED = yaml.safe_load((ROOT / "tests" / "support" / "awx_options.yml").read_text(encoding="utf-8"))
#: The variable of infra.aap_configuration for what each module of awx.awx defines.
VARIABLES = {
    "credential_type": "controller_credential_types",
    "credential": "controller_credentials",
    "execution_environment": "controller_execution_environments",
    "project": "controller_projects",
    "inventory": "controller_inventories",
    "inventory_source": "controller_inventory_sources",
    "job_template": "controller_templates",
    "schedule": "controller_schedules",
    "workflow_job_template": "controller_workflows",
}
ACTION = """
import json
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        _valid, args = self.validate_argument_spec(argument_spec={spec!r}, mutually_exclusive={exclusive!r})
        given = {{name: args[name] for name in self._task.args}}
        with open({record!r}, "a", encoding="utf-8") as file:
            file.write(json.dumps([{name!r}, given]) + "\\n")
        return {{"changed": False}}
"""


def stand_ins(folder: Path) -> dict[str, str]:
    """Write collections in place of those that the examples need, and return the environment that finds them."""
    collections = folder / "collections" / "ansible_collections"
    actions = collections / "awx" / "awx" / "plugins" / "action"
    actions.mkdir(parents=True)
    for full_name, options in DOCUMENTED["modules"].items():
        name = full_name.rpartition(".")[2]
        spec = {option: specification(text) for option, text in options.items()}
        exclusive = [["unified_job_template", "approval_node"]] if name == "workflow_job_template_node" else []
        action = ACTION.format(spec=spec, exclusive=exclusive, record=str(folder / "calls.jsonl"), name=name)
        (actions / f"{name}.py").write_text(action, encoding="utf-8")
    role = collections / "infra" / "aap_configuration" / "roles" / "dispatch" / "tasks"
    role.mkdir(parents=True)
    variables = f"dict({list(VARIABLES.values())} | zip(query('ansible.builtin.vars', *{list(VARIABLES.values())})))"
    task = {
        "ansible.builtin.copy": {"content": f"{{{{ {variables} | to_json }}}}", "dest": str(folder / "variables.json")}
    }
    (role / "main.yml").write_text(yaml.safe_dump([task]), encoding="utf-8")
    return {"ANSIBLE_COLLECTIONS_PATH": str(folder / "collections")}


def specification(text: str) -> dict[str, Any]:
    """Return the specification of an option: ``list of str, required``, for instance."""
    form, _comma, required = text.partition(", ")
    name, _of, elements = form.partition(" of ")
    return {"type": name, "required": bool(required), **({"elements": elements} if elements else {})}


def test_both_configurations_define_the_same_objects_with_documented_options(tmp_path: Path) -> None:
    secrets = {"aios_access_key_id": "key", "aios_access_key_secret": "secret"}
    playbooks = [str(EXAMPLES / name) for name in ("configure.yml", "aap_configuration.yml")]
    run = Field(tmp_path, {}).run(*playbooks, variables=secrets, **stand_ins(tmp_path))
    assert run.code == 0, run.text
    calls = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text(encoding="utf-8").splitlines()]
    variables = json.loads((tmp_path / "variables.json").read_text(encoding="utf-8"))

    nodes = variables["controller_workflows"][0].pop("simplified_workflow_nodes")
    for name, variable in VARIABLES.items():
        assert [args for called, args in calls if called == name] == variables[variable], name
        assert set().union(*variables[variable]) <= set(DOCUMENTED["variables"][variable])
    assert set().union(*nodes) <= set(DOCUMENTED["variables"]["simplified_workflow_nodes"])

    defined: list[str] = []
    for args in (args for called, args in calls if called == "workflow_job_template_node"):
        assert set(args["success_nodes"]) <= set(defined), "AWX does not know the following node yet"
        defined.append(args["identifier"])
        shared = {"workflow_job_template", "organization", "lookup_organization"}
        assert {name: value for name, value in args.items() if name not in shared} == nodes[-len(defined)]
        assert args["workflow_job_template"] == variables["controller_workflows"][0]["name"]
    assert defined == ["apply", "approve", "plan", "validate"]
    templates = {each["name"]: each for each in variables["controller_templates"]}
    assert {each["unified_job_template"] for each in nodes if "approval_node" not in each} < templates.keys()
    assert {name for name, each in templates.items() if not each["credentials"]} == {"AIOS validate"}
    assert all((EXAMPLES / "project" / each["playbook"]).exists() for each in templates.values())
    (project,) = variables["controller_projects"]
    assert project["update_project"] is True, "a project whose first update failed would never get its playbooks"


def credential_type() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the fields and the injectors of the credential type, templates as AWX gets them."""
    text = (EXAMPLES / "credential_type.yml").read_text(encoding="utf-8").replace("!unsafe ", "")
    variables = yaml.safe_load(text)
    return variables["aios_credential_type_inputs"]["fields"], variables["aios_credential_type_injectors"]


def inject(inputs: dict[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of a job as AWX makes it: a variable for each injector, empty where nothing was entered."""
    fields, injectors = credential_type()
    assert inputs.keys() <= {field["id"] for field in fields}
    entered = {field["id"]: inputs.get(field["id"], "") for field in fields}
    templates = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    files = {}
    for label, template in injectors["file"].items():
        path = folder / label
        path.write_text(templates.from_string(template).render(entered), encoding="utf-8")
        files[label.removeprefix("template.")] = str(path)
    known = {**entered, "tower": {"filename": files}}
    return {name: templates.from_string(template).render(known) for name, template in injectors["env"].items()}


def test_awx_accepts_the_credential_type() -> None:
    """By the rules of AWX's own validation, of which the examples would break one of these first."""
    fields, injectors = credential_type()
    for field in fields:
        assert field["type"] == "string"
        assert field.get("default", "true") in field.get("choices", ["true"])
        assert field.keys() <= {"id", "label", "help_text", "type", "secret", "multiline", "choices", "default"}
    secret = {field["id"] for field in fields if field.get("secret")}
    assert secret == {"access_key_secret", "account_password", "proxy"}, "a proxy's address can contain a password"
    for name, template in injectors["env"].items():
        assert re.fullmatch(r"[A-Z_]+", name) and not name.startswith("ANSIBLE_")
        assert template.isascii()


@pytest.mark.parametrize(
    "inputs",
    [
        {"access_key_id": KEY["access_key_id"], "access_key_secret": KEY["access_key_secret"], "server_utc_offset": "+08:00"},
        {"account_name": constants.ADMIN_ACCOUNT, "account_password": constants.ADMIN_PASSWORD, "validate_certs": "true"},
    ],
    ids=["access key", "account"],
)  # fmt: skip
def test_a_credential_serves_the_modules(
    platform_with: Callable[..., Platform], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inputs: dict[str, str]
) -> None:
    platform = platform_with(server_utc_offset="+08:00", features="check-time-zone")
    for name, value in inject({"host": platform.sim.url, **inputs}, tmp_path).items():
        monkeypatch.setenv(name, value)
    result = run_module("model_service_info", {"count_only": True})
    assert not result.failed, result["msg"]


@pytest.mark.parametrize("proxy, of_all_jobs", [("http://127.0.0.1:1", ""), ("", "http://127.0.0.1:1")])
def test_a_proxy_is_used_and_an_empty_input_leaves_that_of_all_jobs(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str, of_all_jobs: str
) -> None:
    monkeypatch.setenv("https_proxy" if platform.sim.url.startswith("https") else "http_proxy", of_all_jobs)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    inputs = {"host": platform.sim.url, "account_name": "admin", "account_password": "x", "proxy": proxy}
    for name, value in inject(inputs, tmp_path).items():
        monkeypatch.setenv(name, value)
    result = run_module("model_service_info", {"count_only": True, "job_timeout": 1})
    assert result.failed
    assert "through the proxy from the environment" in result["msg"]


def test_a_digest_of_digits_only_is_text(field: Field) -> None:
    """AWX marks values as unsafe, which ansible-core 2.19 reads as a number."""
    field.declare("one", model_services_items=[service("qwen")])
    digest = "1234567890123456" * 4
    (field.folder / "digest.yml").write_text(
        f"model_services_plan_digest: {{one: !unsafe '{digest}'}}\n", encoding="utf-8"
    )
    run = field.run(str(EXAMPLES / "project" / "apply.yml"), "-e", f"@{field.folder / 'digest.yml'}")
    assert "the plan has changed since it was approved" in run.failures["one"], run.text
    assert field.writes("one") == []
