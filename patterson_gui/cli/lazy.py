"""Functions whose modules are imported when they are first called."""

import importlib
from collections.abc import Callable
from typing import Any


def lazy_function(module: str, name: str) -> Callable[..., Any]:
    """A function that imports `module` when it is called and calls its function `name`.

    This keeps Qt and torch out of programs that do not need them.
    """

    def call(*args: Any, **keywords: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*args, **keywords)

    call.__name__, call.__qualname__, call.__module__ = name, name, module
    return call
