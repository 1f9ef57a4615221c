"""Send what the window shows to ChimeraX, Coot or PyMOL, keep it up to date there, and fetch."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from psygnal import Signal

from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.app.jobs.notice import Notice, Tell
from patterson_gui.app.open_requests import OpenRequest
from patterson_gui.app.workbench import Workbench
from patterson_gui.app.write_files import ShownMap, shown_atoms
from patterson_gui.crystal.colours import PALETTES, Palette
from patterson_gui.errors import UserError
from patterson_gui.io.file_names import file_stem, map_stem
from patterson_gui.io.scenes.write import map_item, write_scene
from patterson_gui.io.viewers.places import ViewerPlace
from patterson_gui.io.viewers.scene import (
    Fetched,
    SendReport,
    Viewer,
    ViewerItem,
    ViewerOptions,
    ViewerScene,
)


class Viewers:
    """Sends from and fetches into one workbench.

    Attributes
    ----------
    busy : the program that is being sent to or fetched from.
    folder : the folder of the files that other programs read; they may read them late.
    """

    changed = Signal()  # `busy`, `usual` or `live`
    fetched = Signal(object)  # OpenRequest: opens what was fetched

    def __init__(self, workbench: Workbench, folder: Path) -> None:
        self._workbench = workbench
        self._document = workbench.document
        self.folder = folder
        self.busy: Viewer | None = None
        # What was sent to the program that follows. The maps are kept, so that levels are sent in
        # the units of the maps that are open there.
        self._linked: Viewer | None = None
        self._there: dict[LayerKey, ShownMap] = {}
        self._models: dict[str, ViewerItem] = {}
        self._document.layer_changed.connect(self._layer_changed)

    # ------------------------------------------------------------------ settings
    @property
    def usual(self) -> Viewer:
        """The program that was sent to last."""
        return self._workbench.settings.viewer

    @property
    def live(self) -> bool:
        """Whether changes of level, style and visibility follow in the program sent to."""
        return self._workbench.settings.live_link

    def set_live(self, on: bool) -> None:
        self._workbench.settings.live_link = on
        if on:
            self._follow()
        self.changed.emit()

    def options(self, viewer: Viewer, launch: bool = True) -> ViewerOptions:
        """The program's path and ports from the settings."""
        place = self.place(viewer)
        return ViewerOptions(place.path, tuple(place.ports), launch)

    def place(self, viewer: Viewer) -> ViewerPlace:
        """The settings of a program."""
        return self._workbench.settings.viewers.get(viewer, ViewerPlace())

    def set_place(self, viewer: Viewer, place: ViewerPlace) -> None:
        settings = self._workbench.settings
        settings.viewers = {**settings.viewers, viewer: place}
        self.changed.emit()

    def blocked(self) -> str | None:
        """Why nothing can be sent or fetched now; None when it can."""
        if self.busy is not None:
            return f"{self.busy.label} is busy with an earlier request."
        return None

    def send_blocked(self) -> str | None:
        """Why nothing can be sent now; None when it can."""
        nothing = "Open a file first." if self._document.crystal is None else None
        return self.blocked() or nothing

    # ------------------------------------------------------------------ sending
    def send(self, viewer: Viewer, launch: bool = True) -> Job[SendReport] | None:
        """Send maps, model and built atoms, as the window shows them, to a program.

        Hidden maps are left out, unless the program is kept up to date: then they may be shown
        later and must be there.
        """
        crystal = self._document.crystal
        if crystal is None:
            self._tell("Open a file first: there is nothing to send.", error=True)
            return None
        solved = self._document.solved
        sent_crystal = crystal
        if solved is not None and solved.model is not None:
            sent_crystal = replace(crystal, cell=solved.model.cell, model=solved.model)
        layers = dict(self._document.layers)
        palette = self._palette
        maps = {
            key: ShownMap(
                density,
                layers[key],
                palette.maps[density.kind],
                map_stem(crystal.name, density.kind, self._document.displayed_is_aligned),
            )
            for key, density in self._document.maps.items()
            if (key is not LayerKey.DIFFERENCE or self._shows_difference)
            and (layers[key].visible or self.live)
        }
        wanted = layers[LayerKey.ATOMS].visible or self.live
        atoms = shown_atoms(self._document) if wanted else None
        folder = self.folder / file_stem(crystal.name)
        scene_maps = [shown.for_scene() for shown in maps.values()]
        hidden = [key.value for key in (LayerKey.MODEL, LayerKey.ATOMS) if not layers[key].visible]

        def sent(scene: ViewerScene) -> None:
            self._linked = viewer
            self._there = maps
            self._models = {item.key: item for item in scene.items if item.kind is None}

        return self.send_scene(
            viewer,
            lambda: write_scene(
                folder, sent_crystal, scene_maps, atoms, hidden=hidden, palette=palette
            ),
            folder,
            self._tell,
            launch=launch,
            sent=sent,
        )

    @property
    def _palette(self) -> Palette:
        """The colours that maps have now."""
        return PALETTES[self._workbench.settings.palette]

    @property
    def _shows_difference(self) -> bool:
        """Whether a view shows a difference map. Where none does, the scene gets a hidden one."""
        return self._document.solved is not None or self._document.displays_difference

    def send_scene(
        self,
        viewer: Viewer,
        make: Callable[[], ViewerScene],
        folder: Path,
        tell: Tell,
        *,
        launch: bool = True,
        sent: Callable[[ViewerScene], None] | None = None,
    ) -> Job[SendReport] | None:
        """Send the scene that `make` writes into `folder`, in the job's thread.

        `tell` shows the result as one sentence; `sent` is called with the scene once it is shown.
        """
        if (why := self.blocked()) is not None:
            tell(why, error=True)
            return None
        options = self.options(viewer, launch)
        bridge_to = self._workbench.services.bridge_to
        self._linked = None  # what is open there will be replaced
        made: list[ViewerScene] = []

        def work(context: JobContext) -> SendReport:
            scene = make()
            made.append(scene)
            if not scene.items:
                raise UserError("There is nothing to send: show a map or the model first.")
            context.check()
            return bridge_to(viewer).send(
                scene, folder, replace(options, cancelled=context.cancelled)
            )

        def done(report: SendReport) -> None:
            if report.sent and sent is not None:
                sent(made[0])
                if self.live:
                    self._follow()  # changes made while it was sent
            self._workbench.settings.viewer = viewer
            self._idle()
            tell(report.sentence, error=not report.sent)

        self._busy_with(viewer)
        return self._workbench.runner.submit(
            f"Sending to {viewer.label}", work, lane=Lane.SEND, key="send", on_done=done,
            on_failed=lambda failure: self._failed(failure, tell), on_cancelled=self._idle,
        )  # fmt: skip

    # ------------------------------------------------------------------ keeping up to date
    def _layer_changed(self, key: LayerKey) -> None:
        if self.live and self._linked is not None and (key in self._there or key in self._models):
            self._follow()

    def _follow(self) -> None:
        """Have the program that was sent to last show its maps as they look here now.

        A newer request replaces one that waits, so that turning the mouse wheel builds no queue.
        """
        viewer = self._linked
        if viewer is None:
            return
        items = self._items_there()
        bridge_to = self._workbench.services.bridge_to

        def done(trouble: str | None) -> None:
            if trouble is not None and self._linked is viewer:
                self._linked = None  # reported once; following starts again with the next send
                self._tell(trouble, error=True)

        self._workbench.runner.submit(
            f"Updating {viewer.label}", lambda context: bridge_to(viewer).follow(items),
            lane=Lane.FOLLOW, key="follow", quiet=True,
            on_done=done, on_failed=lambda failure: self._failed(failure, self._tell),
        )  # fmt: skip

    def _items_there(self) -> tuple[ViewerItem, ...]:
        """What was sent, as it looks here now; levels in the units of the maps sent."""
        layers = self._document.layers
        maps = [
            map_item(replace(shown, layer=layers[key]).for_scene(), "", Path(), self._palette)
            for key, shown in self._there.items()
        ]
        models = [
            replace(item, shown=layers[LayerKey(key)].visible) for key, item in self._models.items()
        ]
        return (*maps, *models)

    # ------------------------------------------------------------------ fetching
    def fetch(self, viewer: Viewer) -> Job[Fetched] | None:
        """Have a running program write the model and the map that are open there."""
        if (why := self.blocked()) is not None:
            self._tell(why, error=True)
            return None
        options, folder = self.options(viewer, launch=False), self.folder / "fetched"
        bridge_to = self._workbench.services.bridge_to

        def done(answer: Fetched) -> None:
            self._idle()
            self._tell(answer.sentence)
            path = answer.map or answer.model
            if path is not None:
                model = answer.model if answer.map is not None else None
                self.fetched.emit(OpenRequest(path, model=model))

        self._busy_with(viewer)
        return self._workbench.runner.submit(
            f"Fetching from {viewer.label}",
            lambda context: bridge_to(viewer).fetch(folder, options),
            lane=Lane.SEND, key="send", on_done=done,
            on_failed=lambda failure: self._failed(failure, self._tell), on_cancelled=self._idle,
        )  # fmt: skip

    # ------------------------------------------------------------------ parts
    def _busy_with(self, viewer: Viewer) -> None:
        self.busy = viewer
        self.changed.emit()

    def _idle(self) -> None:
        self.busy = None
        self.changed.emit()

    def _failed(self, failure: Failure, tell: Tell) -> None:
        self._idle()
        if failure.details is None:
            tell(failure.sentence, error=True)
        else:
            self._workbench.jobs.tell_failure(failure)

    def _tell(self, text: str, *, error: bool = False) -> None:
        self._workbench.notice.emit(Notice(text, error=error))
