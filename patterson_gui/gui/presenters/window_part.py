"""The part of a session that the window alone knows: cameras, docks, tab."""

import base64
from collections.abc import Mapping

from PyQt6.QtCore import QByteArray
from PyQt6.QtWidgets import QMainWindow

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.gui.rendering.camera import CameraState
from patterson_gui.gui.viewer3d.linked_views import KINDS, LinkedViews
from patterson_gui.io.sessions.session import CameraPart, WindowPart


def window_part(window: QMainWindow, views: LinkedViews, tables: Tables) -> WindowPart:
    """How the window looks now."""
    cameras = {}
    for kind in KINDS:
        state = views.view(kind).camera.state
        cameras[kind.value] = CameraPart(
            rotation=state.rotation, target=state.target, span=state.span
        )
    return WindowPart(
        cameras=cameras,
        maximised="" if views.maximised is None else views.maximised.value,
        tab=tables.tabText(tables.currentIndex()),
        docks=base64.b64encode(window.saveState().data()).decode("ascii"),
    )


def show_docks(part: WindowPart, window: QMainWindow, tables: Tables) -> None:
    """Arrange docks and tab as they were."""
    try:
        docks = base64.b64decode(part.docks, validate=True)
    except ValueError:
        docks = b""
    if docks:
        window.restoreState(QByteArray(docks))
    for index in range(tables.count()):
        if tables.tabText(index) == part.tab:
            tables.setCurrentIndex(index)


def show_cameras(part: WindowPart, views: LinkedViews) -> None:
    """Turn the views as they were; call it when they have their maps."""
    cameras: Mapping[str, CameraPart] = part.cameras
    for kind in KINDS:
        camera = cameras.get(kind.value)
        if camera is not None:
            state = CameraState(camera.rotation, camera.target, camera.span)
            views.view(kind).camera.follow(state)
    if part.maximised in {kind.value for kind in KINDS}:
        kind = MapKind(part.maximised)
        if views.maximised is not kind:
            views.toggle_maximised(kind)
