# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutation testing: break one line of the program, and see whether a test fails.

Why a program of our own: mutmut imports what it breaks under names that follow from paths, where this collection is
imported as ``ansible_collections.zstack.aios``. cosmic-ray would do, but half of its mutants break annotations, and none
of them takes a row out of a table, which is what much of this code is.
"""
