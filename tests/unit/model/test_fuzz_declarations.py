# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fuzzing of what users write: items, files, YAML, conditions. Everything is read, or refused in harmless words."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK
from ansible_collections.zstack.aios.plugins.module_utils._converge.guards import read_prune
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import make_plan
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec, yaml_values
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import UPDATE
from ansible_collections.zstack.aios.plugins.module_utils._model.files import read_files
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._platform.conditions import ConditionReader, InvalidCondition
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import keeps_all, read_by_server
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
KEYS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)
CONTROLS = ["state", "uuid", "clone_from", "previous_names", "protected"]
OPTIONS = [field.option for field in FIELDS] + list(MODEL_SERVICE.named) + CONTROLS
ITEMS = VALUES | st.dictionaries(st.sampled_from(OPTIONS) | KEYS, VALUES, max_size=6)
SHORT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


READER = ConditionReader(MODEL_SERVICE)


def harmless(texts: list[str]) -> None:
    """Assert that no message could steer a terminal."""
    for text in texts:
        assert text.replace("\n", "").isprintable(), repr(text)
        assert len(text) < 5000


@given(st.lists(ITEMS, max_size=3), st.dictionaries(st.sampled_from(OPTIONS), VALUES, max_size=3))
def test_any_declaration_is_read_or_refused(raws: list[Any], defaults: dict[str, Any]) -> None:
    items, errors = validate_items(
        MODEL_SERVICE, [RawItem(value, f"model_services[{n}]") for n, value in enumerate(raws)], defaults
    )
    harmless([str(error) for error in errors])
    assert len(items) <= len(raws)
    if errors:
        return
    for item in items:
        json.dumps(MODEL_SERVICE.encode(item.values, UPDATE), allow_nan=False)
    plan = make_plan(items, Snapshot([]))
    harmless([str(error) for error in plan.errors])


SECRET = "a-secret-that-nobody-may-see"


@given(
    st.sampled_from(["environment_parameters", "startup_parameters", "inference_params"]),
    st.sampled_from(OPTIONS),
    VALUES,
)
def test_no_error_repeats_a_secret(parameters: str, option: str, value: Any) -> None:
    for secret in (SECRET, [SECRET], {"a": SECRET}, {SECRET: 1.5}):
        item = {"name": "chat", option: value, parameters: {"HF_TOKEN": secret}}
        _items, errors = validate_items(MODEL_SERVICE, [RawItem(item, "")])
        assert not any(SECRET in str(error) for error in errors)


@given(st.text() | st.text(alphabet="{}[]:,-&*!|>'\"%@#?~ \n\tab01."))
@example("a: &a [*a]")
@example("<<: {a: 1}")
@example("? [a]\n: b")
@example("- " * 2000)
@example("[" * 5000)
@example("{" * 5000)
@example("a: !!binary x")
@example("2026-99-99")
@example("\ud800")
def test_any_yaml_is_read_or_refused(text: str) -> None:
    try:
        value = yaml_codec.load(text).value
    except yaml_values.YamlError as error:
        assert error.problem
        return
    try:
        assert yaml_values.fingerprint(value) == yaml_values.fingerprint(yaml_codec.load(text).value)
    except yaml_values.YamlError as error:
        assert "itself" in error.problem or "deeply" in error.problem


@pytest.mark.parametrize("levels", range(1, 60, 7))
def test_a_yaml_with_exponential_aliases_is_read_or_refused_at_once(levels: int) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    started = time.perf_counter()
    try:
        value = yaml_codec.load("\n".join(lines)).value
        assert yaml_values.fingerprint(value) == yaml_values.fingerprint(value)
    except yaml_values.YamlError as error:
        assert "aliases" in error.problem
    assert time.perf_counter() - started < 2


@SHORT
@given(content=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
       suffix=st.sampled_from([".yml", ".yaml", ".json"]))  # fmt: skip
def test_any_file_is_read_or_refused(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"services{suffix}"
    path.write_bytes(content)
    raws, errors = read_files([str(path)])
    harmless([str(error) for error in errors])
    assert not (raws and errors)
    items, invalid = validate_items(MODEL_SERVICE, raws)
    assert len(items) + len(invalid) >= len(raws)


@given(st.lists(VALUES, max_size=3))
def test_any_path_is_read_or_refused(paths: list[Any]) -> None:
    _raws, errors = read_files([path for path in paths if not isinstance(path, str) or not Path(path).is_dir()])
    harmless([str(error) for error in errors])


@given(
    st.lists(
        VALUES | st.fixed_dictionaries({"field": VALUES}, optional={"operator": VALUES, "value": VALUES}), max_size=3
    )
)
def test_any_condition_is_read_or_refused(conditions: list[Any]) -> None:
    for given_condition in conditions:
        try:
            condition = READER.read(given_condition)
        except InvalidCondition as error:
            harmless([str(error)])
        else:
            assert read_by_server(condition.sent)
            keeps_all([condition], {"uuid": "x"})


@given(st.booleans(), st.lists(VALUES, max_size=2), VALUES, st.booleans())
def test_any_pruning_is_read_or_refused(wanted: bool, conditions: list[Any], limit: Any, empty: bool) -> None:
    prune, errors = read_prune(READER, wanted, conditions, limit, empty)
    harmless([str(error) for error in errors])
    assert prune is None or not wanted or errors or (prune.most(100) or 0) >= 0


KEYS = st.sampled_from(["HF_TOKEN", "apiKey", "db.password", "MY_SECRET", "AWS_SECRET_ACCESS_KEY", "privateKey"])
NOTATIONS = ("- {0}:{1}", "- {0}={1}", "- {0}: {1}", "- name: {0}\n  value: {1}", "  {0}: {1}", "- {{{0}: {1}}}")


@given(KEYS, st.sampled_from(NOTATIONS), st.sampled_from(["", "broken: [\n", "\tx: 1\n"]))
def test_a_secret_of_the_environment_is_redacted_in_every_notation(key: str, notation: str, before: str) -> None:
    text = f"{before}env:\n{notation.format(key, SECRET)}\n"
    shown = Redactor().redact_yaml(text)
    assert SECRET not in shown
    assert MASK in shown


@given(st.text(max_size=200))
def test_redacting_any_text_gives_a_text(text: str) -> None:
    assert isinstance(Redactor(("x",)).redact_yaml(text), str)
