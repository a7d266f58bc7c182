# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mutants of one source file: each is the file with one expression or statement changed."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}
#: What the program never evaluates, or what has no position of its own (the parts of a text with values in it).
_LEFT_OUT = ("annotation", "returns", "decorator_list", "type_params")


@dataclass(frozen=True)
class Mutant:
    """A change of one file.

    :ivar where: the function or class that holds it, such as ``Planner.plan``; :ivar line: the first line it changes.
    :ivar change: what is done, in words or as code; :ivar number: counts the same change in the same place, from 1.
    :ivar start, end: the bytes of the source that ``after`` replaces.
    """

    file: str
    where: str
    line: int
    change: str
    after: str
    number: int
    start: int
    end: int

    @property
    def key(self) -> str:
        """What names the mutant as long as the code around it stays, wherever the lines move."""
        nth = f" ({self.number})" if self.number > 1 else ""
        return f"{self.file} {self.where}: {self.change}{nth}"

    def apply(self, source: str) -> str:
        """Return the changed file."""
        raw = source.encode()
        return (raw[: self.start] + self.after.encode() + raw[self.end :]).decode()


def mutants(file: str, source: str) -> list[Mutant]:
    """Return every mutant of a file."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    counted: Counter[tuple[str, str]] = Counter()
    found = []
    for where, node, after, change in _changes(ast.parse(source), ""):
        assert node.end_lineno is not None and node.end_col_offset is not None
        start, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
        change = change or f"{_one_line(source.encode()[start:end].decode())} -> {_one_line(after)}"
        counted[where, change] += 1
        found.append(Mutant(file, where or "module", node.lineno, change, after, counted[where, change], start, end))
    return found


_Positioned = ast.expr | ast.stmt


def _changes(node: ast.AST, where: str) -> Iterator[tuple[str, _Positioned, str, str]]:
    """Yield the place, the node to replace, its replacement and words for it (or none) for every change below a node."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        where = f"{where}.{node.name}" if where else node.name
    if isinstance(node, ast.stmt):
        yield from ((where, node, after, "") for after in _of_statement(node))
    elif isinstance(node, ast.expr):
        yield from ((where, node, after, "") for after in _of_expression(node))
        yield from ((where, node, after, f"without {row}") for row, after in _without_a_row(node))
    yield from ((where, part, after, "") for part, after in _of_parts(node))
    for name, value in ast.iter_fields(node):
        if name in _LEFT_OUT or isinstance(node, ast.JoinedStr) or _is_docstring(node):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _changes(child, where)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _of_statement(node: ast.stmt) -> Iterator[str]:
    """Leave a statement out, or return nothing."""
    is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if is_call or isinstance(node, ast.Raise | ast.Continue | ast.Break | ast.AugAssign | ast.Delete):
        yield "pass"
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "return None"


def _of_expression(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=comparators) if type(operator) in _COMPARISONS:
            yield ast.unparse(ast.Compare(left, [_COMPARISONS[type(operator)]()], comparators))
        case ast.BoolOp(op=operation, values=values):
            other = ast.Or() if isinstance(operation, ast.And) else ast.And()
            yield f"({ast.unparse(ast.BoolOp(other, values))})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            if not any(isinstance(side, ast.JoinedStr) for side in (left, right)):
                yield f"({ast.unparse(ast.BinOp(left, _OPERATORS[type(operator)](), right))})"
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value)):
            yield str(value + 1)


def _of_parts(node: ast.AST) -> Iterator[tuple[_Positioned, str]]:
    """Change a part of a node: negate a condition, call another function."""
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
                yield test, f"(not {ast.unparse(test)})"
        case ast.comprehension(ifs=tests):
            for test in tests:
                yield test, "True"
        case ast.Call(func=ast.Name(id=name) as function) if name in _FUNCTIONS:
            yield function, _FUNCTIONS[name]


def _without_a_row(node: ast.expr) -> Iterator[tuple[str, str]]:
    """Yield each row of a table, and the table without it."""
    match node:
        case ast.Set(elts=rows) if len(rows) > 1:
            for row in rows:
                yield ast.unparse(row), ast.unparse(ast.Set([other for other in rows if other is not row]))
        case ast.Tuple(elts=rows) | ast.List(elts=rows) if len(rows) > 2 and isinstance(node.ctx, ast.Load):
            for row in rows:
                kept = [other for other in rows if other is not row]
                yield ast.unparse(row), ast.unparse(type(node)(kept, ast.Load()))
        case ast.Dict(keys=keys, values=values) if len(keys) > 1:
            for key, value in zip(keys, values, strict=True):
                pairs = [pair for pair in zip(keys, values, strict=True) if pair[1] is not value]
                after = ast.unparse(ast.Dict([key for key, _value in pairs], [value for _key, value in pairs]))
                yield ast.unparse(key) if key else f"**{ast.unparse(value)}", after


def _one_line(text: str) -> str:
    """Return text with its blanks and line ends as one blank each."""
    return " ".join(text.split())
