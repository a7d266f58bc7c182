# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in each of its languages."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._report import joint, style
from ansible_collections.zstack.aios.plugins.module_utils._report.languages import (
    CHINESE,
    ENGLISH,
    LANGUAGES,
    choose_language,
)
from ansible_collections.zstack.aios.plugins.module_utils._report.render import render

ROOM = Path(__file__).resolve().parents[3] / "plugins" / "module_utils" / "_report"
ACTIONS = ("created", "cloned", "updated", "replaced", "deleted", "failed", "unknown", "not_attempted")
#: Keys that are put together from an action.
COMPOSED = (
    {*ACTIONS, "unchanged", "part_unknown", "part_not_attempted", "part_changed", "part_would_change"}
    | {f"planned_{action}" for action in ACTIONS[:5]}
    | {f"do_{action}" for action in (*ACTIONS[:5], "unchanged")}
)
#: Names of options, formats and products, which are the same in both languages.
NAMES = {"only", "UUID", "html", "json", "zstack", "aios", "error"}


def placeholders(text: str) -> list[set[str]]:
    """Return the names that are filled into each form of a text."""
    return [{name for _text, name, _form, _how in string.Formatter().parse(form) if name} for form in text.split("|")]


def strings(path: Path) -> Iterator[str]:
    """Yield the texts in the code of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def full_report(check: bool) -> dict[str, Any]:
    """Return a joint report with something in each of its parts, all values of it without letters."""
    change = {"field": "1", "before": 1, "after": 2, "declared_in": "7"}
    text = "\n".join(str(n) for n in range(500))
    changes = [
        change,
        {**change, "before": "", "after": None},
        {**change, "before": text, "after": f"0{text}"},
        {**change, "before": None, "after": text * 2},
        {**change, "before": "8" * 999, "after": "9" * 999},
    ]
    rows = [
        {"name": "2", "uuid": "3", "action": action, "planned": planned, "pruned": planned == "deleted", "error": "",
         "code": "", "changes": [], "host": "4"}
        for action in ACTIONS
        for planned in (*ACTIONS[:5], "unchanged")
    ]  # fmt: skip
    rows += [{**rows[0], "changes": changes}, {**rows[0], "changes": changes[3:4]}]
    rows += [{**rows[0], "action": "updated", "error": str(n), "code": "5"} for n in range(60)]
    rows += [{**rows[0], "action": "updated", "error": "1", "code": "5"} for n in range(60)]
    counts = {action: sum(row["action"] == action for row in rows) for action in (*ACTIONS, "unchanged")}
    summary = {
        **counts,
        "unchanged": 6,
        "total": len(rows) + 6,
        "requests": 1,
        "logins": 2,
        "seconds": 7300.0,
        "instance_groups": 3,
    }
    one = {
        "version": "1.0.0", "host": "4", "platform": "1.2.3.4", "started": "2026", "check": check, "refused": "",
        "interrupted": False, "plan_digest": "12", "summary": summary, "uncompared": {"6": 3}, "unmanaged":
        [{"name": "1", "uuid": "2"}], "left_out": 2, "undo_path": "/7", "rows": rows, "uuids": {},
    }  # fmt: skip
    refused = {**one, "host": "5", "refused": "1\n2", "rows": [], "unmanaged": []}
    return {**joint.join([one, refused]), "undo_path": "/7"}


def words_of(text: str) -> set[str]:
    """Return the Latin words of a report, without those of markup."""
    body = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", text, flags=re.DOTALL)
    attributes = re.findall(r'(?:placeholder|aria-label|data-(?:open|close|all|some))="([^"]*)"', body)
    shown = unescape(re.sub(r"<[^>]*>", " ", body) + " ".join(attributes))
    return set(re.findall(r"[A-Za-z]{2,}", re.sub(r"```+diff|\{\w+\}", "", shown)))


def test_no_language_lacks_a_text_and_each_fills_in_the_same_values() -> None:
    for language in LANGUAGES.values():
        assert list(language.texts) == sorted(ENGLISH.texts)
        for key, text in language.texts.items():
            wanted = placeholders(ENGLISH.texts[key])[-1]
            assert all(form <= wanted for form in placeholders(text)), key
            assert placeholders(text)[-1] == wanted, key


def test_every_text_is_used_and_none_is_asked_for_that_is_not_there() -> None:
    used = {text for file in ("html.py", "markdown.py", "wording.py") for text in strings(ROOM / file)}
    assert set(ENGLISH.texts) - used - COMPOSED == set()
    asked = {
        node.args[0].value
        for file in ("html.py", "markdown.py", "wording.py")
        for node in ast.walk(ast.parse((ROOM / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and "say" in ast.unparse(node.func) and node.args
        if isinstance(node.args[0], ast.Constant)
    }
    assert len(asked) > 40 and asked | COMPOSED <= set(ENGLISH.texts)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_no_word_of_another_language_is_left_in_a_report(suffix: str, check: bool) -> None:
    report = full_report(check)
    assert words_of(render(report, suffix, CHINESE)) <= NAMES
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", render(report, suffix, ENGLISH))
    assert len(words_of(render(report, suffix, ENGLISH))) > 60


def test_the_page_and_its_errors_name_their_language() -> None:
    report = {**full_report(False), "platforms": ()}
    english, chinese = (render(report, ".html", language) for language in (ENGLISH, CHINESE))
    assert '<html lang="en">' in english and '<p class="error">' in english
    assert '<html lang="zh-CN">' in chinese and '<p class="error" lang="en">' in chinese
    assert "<h1>" in chinese and "失败" in chinese[chinese.index("<h1>") :]


def test_the_script_is_the_same_for_all_languages_and_has_no_words() -> None:
    pages = [render(full_report(False), ".html", language) for language in (ENGLISH, CHINESE)]
    scripts = [page[page.index("<script>") : page.index("</script>")] for page in pages]
    assert scripts[0] == scripts[1] and style.SCRIPT in scripts[0]
    assert not any(word in style.SCRIPT for word in ('shown"', "Open all", "Close all", '"en"'))
    assert 'data-all="{all} shown" data-some="{some} of {all} shown"' in pages[0]
    assert 'data-open="全部展开" data-close="全部收起" data-all="显示 {all} 个服务"' in pages[1]


@pytest.mark.parametrize(
    ("key", "n", "english", "chinese"),
    [
        ("services_counted", 1, "1 service", "1 个服务"),
        ("services_counted", 0, "0 services", "0 个服务"),
        ("services_counted", 12345, "12,345 services", "12,345 个服务"),
        ("platforms_counted", 1, "1 platform", "1 个平台"),
        ("logins", 1, "1 login", "1 次登录"),
        ("lines_unchanged", 19, "19 lines unchanged", "19 行无变化"),
    ],
)
def test_numbers_have_the_form_that_belongs_to_them(key: str, n: int, english: str, chinese: str) -> None:
    assert (ENGLISH.say(key, n), CHINESE.say(key, n)) == (english, chinese)


def test_json_is_the_same_in_every_language() -> None:
    assert render(full_report(False), ".json", ENGLISH) == render(full_report(False), ".json", CHINESE)


@pytest.mark.parametrize(
    ("given", "environment", "wanted"),
    [
        ("zh_CN", {"LANG": "en_US.UTF-8"}, CHINESE),
        ("en", {"LANG": "zh_CN.UTF-8"}, ENGLISH),
        (None, {"LANG": "zh_CN.UTF-8"}, CHINESE),
        (None, {"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, ENGLISH),
        (None, {"LC_ALL": "", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, CHINESE),
        (None, {"LANG": "zh.UTF-8"}, CHINESE),
        (None, {"LANG": "de_DE.UTF-8"}, ENGLISH),
        (None, {}, ENGLISH),
        ("klingon", {"LANG": "zh_SG"}, CHINESE),
        (["en"], {"LANG": "zh_CN"}, CHINESE),
    ],
)
def test_the_option_decides_and_else_the_locale(given: Any, environment: dict[str, str], wanted: Any) -> None:
    assert choose_language(given, environment) is wanted
