# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The languages of a report: all of its texts, a table for each language.

Error messages, names of fields and values are not among them. They are the same in every language, so that they can be
searched for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

#: Texts by key. ``{n:,}`` is the number that a text is about; where a text has two forms, ``one|other``, it chooses.
_ENGLISH = {
    "after": "After",
    "all_as_declared": "1 service is as declared|all {services} are as declared",
    "all_outcomes": "all",
    "all_shown": "{all} shown",
    "and_more": "and {n:,} more",
    "before": "Before",
    "cloned": "cloned",
    "close_all": "Close all",
    "created": "created",
    "cut": "... ({n:,} characters)",
    "declared_in": "declared in {place}",
    "declared_services": "1 declared service|{n:,} declared services",
    "deleted": "deleted",
    "do_cloned": "cloned",
    "do_created": "created",
    "do_deleted": "deleted",
    "do_replaced": "replaced",
    "do_unchanged": "unchanged",
    "do_updated": "updated",
    "empty": "empty",
    "failed": "failed",
    "field": "Field",
    "field_of_services": "{field} of {services}",
    "fields": "Fields",
    "fields_counted": "1 field|{n:,} fields",
    "filter_by_outcome": "Filter by outcome",
    "filter_by_text": "Filter by text",
    "filter_hint": "Filter by name, UUID, field, value or message",
    "host": "Host",
    "hours": "{hours} h {minutes} min",
    "interrupted": "interrupted after {part}",
    "left_out": "Left out by only",
    "lines_unchanged": "1 line unchanged|{n:,} lines unchanged",
    "logins": "1 login|{n:,} logins",
    "may_have_been": "may have been {done}",
    "minutes": "{minutes} min {seconds} s",
    "more_lines": "1 more line|{n:,} more lines",
    "more_messages": "1 more message with this code in the table below|{n:,} more messages with this code in the table below",
    "more_services": (
        "1 more service: the .html and .json reports contain it."
        "|{n:,} more services: the .html and .json reports contain all of them."
    ),
    "no_code": "no code",
    "not_attempted": "not attempted",
    "not_compared": "Not compared",
    "not_completed": "not completed",
    "not_declared": "Not declared",
    "not_set": "not set",
    "note_again": "Fix the cause and run again; completed work is not repeated.",
    "note_plan": "This is a plan. Nothing was written to the platform.",
    "nothing_declared": "nothing is declared",
    "nothing_done": "nothing was done",
    "nothing_done_on": "nothing was done on {n:,} of {platforms}",
    "on_host": " on {host}",
    "open_all": "Open all",
    "outcome": "Outcome",
    "part": "{n:,} of {services}",
    "part_changed": "{part} changed",
    "part_failed": "{part} failed",
    "part_failed_or_unknown": "{part} failed, {n:,} unknown",
    "part_not_attempted": "{part} not attempted",
    "part_unknown": "{part} unknown",
    "part_would_change": "{part} would change",
    "plan": "plan: {outcome}",
    "plan_digest": "Plan digest",
    "planned_cloned": "to clone",
    "planned_created": "to create",
    "planned_deleted": "to delete",
    "planned_replaced": "to replace",
    "planned_updated": "to update",
    "platform": "Platform",
    "platforms": "Platforms",
    "platforms_counted": "1 platform|{n:,} platforms",
    "pruned": "pruned: not declared",
    "reason": "Reason",
    "reason_on": "Reason on {host}",
    "replaced": "replaced",
    "requests": "1 request|{n:,} requests",
    "seconds": "{seconds} s",
    "separator": ", ",
    "service": "Service",
    "services": "Services",
    "services_and_groups": "{services} and 1 instance group|{services} and {n:,} instance groups",
    "services_counted": "1 service|{n:,} services",
    "some_shown": "{some} of {all} shown",
    "started": "Started",
    "title": "Model services report",
    "took": "Took",
    "unchanged": "unchanged",
    "undo_file": "Undo file",
    "unknown": "unknown",
    "unmanaged_remark": "{n:,} on the platform, nothing is done about it|{n:,} on the platform, nothing is done about them",
    "updated": "updated",
    "was_to_be": "was to be {done}",
    "what_changed": "What changed",
    "what_failed": "What failed",
    "what_was_not_attempted": "What was not attempted",
    "what_would_change": "What would change",
    "without_unchanged": "without {n:,} unchanged",
    "written_by": "Written by zstack.aios {version}",
}
_CHINESE = {
    "after": "变更后",
    "all_as_declared": "1 个服务与声明一致|全部 {services}与声明一致",
    "all_outcomes": "全部",
    "all_shown": "显示 {all} 个服务",
    "and_more": "及另外 {n:,} 个",
    "before": "变更前",
    "cloned": "已克隆",
    "close_all": "全部收起",
    "created": "已创建",
    "cut": "...（共 {n:,} 个字符）",
    "declared_in": "声明于 {place}",
    "declared_services": "{n:,} 个已声明的服务",
    "deleted": "已删除",
    "do_cloned": "克隆",
    "do_created": "创建",
    "do_deleted": "删除",
    "do_replaced": "替换",
    "do_unchanged": "保持不变",
    "do_updated": "更新",
    "empty": "空",
    "failed": "失败",
    "field": "字段",
    "field_of_services": "{field}（{services}）",
    "fields": "字段",
    "fields_counted": "{n:,} 个字段",
    "filter_by_outcome": "按结果筛选",
    "filter_by_text": "按文本筛选",
    "filter_hint": "按名称、UUID、字段、值或消息筛选",
    "host": "主机",
    "hours": "{hours} 小时 {minutes} 分",
    "interrupted": "已中断：{part}已完成变更",
    "left_out": "因 only 未选中",
    "lines_unchanged": "{n:,} 行无变化",
    "logins": "{n:,} 次登录",
    "may_have_been": "可能已{done}",
    "minutes": "{minutes} 分 {seconds} 秒",
    "more_lines": "另有 {n:,} 行",
    "more_messages": "此错误码另有 {n:,} 条消息，见下表",
    "more_services": "另有 {n:,} 个服务：.html 和 .json 报告包含全部服务。",
    "no_code": "无错误码",
    "not_attempted": "未执行",
    "not_compared": "未比较",
    "not_completed": "未全部完成",
    "not_declared": "未声明",
    "not_set": "未设置",
    "note_again": "请排除原因后重新运行；已完成的操作不会重复执行。",
    "note_plan": "这是计划，没有向平台写入任何内容。",
    "nothing_declared": "没有声明任何服务",
    "nothing_done": "没有执行任何操作",
    "nothing_done_on": "{platforms}中有 {n:,} 个没有执行任何操作",
    "on_host": "（主机 {host}）",
    "open_all": "全部展开",
    "outcome": "结果",
    "part": "{services}中有 {n:,} 个",
    "part_changed": "{part}已变更",
    "part_failed": "{part}失败",
    "part_failed_or_unknown": "{part}失败，{n:,} 个结果未知",
    "part_not_attempted": "{part}未执行",
    "part_unknown": "{part}结果未知",
    "part_would_change": "{part}将变更",
    "plan": "计划：{outcome}",
    "plan_digest": "计划摘要",
    "planned_cloned": "待克隆",
    "planned_created": "待创建",
    "planned_deleted": "待删除",
    "planned_replaced": "待替换",
    "planned_updated": "待更新",
    "platform": "平台",
    "platforms": "各平台",
    "platforms_counted": "{n:,} 个平台",
    "pruned": "未声明，予以清理",
    "reason": "原因",
    "reason_on": "{host} 上的原因",
    "replaced": "已替换",
    "requests": "{n:,} 次请求",
    "seconds": "{seconds} 秒",
    "separator": "，",
    "service": "服务",
    "services": "服务",
    "services_and_groups": "{services}和 {n:,} 个实例组",
    "services_counted": "{n:,} 个服务",
    "some_shown": "显示 {some} 个服务，共 {all} 个",
    "started": "开始时间",
    "title": "模型服务报告",
    "took": "耗时",
    "unchanged": "无变化",
    "undo_file": "撤销文件",
    "unknown": "结果未知",
    "unmanaged_remark": "平台上有 {n:,} 个，本次运行不作处理",
    "updated": "已更新",
    "was_to_be": "原计划{done}",
    "what_changed": "已变更",
    "what_failed": "失败",
    "what_was_not_attempted": "未执行",
    "what_would_change": "将变更",
    "without_unchanged": "不含 {n:,} 个无变化的服务",
    "written_by": "由 zstack.aios {version} 生成",
}


class Language(NamedTuple):
    """A language of reports.

    :ivar tag: as HTML names it.
    """

    tag: str
    texts: Mapping[str, str]

    def say(self, key: str, n: int = 0, **values: object) -> str:
        """Return a text with its values filled in, in the form that belongs to the number ``n``."""
        one, _bar, other = self.texts[key].partition("|")
        return (one if n == 1 or not other else other).format(n=n, **values)


ENGLISH, CHINESE = Language("en", _ENGLISH), Language("zh-CN", _CHINESE)
#: By the values of the option ``report_language``.
LANGUAGES = {"en": ENGLISH, "zh_CN": CHINESE}


def choose_language(given: object, environment: Mapping[str, str]) -> Language:
    """Return the language of an option that Ansible has not necessarily validated, else that of the locale.

    :param environment: with the variables of the locale; the first that is not empty decides, as POSIX has it.
    """
    if isinstance(given, str) and given in LANGUAGES:
        return LANGUAGES[given]
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return CHINESE if locale.replace(".", "_").split("_")[0] == "zh" else ENGLISH
