# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two platforms from nothing to declared, on screen: check, plan, apply, apply again, change, query, deploy.

Each platform is a simulator in a process of its own. Every step is compared with what the simulators saw, and a
step that did something else than expected ends the demo with exit code 1.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
import tempfile
import time
from collections.abc import Mapping

from tools.demo.commands import PLATFORMS, Demo, Outcome, Unexpected, expect, platforms
from tools.env.environment import BUILD, CHECKOUT
from tools.env.processes import stop_on_signals
from tools.env.screen import paint, say

DECLARED = {"aios-shanghai": 12, "aios-shenzhen": 7}
CLONES = {"aios-shanghai": 2, "aios-shenzhen": 1}
CHANGED_FILE = pathlib.Path("group_vars", "datacenter.yml")
CHANGED_SERVICE = "deepseek-r1-distill-qwen-32b"
OLD_VALUE, NEW_VALUE = "--max-model-len 65536", "--max-model-len 131072"
PLAN_LINES_SHOWN = 70


def check_declaration(demo: Demo) -> Outcome:
    """Check what the inventory declares, without any request."""
    heading(1, "Check the declaration, without a platform")
    outcome = demo.run("ansible-playbook", "zstack.aios.validate")
    expect(not any(outcome.requests.values()), "validating sent requests")
    good(f"{sum(DECLARED.values())} services on {len(PLATFORMS)} platforms are declared correctly; no request was sent")
    return outcome


def plan(demo: Demo) -> Outcome:
    """Show what an apply would do."""
    heading(2, "Plan: what would change, field by field")
    outcome = demo.run("ansible-playbook", "zstack.aios.plan", *demo.report_option("plan"), lines=PLAN_LINES_SHOWN)
    expect(not any(outcome.writes.values()), "the plan wrote something")
    for platform in PLATFORMS:
        summary = outcome.stats[platform]
        wanted = (DECLARED[platform] - CLONES[platform], CLONES[platform])
        expect((summary["created"], summary["cloned"]) == wanted, f"{platform}: planned {summary}, expected {wanted}")
        expect(len(outcome.digests[platform]) == 64, f"{platform}: the plan has no digest")
    good(f"{outcome.count('created')} to create, {outcome.count('cloned')} to clone; the platforms saw no write")
    return outcome


def apply_plan(demo: Demo, digests: Mapping[str, str]) -> Outcome:
    """Apply exactly what was planned."""
    heading(3, "Apply the approved plan")
    approved = json.dumps({"model_services_plan_digest": dict(digests)})
    outcome = demo.run("ansible-playbook", "zstack.aios.provision", "-e", approved, *demo.report_option("apply"))
    for platform, simulator in demo.simulators.items():
        held = [service["name"] for service in simulator.services()]
        expect(len(held) == len(set(held)) == DECLARED[platform], f"{platform} holds {sorted(held)}")
    expect(outcome.kinds("add") == sum(DECLARED.values()) - sum(CLONES.values()), "not each service was added once")
    expect(outcome.kinds("clone") == sum(CLONES.values()), "not each clone was made once")
    good(f"{outcome.count('created')} created, {outcome.count('cloned')} cloned, each exactly once")
    return outcome


def apply_again(demo: Demo) -> Outcome:
    """Show that a second run changes nothing."""
    heading(4, "Apply again: nothing changes")
    outcome = demo.run("ansible-playbook", "zstack.aios.provision")
    expect(not any(outcome.writes.values()), f"the second run wrote: {outcome.writes}")
    expect(outcome.count("unchanged") == sum(DECLARED.values()), f"not everything is unchanged: {outcome.stats}")
    expect(
        "changed=0" in outcome.text and not re.search(r"changed=[1-9]", outcome.text),
        "the second run changed something",
    )
    good(f"{outcome.count('unchanged')} unchanged, {sum(outcome.requests.values())} requests, no write")
    return outcome


def change_one_value(demo: Demo) -> Outcome:
    """Change one value in the inventory and show the one update."""
    heading(5, "Change one value: one update")
    file = demo.inventory / CHANGED_FILE
    before = file.read_text(encoding="utf-8")
    expect(before.count(OLD_VALUE) == 1, f"{CHANGED_FILE} does not hold {OLD_VALUE} once")
    file.write_text(before.replace(OLD_VALUE, NEW_VALUE), encoding="utf-8")
    say(paint("dim", f"inventory/{CHANGED_FILE}, {CHANGED_SERVICE}: {OLD_VALUE}  ->  {NEW_VALUE}"))
    outcome = demo.run("ansible-playbook", "--diff", "zstack.aios.provision")
    writes = [write for each in outcome.writes.values() for write in each]
    expect([write["kind"] for write in writes] == ["update"], f"expected one update, saw {writes}")
    sent = writes[0]["body"]["updateModelService"]
    expect(set(sent) == {"startCommand"} and NEW_VALUE in sent["startCommand"], f"the update sent {sent}")
    good(f"one update, and it holds one field: {next(iter(sent))}")
    return outcome


def query(demo: Demo) -> Outcome:
    """Ask one platform for a part of its services."""
    heading(6, "Query the result, ad hoc")
    arguments = {
        "conditions": ["framework=vLLM"],
        "sort_by": "name",
        "fields": ["name", "framework", "start_command"],
    }
    outcome = demo.run("ansible", "localhost", "-m", "zstack.aios.model_service_info", "-a", json.dumps(arguments))
    expect(NEW_VALUE in outcome.text, "the platform does not hold the changed value")
    expect(not any(outcome.writes.values()), "the query wrote something")
    good(f"the platform answers with the changed value: {NEW_VALUE}")
    return outcome


def deploy(demo: Demo) -> Outcome:
    """Deploy one service, and show where it responds."""
    heading(7, "Deploy a service, wait until it runs, and show its addresses")
    outcome = demo.run("ansible-playbook", "demo/deploy.yml", "-e", f"service={CHANGED_SERVICE}")
    expect(outcome.kinds("deploy") == 1, f"not deployed once: {outcome.writes}")
    [group] = [group for simulator in demo.simulators.values() for group in simulator.groups()]
    addresses = [instance["url"] for instance in group["instances"]]
    expect(all(address in outcome.text for address in addresses), f"the addresses {addresses} were not shown")
    again = demo.run("ansible-playbook", "demo/deploy.yml", "-e", f"service={CHANGED_SERVICE}", lines=1)
    expect(not any(again.writes.values()), f"the second run wrote: {again.writes}")
    good(f"{len(addresses)} instances run and respond: {', '.join(addresses)}; a second run changes nothing")
    return outcome


def summarise(demo: Demo, planned: Outcome, applied: Outcome, again: Outcome, changed: Outcome) -> None:
    """Print what the demo has shown, in figures."""
    heading(8, "Summary")
    row = "  {:<24}{:>9}{:>9}{:>9}{:>11}{:>10}{:>9}"
    say(paint("bold", row.format("", "created", "cloned", "updated", "unchanged", "requests", "seconds")))
    for title, outcome in (
        ("plan, nothing written", planned),
        ("apply", applied),
        ("apply again", again),
        ("one value changed", changed),
    ):
        counts = [outcome.count(name) for name in ("created", "cloned", "updated", "unchanged")]
        say(row.format(title, *counts, sum(outcome.requests.values()), f"{outcome.seconds:.1f}"))
    say("")
    for platform, simulator in demo.simulators.items():
        services = simulator.services()
        kinds = sorted({image["cpuArchitecture"] for each in services for image in each.get("modelServiceImages", ())})
        stats = simulator.stats()
        expect(stats["open_sessions"] == 0, f"{platform}: {stats['open_sessions']} sessions were left open")
        say(f"  {platform:<16}{len(services):>3} services on {', '.join(kinds)}; no session left open")
    say("")
    for page in sorted(demo.reports.glob("*.html")):
        say(f"  report: {page.relative_to(CHECKOUT)}")
    say("")
    good("every step did what it says, as the platforms saw it")


def main() -> int:
    """Run the demo and return its exit code."""
    stop_on_signals()
    try:
        with tempfile.TemporaryDirectory(prefix="demo-") as folder, platforms() as simulators:
            demo = Demo(pathlib.Path(folder), _report_folder(), simulators)
            check_declaration(demo)
            planned = plan(demo)
            applied = apply_plan(demo, planned.digests)
            again = apply_again(demo)
            changed = change_one_value(demo)
            query(demo)
            deploy(demo)
            summarise(demo, planned, applied, again, changed)
    except Unexpected as why:
        say(paint("red", f"\n✘ {why}"))
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; the platforms are stopped")
        return 130
    return 0


def _report_folder() -> pathlib.Path:
    parent = BUILD / "demo"
    parent.mkdir(parents=True, exist_ok=True)
    return pathlib.Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=parent))


def heading(number: int, title: str) -> None:
    """Print the title of a step."""
    say("\n" + paint("bold", f"━━ {number}  {title} ".ljust(100, "━")))


def good(text: str) -> None:
    """Print what a step has shown."""
    say(paint("green", f"✔ {text}"))


if __name__ == "__main__":
    sys.exit(main())
