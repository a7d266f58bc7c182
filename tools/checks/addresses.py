# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every address of this collection is the ``repository`` of ``galaxy.yml``; ``--write`` changes the others to it.

Nobody here owns a name on a public host yet. Whoever registers one would be installed by our commands, so no file may
name such a repository or have ``ansible-galaxy`` fetch the collection by its name.
"""

from __future__ import annotations

import re
import sys

import yaml

from tools.checks.sources import text_files
from tools.env.environment import CHECKOUT

_PUBLIC_HOSTS = r"(?:github|gitlab|gitee|gitcode|codeberg|bitbucket|quay|ghcr)\.(?:com|org|io)"
# Not the tests of these rules, and not what tools write.
_LEFT_OUT = re.compile(r"requirements-dev\.txt|tests/tools/.*|tools/checks/addresses\.py")


def repository() -> str:
    """Return the one address."""
    return str(yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))["repository"])


def our_addresses(address: str) -> re.Pattern[str]:
    """Return what matches a repository of this collection's name, whatever its host."""
    return re.compile(rf"(?:\w+://|\b\w+@)[^\s\"'<>()`,]*?/{re.escape(address.rpartition('/')[2])}\b")


def complaints(name: str, text: str, address: str) -> list[str]:
    """Return what is wrong with the addresses of one file."""
    others = sorted(set(our_addresses(address).findall(text)) - {address})
    found = [f"{name}: {other} is not the repository that galaxy.yml names, {address}" for other in others]
    for public in re.findall(rf"{_PUBLIC_HOSTS}[/:]\S*zstack\S*", text.replace(address, ""), re.IGNORECASE):
        found.append(f"{name}: {public} is a name on a public host that is not ours")
    if name == "docs/docsite/links.yml" and "edit_on_github" in text and "//github.com/" not in address:
        found.append(f"{name}: edit_on_github links every page to a repository on GitHub that is not ours")
    if re.search(r"collection install [^\n`]*(?<!/)\bzstack\.aios\b", text) or _by_name(name, text):
        found.append(f"{name}: zstack.aios would be installed from Galaxy, where the name is not ours")
    return found


def _by_name(name: str, text: str) -> bool:
    """Tell whether a file of requirements asks for the collection by its name, without a source."""
    if not name.endswith("requirements.yml"):
        return False
    collections = (yaml.safe_load(text) or {}).get("collections", [])
    return "zstack.aios" in [each if isinstance(each, str) else each["name"] for each in collections]


def main(arguments: list[str]) -> int:
    """Check, or with ``--write`` change what is not as it should be; return the exit code."""
    address = repository()
    found = []
    for name, text in text_files():
        if _LEFT_OUT.fullmatch(name):
            continue
        wanted = our_addresses(address).sub(address, text)
        if "--write" in arguments and wanted != text:
            (CHECKOUT / name).write_text(wanted, encoding="utf-8")
            text = wanted
            print(f"wrote {name}")
        found += complaints(name, text, address)
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
