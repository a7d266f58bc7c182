# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the HTML documentation of the modules, the role and the guides below ``.build/docs``."""

from __future__ import annotations

import shutil
import sys

from tools.env.environment import BUILD, child_environment, locked, run_folder
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
    stop_on_signals()
    set_up()
    with locked("docs"), run_folder() as folder:
        commands = Commands(child_environment(folder))
        shutil.rmtree(_DOCS, ignore_errors=True)
        (_DOCS / "rst").mkdir(parents=True, mode=0o755)
        pages = ("antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--cleanup", "everything")
        code = commands.run(*pages, "--dest-dir", str(_DOCS / "rst"), _NAME)
        if not code:
            settings = [word for name, value in _SPHINX.items() for word in ("-D", f"{name}={value}")]
            code = commands.run("sphinx-build", "-q", "-C", *settings, "-b", "html", "rst", "html", cwd=_DOCS)
    if not code:
        say(f"built {_DOCS / 'html' / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
