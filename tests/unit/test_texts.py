# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What code and guides quote of each other exists: rules of the platform, messages, tests."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "docsite" / "rst"
SIMULATOR_TESTS = sorted((ROOT / "tests" / "simulator" / "tests").glob("*.py"))
SOURCES = sorted((ROOT / "plugins").rglob("*.py"))
#: Where a message that a user sees can come from.
MESSAGES = [*SOURCES, *(ROOT / "roles").rglob("*.yml")]
#: Messages of the guide that come from others: the platform, Ansible.
FOREIGN = ("no api mapping", "requestTimeTooSkewed", "wrong accessKey signature", "couldn't resolve module/action",
           "Failed to import the required Python library", "Missing ... Identifier")  # fmt: skip
#: What stands in a quoted message for a value that is filled in.
_FILLED_IN = re.compile(
    r"\.\.\.|\b\d[\d.]*\b|\b(?:model service|model center|model|zone|number|are now)\b(?! services)"
)
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def comments(source: str) -> Iterator[str]:
    """Yield the comments and docstrings of a file."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _DOCUMENTED):
            yield ast.get_docstring(node) or ""


def messages() -> str:
    """Return the texts in the code as one line, parts of a text joined, values that are filled in as ``{}``."""
    found = []
    for path in MESSAGES:
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            texts = (node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Constant, ast.JoinedStr)))
            found += [_text(node) for node in texts]
        else:
            found.append(source)
    return "\n".join(found)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "{}"


def quotes(guide: str) -> Iterator[str]:
    """Yield the messages in the first column of the tables of a guide: what is quoted there in several words."""
    for entry in re.findall(r"^   \* - (``.*(?:\n     ``.*)*)", guide, re.MULTILINE):
        yield from (quote for quote in re.findall(r"``(.+?)``", entry) if " " in quote)


def test_every_rule_of_the_platform_that_a_comment_cites_has_its_anchor() -> None:
    page = (GUIDES / "platform.rst").read_text(encoding="utf-8")
    anchors = set(
        re.findall(r"^\.\. _ansible_collections\.zstack\.aios\.docsite\.platform\.(\w+):$", page, re.MULTILINE)
    )
    cited = {
        (path.name, name)
        for path in (*SOURCES, *SIMULATOR_TESTS)
        for text in comments(path.read_text(encoding="utf-8"))
        for name in re.findall(r"\bplatform\.([a-z]\w*)", text)
        if name != "py"
    }
    assert len(cited) > 40
    assert {(file, name) for file, name in cited if name not in anchors} == set()


def test_every_message_that_the_guide_explains_exists() -> None:
    quoted = list(quotes((GUIDES / "troubleshooting.rst").read_text(encoding="utf-8")))
    assert len(quoted) > 20
    there = messages()
    missing = []
    for quote in quoted:
        parts = (re.escape(part.strip()) for part in _FILLED_IN.split(quote))
        pattern = ".{0,40}?".join(part for part in parts if part)
        if not quote.startswith(FOREIGN) and not re.search(pattern, there):
            missing.append(quote)
    assert missing == []


def test_every_error_code_of_the_collection_is_explained() -> None:
    guide = (GUIDES / "troubleshooting.rst").read_text(encoding="utf-8")
    codes = {
        node.args[1].value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("AiosError", "GuardError")
        if len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
    }
    assert len(codes) > 10
    assert {code for code in codes if f"``{code}" not in guide} == set()


@pytest.mark.parametrize("guide", ["promises.rst"])
def test_every_test_that_a_guide_names_exists(guide: str) -> None:
    named = re.findall(
        r"``((?:unit|functional|support)/[\w/]+\.\w+)(?:::(\w+))?``", (GUIDES / guide).read_text(encoding="utf-8")
    )
    assert len(named) > 10
    missing = [
        (path, name)
        for path, name in named
        if not (ROOT / "tests" / path).is_file()
        or (name and f"def {name}(" not in (ROOT / "tests" / path).read_text(encoding="utf-8"))
    ]
    assert missing == []
