# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look and behaviour of the HTML report: its style sheet, its script, and the policy that lets only these two run.

Neither text ever contains anything from a report."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --line: #d9dee5; --text: #1b2430; --soft: #556172; --code: #f1f3f6;
  --link: #0b57b7; --focus: #0b57b7; --add: #e2f5e6; --add-ink: #0f5323; --add-mark: #a5e0b3;
  --del: #fdeaea; --del-ink: #8c1620; --del-mark: #f7b9bd;
  --good: #14662d; --good-bg: #def3e3; --info: #0b4f9e; --info-bg: #e1edfb; --teal: #0a5d63; --teal-bg: #dbf2f3;
  --warn: #7a4300; --warn-bg: #fdeed3; --bad: #a3121f; --bad-bg: #fde3e4; --odd: #6a2595; --odd-bg: #f2e5fa;
  --mute: #4b5666; --mute-bg: #e8ebef;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #11151b; --card: #1a2028; --line: #323c49; --text: #e6eaf0; --soft: #a3afbf; --code: #141920;
    --link: #85b8ff; --focus: #85b8ff; --add: #13301c; --add-ink: #a6e6b7; --add-mark: #1f6034;
    --del: #3b181c; --del-ink: #ffb9be; --del-mark: #7d2730;
    --good: #93e0a8; --good-bg: #16351f; --info: #9cc8ff; --info-bg: #172f4d; --teal: #83dbe1; --teal-bg: #103539;
    --warn: #f7c97c; --warn-bg: #3d2c0d; --bad: #ffaeb4; --bad-bg: #47191e; --odd: #deb3f8; --odd-bg: #38204a;
    --mute: #b9c3d0; --mute-bg: #2a323d;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 8rem; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
body > * { max-width: 78rem; margin-inline: auto; padding-inline: 1.25rem; }
code, pre, .id { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
h1 { margin: .1rem 0 .6rem; font-size: clamp(1.5rem, 4vw, 2.1rem); line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 2rem 0 .75rem; font-size: 1.2rem; }
h2 small { margin-left: .4rem; }
small { font-size: .82rem; font-weight: 400; color: var(--soft); }

header { padding-top: 2rem; }
.over { margin: 0; color: var(--soft); font-size: .85rem; font-weight: 600; letter-spacing: .02em; }
.sign { display: inline-grid; place-items: center; width: 1.35em; height: 1.35em; margin-right: .35em;
  border-radius: 50%; font-size: .8em; vertical-align: .08em; }
.facts { display: flex; flex-wrap: wrap; gap: .25rem 2rem; margin: 0; }
.facts dt { font-size: .82rem; color: var(--soft); }
.facts dd { margin: 0; }
.note { margin: 1rem 0 0; padding: .6rem .9rem; border-left: 4px solid var(--info); border-radius: 4px;
  background: var(--info-bg); color: var(--info); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr)); gap: .6rem; margin: 1.4rem 0 0; }
.tiles div { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: .6rem .85rem .55rem;
  background: var(--card); border: 1px solid var(--line); border-top: 4px solid currentcolor; border-radius: 8px; }
.tiles dt { font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.65rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tiles .none { color: var(--soft); border-top-color: var(--line); }
.tiles .none dd { font-weight: 400; }

.bad, .failed { color: var(--bad); } .unknown { color: var(--odd); } .not_attempted, .same { color: var(--mute); }
.done, .created { color: var(--good); } .cloned { color: var(--teal); } .updated { color: var(--info); }
.replaced, .deleted { color: var(--warn); } .plan { color: var(--info); } .unchanged { color: var(--mute); }
.sign.bad, .badge.failed { background: var(--bad-bg); } .badge.unknown { background: var(--odd-bg); }
.sign.same, .badge.not_attempted { background: var(--mute-bg); }
.sign.done, .badge.created { background: var(--good-bg); } .badge.cloned { background: var(--teal-bg); }
.sign.plan, .badge.updated { background: var(--info-bg); } .badge.replaced, .badge.deleted { background: var(--warn-bg); }
.badge { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; font-size: .85rem; font-weight: 600;
  white-space: nowrap; }
.badge i { display: inline-block; min-width: .9em; margin-right: .3em; font-style: normal; text-align: center; }
.badge + small, .id { display: block; margin-top: .15rem; }
.id { font-size: .75rem; font-weight: 400; color: var(--soft); user-select: all; }
.code { padding: .05rem .45rem; border: 1px solid currentcolor; border-radius: 4px; color: var(--bad);
  font-size: .8rem; font-weight: 600; }

.failures > li { margin: 0 0 .75rem; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line);
  border-left: 4px solid var(--bad); border-radius: 6px; }
.failures, .failures ul { margin: 0; padding: 0; list-style: none; }
.failures ul li { padding: .5rem 0 0; }
.failures a { font-weight: 600; }
.error { margin: 0; white-space: pre-wrap; }
td > .error { color: var(--bad); margin-bottom: .3rem; }

.filter { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: center;
  margin: 0 -.25rem .6rem; padding: .6rem .25rem; background: var(--page); }
.filter input[type=search] { flex: 1 1 15rem; min-width: 0; padding: .45rem .7rem; border: 1px solid var(--soft);
  border-radius: 6px; background: var(--card); color: inherit; font: inherit; }
::placeholder { color: var(--soft); opacity: 1; }
.filter fieldset { display: flex; flex: 1 0 100%; flex-wrap: wrap; gap: .35rem; margin: 0; padding: 0; border: 0; }
.filter label { position: relative; }
.filter label input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
.filter label span, .filter button { display: block; padding: .3rem .75rem; border: 1px solid var(--soft);
  border-radius: 1rem; background: var(--card); color: var(--text); font: inherit; font-size: .87rem; }
.filter label:hover span, .filter button:hover { border-color: var(--link); }
.filter :checked + span { background: var(--text); border-color: var(--text); color: var(--card); }
.filter :focus-visible + span { outline: 3px solid var(--focus); outline-offset: 2px; }
.filter button { border-radius: 6px; cursor: pointer; }
.filter output { color: var(--soft); font-size: .87rem; font-variant-numeric: tabular-nums; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

table { width: 100%; border-collapse: collapse; }
th { text-align: left; }
.plain { background: var(--card); border: 1px solid var(--line); }
.plain th, .plain td { padding: .45rem .9rem; vertical-align: top; }
.services { background: var(--card); border: 1px solid var(--line); }
.services, .services > * { display: block; }
.services > * > tr { display: grid; grid-template-columns: 31% 11.5rem minmax(0, 1fr); }
.services > thead th { padding: .5rem .9rem; color: var(--soft); font-size: .82rem; }
.services > tbody > tr { border-top: 1px solid var(--line); }
.services > tbody > tr > * { padding: .65rem .9rem; }
.services > tbody > tr:target { box-shadow: inset 4px 0 0 var(--focus); }
.services > tbody th { font-weight: 600; }
summary { cursor: pointer; }
summary b { font-weight: 600; }
details table { margin-top: .5rem; table-layout: fixed; font-size: .87rem; }
details col:first-child { width: 13rem; }
details table th, details table td { padding: .3rem .6rem .3rem 0; border-top: 1px solid var(--line);
  vertical-align: top; }
details thead th { border: 0; color: var(--soft); font-size: .8rem; }
details tbody th { font-weight: 500; }
details td[colspan] { padding: 0 0 .5rem; border: 0; }
details td { white-space: pre-wrap; }
em { color: var(--soft); }
:lang(zh) :is(em, i) { font-style: normal; }
pre { margin: 0; padding: .5rem .7rem; border: 1px solid var(--line); border-radius: 6px; background: var(--code);
  font-size: .8rem; line-height: 1.5; white-space: pre-wrap; }
ins, del { text-decoration: none; }
td > ins, td > del { padding: .05rem .35rem; border-radius: 4px; box-decoration-break: clone;
  -webkit-box-decoration-break: clone; }
td > del { text-decoration: line-through; }
ins { background: var(--add); color: var(--add-ink); } del { background: var(--del); color: var(--del-ink); }
pre > * { display: block; margin-inline: -.7rem; padding-inline: 2.1rem .7rem; text-indent: -1.4rem; }
pre > i { color: var(--soft); }
ins b { background: var(--add-mark); } del b { background: var(--del-mark); }
pre b { font-weight: inherit; border-radius: 2px; }
footer { padding-block: 1.5rem 3rem; color: var(--soft); font-size: .85rem; }
footer p { margin: .2rem 0; }

@media (max-width: 46rem), print {
  body > * { padding-inline: .9rem; }
  html { scroll-padding-top: 1rem; }
  .filter { position: static; }
  .services > thead { display: none; }
  .services > tbody > tr, .services > tbody > tr > * { display: block; }
  .services > tbody > tr { padding: .75rem .9rem; }
  .services > tbody > tr > * { padding: 0 0 .35rem; }
  .badge + small { display: inline; margin-left: .5rem; }
  .tiles div { padding-inline: .6rem; }
  .tiles dt { overflow-wrap: normal; line-height: 1.3; }
}
@media screen and (max-width: 46rem) {
  .plain > thead { display: none; }
  .plain tr { display: block; padding-block: .4rem; }
  .plain tr > * { display: block; padding-block: .1rem; }
  details table, details tbody { display: block; }
  details tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); border-top: 1px solid var(--line); }
  details table th, details table td { border: 0; }
  details th:first-child, details td:nth-child(2):last-child, details [colspan] { grid-column: 1 / -1; }
  details thead th:first-child { display: none; }
  details th:first-child { padding-bottom: 0; }
}
@media (max-width: 30rem) {
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .4rem; }
  .tiles div { flex-direction: row-reverse; align-items: baseline; gap: .5rem; padding-block: .2rem; }
  .tiles dd { font-size: 1.3rem; }
}
@media screen {
  .services > tbody > tr { content-visibility: auto; contain-intrinsic-size: auto 5rem; }
}
@media (forced-colors: active) {
  .filter :checked + span { background: Highlight; color: HighlightText; forced-color-adjust: none; }
}
@media print {
  :root { --page: #fff; }
  body { font-size: 10pt; }
  header { padding-top: 0; }
  .filter > :not(output) { display: none; }
  .services { border: 0; }
  .services > tbody > tr { padding-inline: 0; }
  .failures > li, .services > tbody th, summary, pre > * { break-inside: avoid; }
  .services > tbody > tr > :not(:last-child), summary { break-after: avoid; }
}
"""

SCRIPT = """
"use strict";
(() => {
  const form = document.querySelector(".filter");
  if (!form) return;
  const rows = Array.from(document.querySelectorAll(".services > tbody > tr"));
  const actions = rows.map((row) => row.dataset.is.split(" "));
  const { find, action, toggle, count } = form.elements;
  const written = (number) => number.toLocaleString(document.documentElement.lang);
  let texts;
  const filter = () => {
    const words = find.value.toLowerCase().split(/\\s+/).filter(Boolean);
    if (words.length && !texts) texts = rows.map((row) => row.textContent.toLowerCase());
    let shown = 0;
    rows.forEach((row, n) => {
      const fits = (!action.value || actions[n].includes(action.value)) && words.every((w) => texts[n].includes(w));
      if (row.hidden === fits) row.hidden = !fits;
      if (fits) shown += 1;
    });
    const text = shown === rows.length ? form.dataset.all : form.dataset.some;
    count.value = text.replace("{some}", written(shown)).replace("{all}", written(rows.length));
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  toggle.addEventListener("click", () => {
    const open = toggle.value === "open";
    for (const row of rows) {
      if (!row.hidden) for (const part of row.querySelectorAll("details")) part.open = open;
    }
    toggle.value = open ? "close" : "open";
    toggle.textContent = open ? form.dataset.close : form.dataset.open;
  });
  for (const list of document.querySelectorAll(".failures")) {
    list.addEventListener("click", (event) => {
      if (event.target.closest("a")) { form.reset(); filter(); }
    });
  }
  form.hidden = false;
  filter();
})();
"""


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


#: A Content-Security-Policy under which the page loads nothing and runs nothing but the texts above.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_digest(STYLE)}'; script-src 'sha256-{_digest(SCRIPT)}'; "
    "base-uri 'none'; form-action 'none'"
)
