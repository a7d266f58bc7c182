# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the HTML documentation of the modules, the role and the guides below ``.build/docs``.

Its pages say how to get the collection from where it is: unless told otherwise they would name Galaxy. Translated pages
name their language.
"""

from __future__ import annotations

import pathlib
import re
import shutil
import sys
import time

from tools.env.environment import BUILD, CHECKOUT, child_environment, locked, run_folder
from tools.env.processes import Commands, stop_on_signals
from tools.env.screen import say
from tools.env.set_up import set_up

_DOCS = BUILD / "docs"
_NAME = "zstack.aios"
_SPHINX = {
    "project": _NAME,
    "copyright": "The zstack.aios authors, GPL-3.0-or-later",
    "extensions": "sphinx_antsibull_ext",
    "default_role": "any",
    "highlight_language": "YAML+Jinja",
    "pygments_style": "ansible",
    "html_theme": "sphinx_ansible_theme",
    "suppress_warnings": "ref.ref",  # labels of Ansible's own documentation; ours are antsibull-docs' to check
}


def main() -> int:
    """Build the pages anew and return the exit code of the first tool that fails, or 0."""
    began = time.monotonic()
    stop_on_signals()
    set_up()
    with locked("docs"), run_folder() as folder:
        code = _build(Commands(child_environment(folder)), _configuration(folder))
    code = code or _offers_of_galaxy()
    if not code:
        say(f"built {_DOCS / 'html' / 'index.html'} in {time.monotonic() - began:.0f} s")
    return code


def _configuration(folder: pathlib.Path) -> pathlib.Path:
    """Write the configuration of antsibull-docs: where the collection is, and how to install it from there."""
    galaxy = (CHECKOUT / "galaxy.yml").read_text(encoding="utf-8")
    (address,) = re.findall(r"^repository: (.+)$", galaxy, re.MULTILINE)
    path = folder / "antsibull-docs.cfg"
    path.write_text(
        f"collection_url = {{\n    * = {address}\n}}\n"
        f"collection_install = {{\n    * = ansible-galaxy collection install git+{address}.git\n}}\n",
        encoding="utf-8",
    )
    return path


def _build(commands: Commands, configuration: pathlib.Path) -> int:
    shutil.rmtree(_DOCS, ignore_errors=True)
    (_DOCS / "rst").mkdir(parents=True, mode=0o755)
    antsibull = ("antsibull-docs", "--config-file", str(configuration), "collection", "--use-current")
    options = ("--squash-hierarchy", "--cleanup", "everything", "--dest-dir", str(_DOCS / "rst"))
    code = commands.run(*antsibull, *options, _NAME)
    for page in (_DOCS / "rst").glob("*_role.rst"):
        page.write_text(main_first(page.read_text(encoding="utf-8")), encoding="utf-8")
    if not code:
        # antsibull-docs takes the pages only.
        shutil.copytree(CHECKOUT / "docs" / "docsite" / "rst" / "images", _DOCS / "rst" / "docsite" / "images")
        settings = [word for name, value in _SPHINX.items() for word in ("-D", f"{name}={value}")]
        code = commands.run("sphinx-build", "-q", "-C", *settings, "-b", "html", "rst", "html", cwd=_DOCS)
    for page in (_DOCS / "html" / "docsite").glob("*_*/*.html"):
        language = page.parent.name.replace("_", "-")
        source = page.read_text(encoding="utf-8").replace(' lang="en"', f' lang="{language}"', 1)
        page.write_text(source, encoding="utf-8")
    return code


def main_first(page: str) -> str:
    """Return the page of a role with the entry point ``main`` before the others, which antsibull-docs sorts by name."""
    parts = re.split(r"^(?=\.\. _\S+_role__entrypoint-\w+:$|\.\. Extra links$)", page, flags=re.MULTILINE)
    head, *entry_points, rest = parts
    entry_points.sort(key=lambda text: "__entrypoint-main:" not in text.partition("\n")[0])
    return "".join([head, *entry_points, rest])


def _offers_of_galaxy() -> int:
    """Return 1 when a page would have the collection installed from Galaxy, where nobody owns its name yet."""
    pages = list((_DOCS / "html").rglob("*.html"))
    text = re.compile(r"galaxy\.ansible\.com|ansible-galaxy collection install zstack\.aios")
    offering = []
    for page in pages:
        source = page.read_text(encoding="utf-8")
        if text.search(source) or text.search(re.sub(r"<[^>]*>", "", source)):
            offering.append(page.name)
    if offering or not pages:
        say(f"pages that offer the collection from Galaxy: {', '.join(offering)}" if pages else "no page was built")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
