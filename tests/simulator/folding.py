# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Update's own fields get into the stored YAML, shaped as in the vendor's sample of that YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .options import Features

# Update's parameter: the key in the first element of ``services``.
_SERVICE_KEYS = {
    "serviceName": "name",
    "servicePorts": "ports",
    "serviceLivez": "livez",
    "serviceReadyz": "readyz",
    "serviceBootupTime": "serviceBootupTime",
}


def fold(features: Features, text: str, given: Mapping[str, Any]) -> str:
    """The YAML text with Update's fields set in it, as a platform of these features does; the same text if it does not.

    The usual platform sets the fields in what it stores, and leaves a text alone that is no mapping. With
    ``yaml-anew`` it writes what it knows of the text, and nothing else. With ``no-fold`` it shows none of the fields.
    """
    service = {key: given[name] for name, key in _SERVICE_KEYS.items() if name in given}
    environment = given.get("environmentParameters")
    if features.has("no-fold") or (not service and environment is None):
        return text
    document = _parsed(text)
    if features.has("yaml-anew"):
        document = _known(document if isinstance(document, dict) else {})
    elif not isinstance(document, dict):
        return text
    if service:
        _first_service(document).update(service)
    if environment is not None:
        kept = _environment(document.get("env")) if features.has("merge-env") else {}
        document["env"] = [f"{key}:{value}" for key, value in {**kept, **environment}.items()]
    return _dumped(document)


def _known(document: Mapping[str, Any]) -> dict[str, Any]:
    """What Update's fields could have said of the document."""
    services = document.get("services")
    first = services[0] if isinstance(services, list) and services and isinstance(services[0], dict) else {}
    known: dict[str, Any] = {"services": [{key: first[key] for key in _SERVICE_KEYS.values() if key in first}]}
    if "env" in document:
        known["env"] = document["env"]
    return known


def _first_service(document: dict[str, Any]) -> dict[str, Any]:
    services = document.get("services")
    if not isinstance(services, list) or not services or not isinstance(services[0], dict):
        services = document["services"] = [{}]
    first: dict[str, Any] = services[0]
    return first


def _environment(listed: Any) -> dict[str, str]:
    """The entries of ``env``, which are ``key:value`` texts."""
    texts = [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else []
    return {key: value for key, _colon, value in (text.partition(":") for text in texts)}


# The YAML library is imported where it is needed: most simulators never do, and start faster.
def _parsed(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError):
        return None


def _dumped(document: dict[str, Any]) -> str:
    import yaml

    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True))
