# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of translations notices what went stale, and lets prose be prose."""

from __future__ import annotations

import pytest

from tools.checks import translations

ENGLISH = """\
.. _our.docsite.guide:

Guide
=====

:ref:`Chinese <our.docsite.zh_cn.guide>`

Set :ansopt:`a.b.c#module:src` to a folder, or ``only`` to a
``long
literal``. Progress is displayed::

    412 done

Details
-------

.. not run: it is an example
.. code-block:: console
    :caption: here.sh

    $ run --it   # does it

.. list-table::
   :header-rows: 1

   * - Code
     - Cause
   * - ``gone``
     - It went. Use ``only``.

       ``further``: more.
   * - ``locked``, ``lock``
     - It waits.

.. warning::

    Mind ``this``.
"""
CHINESE = """\
.. _our.docsite.zh_cn.guide:

指南
====

:ref:`English <our.docsite.guide>`

用 ``long literal`` 或 ``only``，或者把 :ansopt:`a.b.c#module:src` 设为文件夹。显示进度::

    412 done

详情
----

.. code-block:: console
    :caption: here.sh

    $ run --it   # 执行

.. list-table::
   :header-rows: 1

   * - 错误码
     - 原因
   * - ``gone``
     - 已消失。请用 ``only``。

       ``further``：更多。
   * - ``locked``、``lock``
     - 等待。

.. warning::

    注意 ``this``。
"""
MARKDOWN = """\
# Title

[中文](README.zh-CN.md)

Set `one`, see [the guide](docs/docsite/rst/guide.rst).

<!-- not run: it is an example -->
```sh
make it   # does it
```

## Details
"""
MARKDOWN_IN_CHINESE = """\
# 标题

[English](README.md)

设置 `one`，见[指南](docs/docsite/rst/zh_CN/guide.rst)。

```sh
make it   # 执行
```

## 详情
"""


def test_prose_comments_and_addresses_of_translated_pages_may_differ() -> None:
    assert translations.complaints("zh_CN/guide.rst", ENGLISH, CHINESE) == []
    assert translations.complaints("README.zh-CN.md", MARKDOWN, MARKDOWN_IN_CHINESE) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("详情\n----\n", "", "the original has 2 sections, the translation 1"),
        ("详情\n----", "详情\n^^^^", 'level of the heading: "-" is missing'),
        ("$ run --it ", "$ run --that ", "code: "),
        ("    :caption: here.sh\n", "", "code: "),
        ("412 done", "413 done", "code: "),
        ("或 ``only``", "", 'literal text: "only" is missing'),
        ("``this``", "``that``", 'literal text: "that" is not in the original'),
        ("module:src", "module:dst", 'links: "ansopt a.b.c#module:src" is missing'),
        ("``gone``", "``lost``", 'rows of tables: "gone" is missing'),
        ("   * - ``locked``、``lock``\n     - 等待。\n", "", 'rows of tables: "locked lock" is missing'),
        ("``this``", "``this``（这里）", "``this``（ needs a blank in between"),
        (".. warning::", ".. note::", 'directives: "warning" is missing'),
        ("zh_cn.guide:", "zh_cn.other:", 'anchors: "our.docsite.guide" is missing'),
        ("   * - 错误码\n     - 原因\n", "", "rows of tables: "),
    ],
)
def test_what_went_stale_is_named(old: str, new: str, complaint: str) -> None:
    assert old in CHINESE
    found = translations.complaints("zh_CN/guide.rst", ENGLISH, CHINESE.replace(old, new, 1))
    assert any(line.startswith("zh_CN/guide.rst") and complaint in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("## 详情", "### 详情", "level of the heading"),
        ("make it", "make that", "code: "),
        ("`one`", "`two`", 'literal text: "one" is missing'),
        ("guide.rst", "other.rst", 'links: "docs/docsite/rst/guide.rst" is missing'),
    ],
)
def test_what_went_stale_in_markdown_is_named(old: str, new: str, complaint: str) -> None:
    found = translations.complaints("README.zh-CN.md", MARKDOWN, MARKDOWN_IN_CHINESE.replace(old, new, 1))
    assert any(complaint in line for line in found), found


def test_every_section_of_the_guides_is_compared() -> None:
    pages = dict(translations.pairs())
    assert {page.name for page in pages} >= {
        "README.md", "getting_started.rst", "bulk.rst", "awx.rst", "troubleshooting.rst"
    }  # fmt: skip
    for original, translated in pages.items():
        text = original.read_text(encoding="utf-8")
        assert len(translations.parts(text, original.suffix == ".md")) > 8, original
        for word in ("host", "src"):
            stale = translated.read_text(encoding="utf-8").replace(f"`{word}`", "`gone`")
            if f"`{word}`" in text:
                assert translations.complaints(translated.name, text, stale)
