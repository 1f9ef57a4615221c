"""`info`."""

from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]


def test_info_names_versions_and_devices(call: Call) -> None:
    answer = call("info")
    assert "torch" in answer.out
    assert "cpu" in answer.out
    assert "OpenGL:" in answer.out
