# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the guides take for an example, and what they do with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.zstack.aios.tests.support.examples import Example, at_platforms, read_examples, script

PLAY = "- name: Play\n  hosts: localhost\n  tasks: []\n"
RST = """
Text::

    output

.. code-block:: text

    output

.. code-block:: yaml
    :caption: services/chat.yml

    - name: chat

      request_cpu: 8

* An entry

  .. not run: for a
     reason
  .. code-block:: console

      $ command

.. not run:
.. code-block:: python

    1
"""
MARKDOWN = """
```yaml
# services/chat.yml, for all
- name: chat
```

<!-- not run: for a
reason -->
```sh
command
```
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.rst", ".. code-block:: yaml\n    :linenos:\n\n    a: 1\n"),
        ("page.rst", ".. literalinclude:: play.yml\n"),
        ("page.md", "```\na: 1\n```\n"),
    ],
)
def test_a_block_that_is_not_understood_is_an_error(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"{name}: not every block of code is understood"):
        read_examples(tmp_path / name)


def example(language: str, text: str, path: str = "", reason: str | None = None) -> Example:
    """Return an example of line 1."""
    return Example("page.rst:1", language, path, text, reason)


def test_the_examples_of_a_guide_are_read_with_their_files_and_reasons(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    page.write_text(RST, encoding="utf-8")
    assert read_examples(page) == [
        Example("page.rst:10", "yaml", "services/chat.yml", "- name: chat\n\n  request_cpu: 8\n", None),
        Example("page.rst:21", "console", "", "$ command\n", "for a reason"),
        Example("page.rst:26", "python", "", "1\n", ""),
    ]


def test_the_examples_of_markdown_are_read_with_their_files_and_reasons(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(MARKDOWN, encoding="utf-8")
    assert read_examples(page) == [
        Example("page.md:2", "yaml", "services/chat.yml", "- name: chat\n", None),
        Example("page.md:9", "sh", "", "command\n", "for a reason"),
    ]


def commands(*examples: Example) -> list[str]:
    """Return what a reader runs, without the content of files."""
    lines = script(examples).splitlines()
    return [line for line in lines if line.startswith(("ansible", "cat >", "first", "second", "{ ", "if "))]


def test_playbooks_in_a_row_start_ansible_once_and_in_their_place() -> None:
    play, task = example("yaml", PLAY), example("yaml", "- name: Task\n  ansible.builtin.ping:\n")
    assert commands(example("sh", "first\n"), play, task, example("console", "$ second \\\n    it\n"), play) == [
        "first",
        "cat > example-1.yml <<'END OF EXAMPLE'",
        "cat > example-2.yml <<'END OF EXAMPLE'",
        "ansible-playbook example-1.yml example-2.yml",
        "second \\",
        "cat > example-4.yml <<'END OF EXAMPLE'",
        "ansible-playbook example-4.yml",
    ]


def test_a_playbook_that_a_command_names_is_not_run_by_itself() -> None:
    named = example("yaml", PLAY, "play.yml")
    assert commands(named, example("sh", "ansible-playbook play.yml --check\n")) == [
        "cat > play.yml <<'END OF EXAMPLE'",
        "ansible-playbook play.yml --check",
    ]


def test_playbooks_of_the_collection_in_a_row_start_ansible_once() -> None:
    run = "ansible-playbook -i inventory zstack.aios"
    text = f"{run}.validate\n{run}.plan   # shows\n{run}.undo --check\n{run}.drift\n"
    assert commands(example("sh", text)) == [f"{run}.validate zstack.aios.plan", f"{run}.undo --check", f"{run}.drift"]


def test_what_changes_nothing_is_checked() -> None:
    first, second = commands(example("sh", "ansible-playbook play.yml    # changed=0: nothing\n"))
    assert first == "{ ansible-playbook play.yml; } 2>&1 | tee shown.log"
    assert "changed=[1-9]" in second


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([example("terraform", "resource {}\n")], "page.rst:1: terraform cannot be run; mark it with a reason"),
        ([example("yaml", "a: 1\n")], "page.rst:1: neither a playbook nor tasks, and no path says which file it is"),
        ([example("yaml", "a: 1\n", "variables.yml")], "page.rst:1: nothing on the page uses this file"),
    ],
)
def test_an_example_of_which_nobody_knows_what_to_do_is_an_error(examples: list[Example], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        script(examples)
    assert script([Example(one.place, one.language, one.path, one.text, "a reason") for one in examples]) == script([])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("host: aios.example.com", "host: [0]"),
        ("host: https://aios.shanghai.example.com:8443/zstack", "host: [0]"),
        ("host: https://aios-shenzhen.example.com", "host: [1]"),
        ("ZSTACK_HOST=127.0.0.1 X=1", "ZSTACK_HOST=[0] X=1"),
        ("http://127.0.0.1:8081/zstack/v1", "[1]/v1"),
        ("https://git.example.com/", "https://git.example.com/"),
    ],
)
def test_addresses_of_platforms_are_those_of_the_test(text: str, expected: str) -> None:
    assert at_platforms(text, lambda number: f"[{number}]") == expected
