# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that a service is bound to."""

from __future__ import annotations

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, ApiError
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client

MODELS = "models"
#: Any uuid, to ask whether a path exists.
_NO_UUID = "0" * 32


def bind(client: Client, service: str, model: str) -> None:
    """Bind a model to a service."""
    client.write("POST", _path(service, model), {"param": {}})


def unbind(client: Client, service: str, model: str) -> None:
    """Unbind a model from a service; one that is gone already counts as unbound."""
    try:
        client.write("DELETE", _path(service, model))
    except ApiError as error:
        if error.code != "SYS.1003":
            raise


def check_offered(client: Client) -> None:
    """Ask, without a write, whether the platform can bind and unbind models.

    :raises AiosError: of code ``binding_not_offered``.
    """
    try:
        client.read(_path(_NO_UUID, _NO_UUID))
    except ApiError as error:
        # platform.bindings: a path that exists rejects a GET in other words than one that does not.
        if "no api mapping" in error.details:
            raise AiosError(
                "this platform has no call to bind or unbind models, so the models of a service are fixed at its creation. "
                "Next: declare the current models, remove the option, or upgrade the platform",
                "binding_not_offered",
            ) from None


def _path(service: str, model: str) -> str:
    return f"/v1/ai/models/{model}/model-services/{service}"
