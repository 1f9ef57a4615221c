"""Scenes that the tests send to Coot, and where they send them."""

from dataclasses import replace
from typing import Any

from patterson_gui.io.viewers.scene import ViewerItem, ViewerOptions, ViewerScene
from tests.bridges.coot_standin import RemoteControl

CELL = (12.0, 12.0, 12.0, 90.0, 90.0, 90.0)


def scene_of(items: list[ViewerItem]) -> ViewerScene:
    keyed = [replace(item, key=item.name.lower()) for item in items]
    return ViewerScene(tuple(keyed), "toy", CELL, (6.0, 5.0, 4.0))


def options(remote: RemoteControl, **changes: Any) -> ViewerOptions:
    return ViewerOptions(ports=(remote.port,), launch=False, **changes)
