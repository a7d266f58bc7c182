# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Model services on the platform: paths and envelopes (platform.operations, platform.envelopes)."""

from __future__ import annotations

from ansible_collections.zstack.aios.plugins.module_utils._model.fields import ADD, CLONE, UPDATE
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources


class Services(Resources):
    """The model services of one platform."""

    schema = MODEL_SERVICE
    path = "/v1/ai/model-services"
    envelopes = {ADD: "param", CLONE: "params", UPDATE: "updateModelService"}
    resource_type = "ModelServiceVO"
