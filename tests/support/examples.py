# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of a text, and the shell script that does with them what a reader does.

A block of YAML that is named by a caption, or in Markdown by a comment in its first line, is a file. A playbook is run
where it stands, unless a command of the page names it. Tasks get a play around them. Commands are run as they are.

``not run: REASON`` in a comment directly before a block leaves it out. What programs display (``text``) is no example.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

#: The beginning of the comment that leaves a block out.
MARK = re.compile(r"^ *(?:\.\.|<!--) not run", re.MULTILINE)
_RST = re.compile(
    r"^(?P<margin> *)(?:\.\. not run:(?P<reason>.*(?:\n(?P=margin) +\S.*)*)\n(?P=margin))?"
    r"\.\. code-block:: (?P<language>\S+)\n(?:(?P=margin) +:caption: (?P<path>.*)\n)?\n"
    r"(?P<body>(?:(?P=margin) +\S.*\n|\n)+)",
    re.MULTILINE,
)
_MARKDOWN = re.compile(
    r"^(?P<margin> *)(?:<!-- not run:(?P<reason>(?:(?!-->).|\n)*)-->\n(?P=margin))?```(?P<language>\w+)\n"
    r"(?:(?P=margin)# (?P<path>\S+\.\w+).*\n)?(?P<body>(?:(?!(?P=margin)```).*\n)*)",
    re.MULTILINE,
)
#: Every block of code, however it is written.
_DIRECTIVE = re.compile(r"^ *\.\. (?:code|code-block|sourcecode|literalinclude)::", re.MULTILINE)
_FENCE = re.compile(r"^( *)```.*\n(?:(?!\1```).*\n)*\1```$", re.MULTILINE)
#: What a reader replaces by the address of a platform: that of the first simulator, or of the second one.
_ADDRESS = re.compile(
    r"(?:https?://)?(?:127\.0\.0\.1(?::808(?P<port>[01])\b)?|aios(?:[.-](?P<city>\w+))?\.example\.com(?::\d+)?)(?:/zstack\b)?"
)
_PLAYBOOK = re.compile(
    r"\A(?=- ).*?^(?:- |  )(?:hosts|(?:ansible\.builtin\.)?import_playbook):", re.DOTALL | re.MULTILINE
)
_TASKS = re.compile(r"\A(?=- ).*?^(?:- |  )\w+\.\w+\.\w+:", re.DOTALL | re.MULTILINE)
_PLAY = "- name: Run the tasks of an example\n  hosts: localhost\n  gather_facts: false\n  tasks:\n"
#: Commands in a row that run playbooks of the collection.
_COLLECTION = re.compile(
    r"^(?:ansible-playbook -i inventory zstack\.aios\.\w+ *(?:#(?!.*changed=0).*)?\n){2,}", re.MULTILINE
)
_SHELLS = ("console", "sh")


@dataclass(frozen=True)
class Example:
    """A block of code of a text.

    :ivar reason: why it is not run; None when it is.
    """

    place: str
    language: str
    path: str
    text: str
    reason: str | None

    @property
    def commands(self) -> str:
        """What a reader types; empty when this is no example of commands."""
        if self.language not in _SHELLS:
            return ""
        lines = (line.removeprefix("$ ") for line in self.text.splitlines())
        return "".join(f"{line}\n" for line in lines)


def read_examples(path: Path) -> list[Example]:
    """Return the examples of a text, or of the documentation of a plugin or a role, in their order."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".py", ".yml"):
        return [Example(path.name, "yaml", "", documented, None) for documented in _documented(path, text)]
    block, opening = (_MARKDOWN, _FENCE) if path.suffix == ".md" else (_RST, _DIRECTIVE)
    blocks = list(block.finditer(text))
    if len(blocks) != len(opening.findall(text)):
        raise ValueError(
            f"{path.name}: not every block of code is understood; give it a language and no further option"
        )
    examples = []
    for found in blocks:
        reason = found["reason"]
        line = text.count("\n", 0, found.start("language")) + 1
        example = Example(
            place=f"{path.name}:{line}",
            language=found["language"],
            path=(found["path"] or "").strip(),
            text=textwrap.dedent(found["body"]).strip("\n") + "\n",
            reason=None if reason is None else " ".join(reason.split()),
        )
        if example.language != "text":
            examples.append(example)
    return examples


def _documented(path: Path, text: str) -> list[str]:
    """Return the examples in the documentation of a plugin, or of each entry point of a role."""
    if path.suffix == ".py":
        return re.findall(r'^EXAMPLES = r?"""\n(.*?)"""', text, re.DOTALL | re.MULTILINE)
    documentation = yaml.safe_load(text)
    if "argument_specs" in documentation:
        return [entry_point["examples"] for entry_point in documentation["argument_specs"].values()]
    return [documentation["EXAMPLES"]]


def at_platforms(text: str, address: Callable[[int], str]) -> str:
    """Return a text with the addresses of platforms as they are in a test: of the first one (0) or the second one (1)."""

    def replacement(found: re.Match[str]) -> str:
        return address(int(found["port"] == "1" or found["city"] == "shenzhen"))

    return _ADDRESS.sub(replacement, text)


def script(examples: Iterable[Example], play: str = "ansible-playbook") -> str:
    """Return the commands of bash that do what the examples that are run say, in their order.

    :param play: the command that runs playbooks which no command of the page names.
    :raises ValueError: names an example of which it is not clear what a reader does with it.
    """
    run = [example for example in examples if example.reason is None]
    typed = "".join(example.commands for example in run)
    lines = ["set -eu -o pipefail"]
    waiting: list[str] = []
    for place, example in enumerate(run):
        path, text = _file(example, place)
        if not path or not _PLAYBOOK.search(text) or path in typed:
            lines += _play(play, waiting)
            waiting = []
        lines += [f": {example.place}"]
        if path:
            lines += [f"mkdir -p $(dirname {path})", f"cat > {path} <<'END OF EXAMPLE'", text + "END OF EXAMPLE"]
            waiting += [path] if _PLAYBOOK.search(text) and path not in typed else []
        else:
            lines += _checked(example.commands)
    if run and not waiting and not run[-1].commands:
        raise ValueError(f"{run[-1].place}: nothing on the page uses this file")
    return _COLLECTION.sub(_together, "\n".join([*lines, *_play(play, waiting)]) + "\n")


def _file(example: Example, place: int) -> tuple[str, str]:
    """Return path and content of the file that an example is; no path when it is commands."""
    if example.commands:
        return "", ""
    if example.language != "yaml":
        raise ValueError(f"{example.place}: {example.language} cannot be run; mark it with a reason")
    playbook = _PLAYBOOK.search(example.text)
    if not playbook and _TASKS.search(example.text):
        return f"example-{place}.yml", _PLAY + textwrap.indent(example.text, "    ")
    if not example.path and not playbook:
        raise ValueError(f"{example.place}: neither a playbook nor tasks, and no path says which file it is")
    return example.path or f"example-{place}.yml", example.text


def _together(commands: re.Match[str]) -> str:
    """Return one command for several that differ in the playbook only."""
    first, *others = (line.partition("#")[0].split() for line in commands[0].splitlines())
    return " ".join([*first, *(words[-1] for words in others)]) + "\n"


def _play(command: str, playbooks: list[str]) -> list[str]:
    """Return one start of Ansible for several playbooks, because a start takes as long as a task."""
    return [" ".join([command, *playbooks])] if playbooks else []


def _checked(commands: str) -> Iterator[str]:
    """Yield commands; where a comment says ``changed=0``, with a check of it."""
    for line in commands.splitlines():
        if "# changed=0" not in line:
            yield line
            continue
        yield f"{{ {line.partition('#')[0].strip()}; }} 2>&1 | tee shown.log"
        yield "if ! grep -q 'changed=0' shown.log || grep -q 'changed=[1-9]' shown.log; then exit 1; fi"
