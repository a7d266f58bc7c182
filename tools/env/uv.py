# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""uv, which makes virtual environments and fills them, under the network settings of the machine's own pip."""

from __future__ import annotations

import ast
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from tools.env.environment import BUILD, CHECKOUT

REQUIREMENTS = CHECKOUT / "tools" / "env" / "requirements-uv.txt"
_UV = BUILD / "uv"
# The interpreter itself, should make be run inside some virtual environment (.venv included).
_BASE_PYTHON = pathlib.Path(sys.base_prefix, "bin", "python{}.{}".format(*sys.version_info[:2]))
PYTHON = str(_BASE_PYTHON if _BASE_PYTHON.exists() else sys.executable)
# Where packages come from, and how to reach them; nothing of how or where pip installs.
_NETWORK_OPTIONS = ("cert", "client-cert", "extra-index-url", "find-links", "index-url", "no-index", "proxy", "timeout")


def pip_settings() -> dict[str, str]:
    """Return the options of the machine's own pip configuration that concern the network; variables win over files."""
    command = [PYTHON, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        key, value = line.split("=", 1)
        section, option = key.rsplit(".", 1)
        if section in found and option in _NETWORK_OPTIONS:
            found[section][option] = str(ast.literal_eval(value))
    return found["global"] | found["install"] | found[":env:"]


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return the environment for uv, which reads no pip configuration by itself."""
    variables = dict(os.environ, UV_CACHE_DIR=str(BUILD / "uv-cache"), UV_PYTHON_DOWNLOADS="never")
    if "index-url" in settings:
        variables.setdefault("UV_DEFAULT_INDEX", settings["index-url"])
    if "cert" in settings:
        variables.setdefault("SSL_CERT_FILE", settings["cert"])
    if "proxy" in settings:
        variables.setdefault("ALL_PROXY", settings["proxy"])
    return variables


def install_uv() -> None:
    """Install uv into a folder; ``--target`` works where the system's Python is closed to pip (PEP 668)."""
    marker = _UV / "installed.txt"
    wanted = REQUIREMENTS.read_text()
    if marker.exists() and marker.read_text() == wanted:
        return
    with tempfile.TemporaryDirectory(prefix="uv-", dir=BUILD) as folder:
        target = pathlib.Path(folder) / "uv"
        command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
        command += ["--root-user-action=ignore", "--require-hashes", "--target", str(target), "-r", str(REQUIREMENTS)]
        if code := subprocess.run(command, check=False).returncode:
            sys.exit(f"set-up stopped: pip could not install uv (exit code {code})")
        (target / marker.name).write_text(wanted)
        shutil.rmtree(_UV, ignore_errors=True)
        target.rename(_UV)


def run(variables: dict[str, str], *arguments: str) -> None:
    """Run uv, and end the program when it fails: its own message says why."""
    code = subprocess.run([str(_UV / "bin" / "uv"), *arguments], check=False, env=variables, cwd=CHECKOUT).returncode
    if code:
        sys.exit(f"set-up stopped: uv {arguments[0]} ended with {code}")


def make_venv(venv: pathlib.Path, variables: dict[str, str], python: str = PYTHON) -> None:
    """Make a virtual environment for ``python``, or keep the one that is there and of the same version."""
    keep = "--allow-existing" if python_version(str(venv / "bin" / "python")) == python_version(python) else "--clear"
    run(variables, "venv", "--quiet", "--no-project", keep, "--python", python, str(venv))


def install(venv: pathlib.Path, variables: dict[str, str], *packages: str) -> None:
    """Install packages, given as uv's arguments, into a virtual environment."""
    run(variables, "pip", "install", "--quiet", "--python", str(venv), *packages)


def python_version(python: str) -> str:
    """Return ``major.minor`` of an interpreter, or nothing when it does not run."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", program], check=False, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip()
