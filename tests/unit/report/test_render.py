# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run as HTML, Markdown and JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._report.languages import CHINESE, ENGLISH, Language
from ansible_collections.zstack.aios.plugins.module_utils._report.render import render
from hypothesis import given
from hypothesis import strategies as st

ACTIONS = ("created", "cloned", "updated", "replaced", "deleted", "failed", "unknown", "not_attempted")
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202egpj\x00\ud800`|`\"'&<img src=https://evil.example.com/x>"
YAML = "services:\n" + "".join(f"  - name: part-{n}\n    port: {8000 + n}\n" for n in range(20))


class Page(HTMLParser):
    """A page taken apart: its elements, its text, and the contents of its rows."""

    VOID = frozenset({"meta", "input", "col"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data

    def having(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of a kind that has these among them."""
        return [found for name, found in self.elements if name == tag and attributes.items() <= found.items()]


def make_row(name: str = "qwen", action: str = "updated", **values: Any) -> dict[str, Any]:
    """Return a row; ``planned`` is its action unless it is given."""
    planned = action if action in ACTIONS[:4] else "updated"
    row = {"name": name, "uuid": "", "action": action, "planned": planned, "pruned": False, "error": "", "code": ""}
    return {**row, "changes": [], **values}


#: What a report shows before its rows.
FACTS = ("version", "host", "platform", "started", "check", "refused", "interrupted", "plan_digest", "summary", "uncompared",
         "unmanaged")  # fmt: skip


def make_report(*rows: dict[str, Any], check: bool = False, unchanged: int = 0, **summary: int) -> dict[str, Any]:
    """Return a report over the rows with the counts that belong to them."""
    counts = {action: sum(row["action"] == action for row in rows) for action in ACTIONS}
    total = len(rows) + unchanged
    costs = {"requests": 12, "logins": 1, "seconds": 185.2}
    return {
        "host": "",
        "platform": "https://aios.example.com:8443/zstack",
        "started": "2026-11-21 02:13:05 +0000",
        "check": check,
        "version": "1.0.0",
        "plan_digest": "c0ffee" * 10,
        "refused": "",
        "interrupted": False,
        "uncompared": {},
        "unmanaged": [],
        "summary": {**counts, "unchanged": unchanged, "total": total, **costs, **summary},
        "rows": list(rows),
    }


def change(field: str, before: Any, after: Any) -> dict[str, Any]:
    """Return what changed of one field."""
    return {"field": field, "before": before, "after": after}


def html_of(*changes: dict[str, Any]) -> str:
    """Return the page about one service with these changes."""
    return render(make_report(make_row(changes=list(changes))), ".html")


@pytest.mark.parametrize("suffix", ["", ".htm", ".HTML", ".txt", ".md\x1b[2J"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(suffix: str) -> None:
    with pytest.raises(ValueError, match=r"\.html, \.md or \.json") as caught:
        render(make_report(), suffix)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        (make_report(make_row(action="failed"), make_row(), unchanged=1240), "1 of 1,242 services failed"),
        (make_report(make_row(action="unknown"), make_row()), "1 of 2 services unknown"),
        (make_report(make_row(action="unknown"), make_row(action="failed")), "1 of 2 services failed, 1 unknown"),
        (
            {**make_report(make_row(), make_row("b", "unknown")), "interrupted": True},
            "Interrupted after 1 of 2 services",
        ),
        ({**make_report(), "refused": "the account is locked"}, "Nothing was done"),
        ({**make_report(check=True), "refused": "the account is locked"}, "Plan: nothing was done"),
        (make_report(make_row(action="not_attempted"), make_row()), "1 of 2 services not attempted"),
        (make_report(make_row(), make_row("b", "deleted"), unchanged=3), "2 of 5 services changed"),
        (make_report(make_row(), check=True), "Plan: 1 service would change"),
        (make_report(unchanged=7), "All 7 services are as declared"),
        (make_report(unchanged=1, check=True), "Plan: 1 service is as declared"),
        (make_report(), "Nothing is declared"),
    ],
)
@pytest.mark.parametrize(("suffix", "form"), [(".html", "</span>{}</h1>"), (".md", "# {}\n")])
def test_the_title_says_the_outcome(report: dict[str, Any], headline: str, suffix: str, form: str) -> None:
    assert form.format(headline) in render(report, suffix)


def test_every_count_is_shown_with_its_label() -> None:
    counts: dict[str, Any] = dict(zip((*ACTIONS, "unchanged"), (11, 12, 13, 14, 15, 16, 17, 18, 19000), strict=True))
    report = make_report(make_row(), **counts)
    html, markdown = render(report, ".html"), render(report, ".md")
    for action, number in counts.items():
        assert f"<dt>{action.replace('_', ' ')}</dt><dd>{number:,}</dd>" in html
    assert (
        "| failed | unknown | not attempted | created | cloned | updated | replaced | deleted | unchanged |" in markdown
    )
    assert "| 16 | 17 | 18 | 11 | 12 | 13 | 14 | 15 | 19,000 |" in markdown
    assert "3 min 5 s, 12 requests, 1 login" in html and "3 min 5 s, 12 requests, 1 login" in markdown


def test_a_plan_is_distinguished_from_a_run() -> None:
    rows = [make_row(action="created", changes=[change("request_cpu", None, 4)]), make_row(action="not_attempted")]
    for suffix in (".html", ".md"):
        plan, run = render(make_report(*rows, check=True), suffix), render(make_report(*rows), suffix)
        assert "Nothing was written" in plan and "to create" in plan and "not_attempted<" not in plan
        assert "Nothing was written" not in run and "to create" not in run
        assert "c0ffee" * 10 in plan


@pytest.mark.parametrize("suffix", [".html", ".md", ".json"])
def test_failures_come_first_and_what_was_not_attempted_last(suffix: str) -> None:
    report = make_report(
        make_row("svc-late", "not_attempted"),
        make_row("svc-made", "created"),
        make_row("svc-half", "updated", error="ignored: size", code="ignored"),
        make_row("svc-gone", "deleted"),
        make_row("svc-lost", "unknown", error="cut off", code="uncertain"),
        make_row("svc-bad", "failed", error="refused", code="SYS.1006"),
    )
    text = render(report, suffix)
    listing = text[text.rindex("<tbody>") :] if suffix == ".html" else text
    order = re.findall(r"svc-\w+", listing)
    assert order == ["svc-half", "svc-lost", "svc-bad", "svc-made", "svc-gone", "svc-late"]


def test_failures_are_shown_by_code_each_with_its_message_and_a_way_to_its_row() -> None:
    rows = [make_row(f"twin-{n}", "failed", error="no room <left>", code="SYS.1006") for n in range(2)]
    page = render(make_report(make_row("other", "failed", error="odd", code="X"), *rows), ".html")
    section = page[page.index('id="failures"') : page.index('id="services"')]
    assert section.index("SYS.1006") < section.index(">X<")
    assert section.count("no room &lt;left&gt;") == 1
    for link, name in re.findall(r'<a href="#(r\d+)"><bdi>([\w-]+)<', section):
        assert f'<tr id="{link}" data-is="failed"><th scope="row"><bdi>{name}<' in page
    assert section.count("<a ") == 3


def test_a_row_says_what_was_intended_and_why_it_is_deleted() -> None:
    rows = [
        make_row("a", "failed", planned="cloned", error="e", code="c"),
        make_row("b", "unknown", planned="deleted", error="e", code="c"),
        make_row("c", "updated", error="e", code="c"),
        make_row("d", "deleted", pruned=True),
    ]
    for suffix in (".html", ".md"):
        text = render(make_report(*rows), suffix)
        for remark in ("was to be cloned", "may have been deleted", "not completed", "pruned: not declared"):
            assert text.count(remark) == 1


def test_a_partly_done_service_is_found_under_both_outcomes() -> None:
    page = Page(render(make_report(make_row(error="e", code="c"), make_row("b", "failed", error="e")), ".html"))
    assert [row["data-is"] for row in page.having("tr") if "data-is" in row] == ["updated failed", "failed"]
    assert "failed 2" in page.text and "updated 1" in page.text


def test_one_line_values_stand_side_by_side() -> None:
    html = html_of(change("request_cpu", 2, 4), change("description", "", None), change("size", None, 0))
    assert "<td><del>2</del></td><td><ins>4</ins></td>" in html
    assert "<td><del><em>empty</em></del></td><td><ins><em>not set</em></ins></td>" in html
    assert "<td><del><em>not set</em></del></td><td><ins>0</ins></td>" in html


def test_lines_of_a_text_are_compared_and_marked_not_by_colour_alone() -> None:
    after = YAML.replace("port: 8010", "port: 9010") + "extra: true\n"
    html = html_of(change("yaml", YAML, after))
    assert "<del>-     port: <b>8</b>010</del><ins>+     port: <b>9</b>010</ins>" in html
    assert "<ins>+ extra: true</ins>" in html
    assert "<i>⋯ 19 lines unchanged</i>" in html and "part-3" not in html
    assert re.findall(r"part-(\d+)", html) == ["9", "10", "11", "12", "19"]
    markdown = render(make_report(make_row(changes=[change("yaml", YAML, after)])), ".md")
    assert "\n    -    port: 8010\n    +    port: 9010\n" in markdown
    assert "\n    @@ 19 lines unchanged\n" in markdown and "part-3" not in markdown


def test_far_apart_changes_each_keep_their_surroundings() -> None:
    lines = [f"line {n}" for n in range(100)]
    after = ["first", *lines[1:50], "middle", *lines[51:99], "last"]
    html = html_of(change("readme", "\n".join(lines), "\n".join(after)))
    assert re.findall(r"⋯ (\d+) lines", html) == ["43", "42"]
    assert html.count("<ins>") == html.count("<del>") == 3 and html.count("<span>  line") == 3 + 6 + 3


def test_a_change_in_the_middle_keeps_three_lines_on_both_sides() -> None:
    before = [str(n) for n in range(21)]
    html = html_of(change("readme", "\n".join(before), "\n".join([*before[:10], "ten", *before[11:]])))
    assert re.findall(r"<span>  (\d+)</span>", html) == ["7", "8", "9", "11", "12", "13"]
    assert html.count("<i>⋯ 7 lines unchanged</i>") == 2


def test_a_text_without_counterpart_has_no_line_of_the_other_side() -> None:
    html = html_of(change("readme", None, "one\ntwo"), change("size", 1, 2))
    assert "<pre><ins>+ one</ins><ins>+ two</ins></pre>" in html
    assert "<pre>one\ntwo</pre>" in html_of(change("readme", "one\ntwo", None))


def test_lists_and_maps_take_lines_when_long() -> None:
    short = html_of(change("service_ports", [1], [1, 2]))
    assert "<del>[1]</del>" in short and "<ins>[1, 2]</ins>" in short
    images = [{"docker_image": "registry.example.com/vllm:1", "cpu_architecture": "x86_64"}]
    changed = [{"docker_image": "registry.example.com/vllm:2", "cpu_architecture": "x86_64"}]
    html = html_of(change("architecture_images", images, changed))
    assert (
        "<b>2</b>&quot;</ins>" in html
        and "<span>      &quot;cpu_architecture&quot;: &quot;x86_64&quot;,</span>" in html
    )


def test_long_values_stand_below_each_other_and_show_where_they_differ() -> None:
    command = "vllm serve /models/Qwen3-32B --max-model-len"
    html = html_of(change("start_command", f"{command} 65536", f"{command} 131072"))
    assert f"<pre><del>- {command} <b>65536</b></del><ins>+ {command} <b>131072</b></ins></pre>" in html
    assert "Before" not in html, "there are no columns to have this head"
    both = html_of(change("start_command", f"{command} 65536", f"{command} 131072"), change("request_cpu", 4, 8))
    assert "Before" in both and "<td><del>4</del></td><td><ins>8</ins></td>" in both
    assert "<td><del><em>not set</em></del></td>" in html_of(
        change("start_command", None, command), change("size", 1, 2)
    )


def test_long_values_are_cut_where_they_differ_and_say_so() -> None:
    before, after = "x" * 5000 + "old" + "y" * 5000, "x" * 5000 + "new" + "y" * 5000
    html = html_of(change("container_args", before, after))
    assert "x<b>old</b>y" in html and "x<b>new</b>y" in html and "(10,003 characters)" in html and "x" * 50 not in html
    many = "\n".join(f"l{n}" for n in range(5000))
    html = html_of(change("yaml", None, many))
    assert "... 4,600 more lines" in html and len(html) < 40_000
    html = html_of(change("yaml", many.replace("l", "a"), many.replace("l", "b")))
    assert "more lines" in html and len(html) < 60_000


def test_hostile_text_is_shown_and_never_obeyed() -> None:
    row = make_row(HOSTILE, "failed", error=HOSTILE, code=HOSTILE, uuid=HOSTILE)
    edited = f"{HOSTILE}<b onclick=x>{HOSTILE}\n{HOSTILE}"
    row["changes"] = [change(HOSTILE, f"{HOSTILE}{HOSTILE}\n{HOSTILE}", edited), change("name", HOSTILE, [HOSTILE])]
    report = {**make_report(row), "platform": HOSTILE, "started": HOSTILE, "version": HOSTILE, "plan_digest": HOSTILE}
    html = render(report, ".html")
    page = Page(html)
    assert [len(page.having(tag)) for tag in ("script", "style", "img")] == [1, 1, 0]
    assert "<b>b onclick=x&gt;&lt;</b>" in html
    assert r"<script>alert(1)</script>\x1b[31m\u202egpj\x00\ud800" in page.text
    for suffix in (".html", ".md", ".json"):
        text = render(report, suffix)
        assert not {unicodedata.category(c) for c in text.replace("\n", "")} & {"Cc", "Cf", "Cs", "Co", "Cn"}
        text.encode("utf-8")


def test_nothing_is_loaded_from_anywhere() -> None:
    html = html_of(change("yaml", "a: https://example.com/x\nb: 1", "a: http://example.com/y\nb: 1"))
    for tag, attributes in Page(html).elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert not {"src", "srcset", "action", "style"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in html and "@import" not in html


def test_the_policy_allows_the_page_its_own_style_and_script_only() -> None:
    html = render(make_report(make_row()), ".html")
    policy = Page(html).having("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"] or ""
    for tag in ("style", "script"):
        text = html[html.index(f"<{tag}>") + len(tag) + 2 : html.index(f"</{tag}>")]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy and "unsafe" not in policy


def test_without_script_everything_is_in_sight_but_the_filter() -> None:
    page = Page(render(make_report(*[make_row(f"s{n}", changes=[change("size", 1, 2)]) for n in range(9)]), ".html"))
    assert [tag for tag, attributes in page.elements if "hidden" in attributes] == ["form"]
    assert page.having("html", lang="en") and len(page.having("details")) == 9


def test_markdown_keeps_names_in_their_place() -> None:
    names = ["a|b", "`tick` ``two``", "@all please", "# title", " ", "*bold* [x](https://evil.example.com)"]
    markdown = render(make_report(*[make_row(name) for name in names]), ".md")
    assert "<code>a&#124;b</code>" in markdown
    assert "<code>&#96;tick&#96;&#32;&#96;&#96;two&#96;&#96;</code>" in markdown
    assert "- **updated** `@all please`\n" in markdown and "`# title`" in markdown
    assert "`*bold* [x](https://evil.example.com)`" in markdown and "<code>&#32;</code>" in markdown


def test_markdown_fences_are_longer_than_any_in_the_text() -> None:
    markdown = render(make_report(make_row(changes=[change("readme", "a\n````\nb", "a\n````\nc")])), ".md")
    assert markdown.count("    `````") == 2 and "    `````diff\n" in markdown


def test_markdown_stays_within_a_comment_and_counts_what_is_left_out() -> None:
    rows = [make_row(f"svc-{n}", changes=[change("yaml", YAML, f"{YAML}# {n}")]) for n in range(10_000)]
    markdown = render(make_report(*rows), ".md")
    shown = len(re.findall("`svc-", markdown))
    assert len(markdown) < 251_000
    assert 0 < shown < 10_000 and f"{10_000 - shown:,} more services: the .html and .json" in markdown


def test_json_holds_everything_in_a_fixed_order() -> None:
    report = make_report(
        make_row("b", changes=[change("yaml", None, HOSTILE)]), make_row("客服 é", "failed", error="e")
    )
    text = render(report, ".json")
    again = json.loads(text)
    assert again == {**report, "rows": report["rows"][::-1]}
    assert list(again) == [*FACTS, "rows"]
    assert '\n  "summary": {\n    "created": 0,' in text and "客服 é" in text and text.endswith("}\n")


@pytest.mark.parametrize("suffix", [".html", ".md", ".json"])
def test_ten_thousand_services_take_little_time_and_room(suffix: str) -> None:
    changes = [change("yaml", YAML, YAML.replace("8007", "9007")), change("request_cpu", 2, 4), change("size", None, 1)]
    report = make_report(*[make_row(f"svc-{n:05d}", uuid=f"{n:032x}", changes=changes) for n in range(10_000)])
    start = time.process_time()
    text = render(report, suffix)
    assert time.process_time() - start < 2.5
    assert len(text) < 25_000_000


texts = st.text(max_size=40) | st.sampled_from([HOSTILE, "</pre>", "</details></table>", "]]>", "<!--", "&lt;", "a\nb"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
rows = st.builds(
    make_row,
    name=texts,
    action=st.sampled_from(ACTIONS),
    uuid=texts,
    pruned=st.booleans(),
    error=texts,
    code=texts,
    changes=st.lists(st.builds(change, field=texts, before=values, after=values), max_size=3),
)


@given(st.lists(rows, max_size=4), st.booleans(), st.sampled_from([ENGLISH, CHINESE]))
def test_whatever_a_report_holds_the_page_keeps_its_structure(
    found: list[dict[str, Any]], check: bool, language: Language
) -> None:
    report = make_report(*found, check=check)
    page = Page(render(report, ".html", language))
    assert len([row for row in page.having("tr") if "data-is" in row]) == len(found)
    assert len(page.having("script")) == 1
    markdown = render(report, ".md", language)
    assert len(re.findall(r"^- \*\*", markdown, re.MULTILINE)) == len(found)
    assert json.loads(render(report, ".json"))["summary"] == report["summary"]
