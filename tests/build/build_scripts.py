# SPDX-License-Identifier: GPL-2.0-only
"""A script of scripts/ as a module, for cases that look into it."""

import importlib.machinery
import importlib.util
import sys

from bed.lib import TOP


def load(name: str):
    loader = importlib.machinery.SourceFileLoader(name, str(TOP / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    sys.modules[name] = module
    loader.exec_module(module)
    return module
