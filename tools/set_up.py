# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the virtual environment ``.venv`` that every make target uses.

Asks the machine for Python 3.11 or later with pip, and for nothing else: no venv package, no right to install into
the system's Python. The packages are those of ``requirements-dev.txt``, checked by their hashes. A second run finds
everything in place and needs no network.
"""

from __future__ import annotations

import ast
import configparser
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from environment import BUILD, CHECKOUT, COLLECTION_PATH, HOME, TYPES, VENV, locked, say, site_packages

_UV_REQUIREMENTS = CHECKOUT / "tools" / "requirements-uv.txt"
_REQUIREMENTS = CHECKOUT / "requirements-dev.txt"
_UV = BUILD / "uv"
_STAMP = VENV / "set-up.stamp"
# The interpreter itself, should make be run inside some virtual environment (this one included).
_BASE_PYTHON = pathlib.Path(sys.base_prefix, "bin", "python{}.{}".format(*sys.version_info[:2]))
_PYTHON = str(_BASE_PYTHON if _BASE_PYTHON.exists() else sys.executable)
# Where packages come from, and how to reach them; nothing of how or where pip installs.
_NETWORK_OPTIONS = ("cert", "client-cert", "extra-index-url", "find-links", "index-url", "no-index", "proxy", "timeout")


def set_up() -> None:
    """Bring ``.venv`` to what the lock files ask for; costs nothing when it is so already."""
    if sys.version_info < (3, 11):
        sys.exit(
            f"Python 3.11 or later is needed, {sys.executable} is {sys.version.split()[0]}: try make PYTHON=python3.12"
        )
    with locked("set-up"):
        stamp = _fingerprint()
        if _STAMP.exists() and _STAMP.read_text() == stamp:
            return
        say("== setting up .venv")
        _STAMP.unlink(missing_ok=True)
        settings = pip_settings()
        _hand_settings_to_ansible_test(settings)
        install_uv()
        environment = uv_environment(settings)
        make_venv(VENV, environment)
        uv(environment, "pip", "sync", "--quiet", "--require-hashes", "--python", str(VENV), str(_REQUIREMENTS))
        link_collection(site_packages(VENV))
        link_collection(TYPES)
        _STAMP.write_text(stamp)


def pip_settings() -> dict[str, str]:
    """Return the options of the machine's own pip configuration that concern the network; variables win over files."""
    command = [_PYTHON, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        key, value = line.split("=", 1)
        section, option = key.rsplit(".", 1)
        if section in found and option in _NETWORK_OPTIONS:
            found[section][option] = str(ast.literal_eval(value))
    return found["global"] | found["install"] | found[":env:"]


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """Return the environment for uv, which reads no pip configuration by itself."""
    environment = dict(os.environ, UV_CACHE_DIR=str(BUILD / "uv-cache"), UV_PYTHON_DOWNLOADS="never")
    if "index-url" in settings:
        environment.setdefault("UV_DEFAULT_INDEX", settings["index-url"])
    if "cert" in settings:
        environment.setdefault("SSL_CERT_FILE", settings["cert"])
    if "proxy" in settings:
        environment.setdefault("ALL_PROXY", settings["proxy"])
    return environment


def install_uv() -> None:
    """Install uv into a folder; ``--target`` works where the system's Python is closed to pip (PEP 668)."""
    marker = _UV / "installed.txt"
    wanted = _UV_REQUIREMENTS.read_text()
    if marker.exists() and marker.read_text() == wanted:
        return
    with tempfile.TemporaryDirectory(prefix="uv-", dir=BUILD) as folder:
        target = pathlib.Path(folder) / "uv"
        command = [_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += [
            "--no-cache-dir",
            "--root-user-action=ignore",
            "--require-hashes",
            "--target",
            str(target),
            "-r",
            str(_UV_REQUIREMENTS),
        ]
        if code := subprocess.run(command, check=False).returncode:
            sys.exit(f"set-up stopped: pip could not install uv (exit code {code})")
        (target / marker.name).write_text(wanted)
        shutil.rmtree(_UV, ignore_errors=True)
        target.rename(_UV)


def uv(environment: dict[str, str], *arguments: str) -> None:
    """Run uv, and end the program when it fails: its own message says why."""
    code = subprocess.run([str(_UV / "bin" / "uv"), *arguments], check=False, env=environment, cwd=CHECKOUT).returncode
    if code:
        sys.exit(f"set-up stopped: uv {arguments[0]} ended with {code}")


def make_venv(venv: pathlib.Path, environment: dict[str, str], python: str = _PYTHON) -> None:
    """Make a virtual environment for ``python``, or keep the one that is there and of the same version."""
    wanted = _python_version(python)
    found = _python_version(str(venv / "bin" / "python"))
    keep = "--allow-existing" if found == wanted else "--clear"
    uv(environment, "venv", "--quiet", "--no-project", keep, "--python", python, str(venv))


def install(venv: pathlib.Path, environment: dict[str, str], *packages: str) -> None:
    """Install packages, given as uv's arguments, into a virtual environment."""
    uv(environment, "pip", "install", "--quiet", "--python", str(venv), *packages)


def link_collection(parent: pathlib.Path) -> None:
    """Make this checkout importable from ``parent`` under the collection's own name."""
    link = parent / COLLECTION_PATH
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(CHECKOUT)


def _hand_settings_to_ansible_test(settings: dict[str, str]) -> None:
    """Write the pip configuration into the home of the checks: ansible-test passes no PIP_ variables on."""
    parser = configparser.RawConfigParser()
    parser["global"] = settings | {"quiet": "2"}
    path = HOME / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("w") as handle:
        parser.write(handle)


def _python_version(python: str) -> str:
    """Return ``major.minor`` of an interpreter, or nothing when it does not run."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", program], check=False, capture_output=True, text=True)
    except OSError:
        return ""
    return answer.stdout.strip()


def _fingerprint() -> str:
    """Return what ``.venv`` depends on: the lock files, the interpreter, the place of the checkout."""
    digest = hashlib.sha256()
    for path in (_REQUIREMENTS, _UV_REQUIREMENTS, pathlib.Path(__file__)):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()} {_python_version(_PYTHON)} {CHECKOUT}\n"


if __name__ == "__main__":
    set_up()
