# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Update's own fields get into the stored YAML (contract 1.1), shaped as in the vendor's sample of that YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
# Update's parameter: the key in the first element of ``services``.
_SERVICE_KEYS = {
    "serviceName": "name",
    "servicePorts": "ports",
    "serviceLivez": "livez",
    "serviceReadyz": "readyz",
    "serviceBootupTime": "serviceBootupTime",
}


def fold_into(text: str, given: Mapping[str, Any], merge_environment: bool) -> str:
    """The YAML text with Update's fields set in it; the same text if none is given or it holds no mapping.

    ``env`` becomes a list of ``key:value`` texts; with `merge_environment` the keys that are not given stay.
    """
    service = {key: given[name] for name, key in _SERVICE_KEYS.items() if name in given}
    environment = given.get("environmentParameters")
    if not service and environment is None:
        return text
    try:
        document = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError:
        return text
    if not isinstance(document, dict):
        return text
    if service:
        services = document.get("services")
        if not isinstance(services, list) or not services or not isinstance(services[0], dict):
            services = document["services"] = [{}]
        services[0].update(service)
    if environment is not None:
        kept = _environment(document.get("env")) if merge_environment else {}
        document["env"] = [f"{key}:{value}" for key, value in {**kept, **environment}.items()]
    return str(yaml.dump(document, Dumper=_DUMPER, sort_keys=False, allow_unicode=True))


def _environment(listed: Any) -> dict[str, str]:
    texts = [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else []
    return {key: value for key, _colon, value in (text.partition(":") for text in texts)}
