#!/bin/sh
# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# How many services are there, and which of team A have eight CPUs or more? Then change one of them.
ansible localhost -m zstack.aios.model_service_info -a count_only=true
ansible localhost -m zstack.aios.model_service_info \
  -a '{"conditions": ["name~=team-a-%", "request_cpu>=8"], "fields": ["name", "request_cpu"]}'
ansible localhost -m zstack.aios.model_service -a 'name=team-a-chat request_cpu=12'
