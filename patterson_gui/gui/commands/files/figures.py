"""Save figures: pictures and turntables of the views, and plots, each with its settings."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QWidget

from patterson_gui.app.document.sections import SectionChoices
from patterson_gui.app.document.view_state import LayerKey
from patterson_gui.app.figures.capture import (
    CapturedFigure,
    FigureCapture,
    crystal_part,
    map_part,
    section_choices,
    section_part,
    write_figure_settings,
    write_plot_settings,
)
from patterson_gui.app.jobs.jobs import Job, JobContext, Lane, Work
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.sessions.sessions import Sessions
from patterson_gui.crystal.sections.contours import ContourLevels
from patterson_gui.errors import UserError
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.figures.dialog import PREVIEW, FigureDialog
from patterson_gui.gui.figures.paper import look_of
from patterson_gui.gui.figures.plot_data import plot_part
from patterson_gui.gui.figures.plots import draw_plot, refuse_plot
from patterson_gui.gui.figures.turntable import draw_frames, with_room_to_turn
from patterson_gui.gui.figures.view_pictures import (
    Panel,
    draw_picture,
    fit_panels,
    panel_size,
    pixels_of,
    place_panels,
    proportions,
    shown_views,
    snapshots,
)
from patterson_gui.gui.rendering.camera import CameraState
from patterson_gui.gui.rendering.render_thread import render_thread
from patterson_gui.gui.threads.receivers import is_alive
from patterson_gui.gui.viewer3d.central_area import CentralArea
from patterson_gui.gui.widgets.plots import ThemedPlot
from patterson_gui.io.figures.animations import video_blocked, write_animation
from patterson_gui.io.figures.pictures import refuse_picture, write_picture
from patterson_gui.io.figures.settings import (
    FigureSettings,
    PicturePart,
    PlotPart,
    TurntablePart,
    settings_path,
)
from patterson_gui.io.files import replace_file
from patterson_gui.io.sessions.session import WindowPart

PICTURES = ("PNG (*.png)", "TIFF (*.tif *.tiff)")
DRAWINGS = ("PDF (*.pdf)", "SVG (*.svg)", "PNG (*.png)")
PLOTS = ("SVG (*.svg)", "PDF (*.pdf)")
GIF, MP4 = "GIF (*.gif)", "MP4 (*.mp4)"
_WIDTH = {"picture": 2000, "turntable": 960}  # pixels that are proposed
_PREVIEW_PIXELS = 2  # for each point, so that lines do not look thicker than they will be
_NOT_OPEN = "It shows an example of a training, which is in no session."


class FigureCommands:
    """Figures of the views of one window."""

    def __init__(
        self,
        context: CommandContext,
        centre: CentralArea,
        sessions: Sessions,
        window_part: Callable[[], WindowPart],
    ) -> None:
        """`window_part` : what the window alone knows of a session."""
        self._context = context
        self._centre = centre
        self._sessions = sessions
        self._window_part = window_part
        self._capture = FigureCapture(context.workbench, sessions)
        self._last: dict[str, tuple[PicturePart, TurntablePart | None]] = {}

    def connect(self) -> None:
        """Connect the actions."""
        self._context.actions.on("save_picture", self.save_picture)
        self._context.actions.on("save_turntable", self.save_turntable)
        self._context.actions.on("save_plot", self.save_a_plot)
        self.add_plots(self._context.actions.window)

    def add_plots(self, window: QWidget) -> None:
        """Let the plots of a window be saved."""
        for plot in window.findChildren(ThemedPlot):
            plot.save_clicked.connect(partial(self.save_plot, plot))

    def show_enabled(self) -> None:
        """Disable what cannot be saved now; the tooltips say why."""
        for name in ("save_picture", "save_turntable"):
            self._context.actions.set_blocked(name, self._context.saver.crystal_blocked())

    # ------------------------------------------------------------------ plots
    def save_a_plot(self) -> None:
        """Save the plot that is shown; ask which where there are several."""
        plots = self._context.actions.window.findChildren(ThemedPlot)
        shown = [plot for plot in plots if plot.isVisible()]
        if not shown:
            self._context.show_notice(
                Notice("No plot is shown: predict the density, or open the tab Training.")
            )
        elif len(shown) == 1:
            self.save_plot(shown[0])
        else:
            self._context.ask.question(
                "Which plot do you want to save?", "",
                [(" by ".join(reversed(plot.axis_names)), partial(self.save_plot, plot))
                 for plot in shown],
                stay="Cancel",
            )  # fmt: skip

    def save_plot(self, plot: ThemedPlot) -> None:
        """Ask where, and save a plot as it is now."""
        part, again = plot_part(plot), partial(draw_plot, plot)
        self._context.ask.save_file(
            "Save the plot", self._context.saver.suggested_name("plot"), PLOTS,
            lambda path: self.write_plot(path, part, again),
        )  # fmt: skip

    def write_plot(self, path: Path, part: PlotPart, draw: Callable[[str], bytes]) -> None:
        """Draw a plot with `draw`, which gets the file ending, and write it in a job."""
        try:
            refuse_plot(path)
            content = draw(path.suffix.lower())
        except UserError as error:
            self._context.show_notice(Notice(str(error), error=True))
            return
        crystal = self._context.workbench.document.crystal
        described = None if crystal is None else crystal_part(crystal)

        def work(context: JobContext) -> Path:
            with replace_file(path) as temporary:
                temporary.write_bytes(content)
            write_plot_settings(path, part, described)
            return path

        self._submit(path, work, f"{len(part.curves)} curves")

    # ------------------------------------------------------------------ sections
    def save_section(self) -> None:
        """Ask where, and save the section or the montage that is shown."""
        saver = self._context.saver
        self._context.ask.save_file(
            "Save the drawing", saver.suggested_name("section"), DRAWINGS, self.write_section
        )

    def write_section(self, path: Path) -> Job[Path] | None:
        """Draw the section or the montage that is shown, to scale, in a job."""
        document = self._context.workbench.document
        layer = document.sections.choices.layer
        density = document.map_of(layer)
        captured = self._capture.now(
            self._window_part(), keep_maps=True, predictions=layer is LayerKey.PREDICTED
        )

        def beside(choices: SectionChoices, levels: ContourLevels) -> None:
            if captured is None or density is None:
                return
            maps = [map_part(density, density.kind.value)]
            parts = {"kind": "section", "section": section_part(choices, levels)}
            write_figure_settings(path, self._sessions, captured, parts, maps)

        return self._context.saver.save_section(path, beside)

    # ------------------------------------------------------------------ the dialog
    def save_picture(self) -> None:
        """Ask how, then where, and save a picture of the views."""
        self._ask("picture", None)

    def save_turntable(self) -> None:
        """Ask how, then where, and save a turntable of the views."""
        self._ask("turntable", TurntablePart())

    def _ask(self, what: str, turntable: TurntablePart | None) -> None:
        views = self._centre.shown_views
        there = {name: view.header.title.text() for name, view in shown_views(views).items()}
        if not there:
            self._context.show_notice(
                Notice("No view shows a map: open a file first, or switch one on in Layers.")
            )
            return
        picture, turntable = self._last.get(what, (self._proposed(what, turntable), turntable))
        dialog = FigureDialog(
            there, picture, self._draw_preview, self._context.ask.parent,
            turntable=turntable, note="" if turntable is None else video_blocked() or "",
            keeps_maps=self._capture.needs_maps,
        )  # fmt: skip
        dialog.chosen.connect(partial(self._chosen, what))
        dialog.open()

    def _proposed(self, what: str, turntable: TurntablePart | None) -> PicturePart:
        """The size that the views fill."""
        taken = snapshots(self._centre.shown_views, PicturePart())
        if turntable is not None:
            taken = with_room_to_turn(taken, turntable.axis)
        width = _WIDTH[what]
        height = round(width * proportions(taken, titles=True))
        return PicturePart(width=width, height=max(height // 2 * 2, 2))

    def _draw_preview(self, dialog: FigureDialog, picture: PicturePart) -> None:
        """Draw a small picture in a job."""
        most = (
            max(picture.width / PREVIEW.width(), picture.height / PREVIEW.height())
            / _PREVIEW_PIXELS
        )
        small = picture.model_copy(
            update={
                "width": max(1, round(picture.width / most)),
                "height": max(1, round(picture.height / most)),
            }
        )
        try:
            panels, small = self._panels(small, dialog.turntable())
        except UserError:
            return
        thread, look = render_thread(), look_of(picture.background)

        def work(context: JobContext) -> QImage:
            return draw_picture(thread, panels, small, look, lambda done, total: context.check())

        def done(image: QImage) -> None:
            if is_alive(dialog.show_preview):
                dialog.show_preview(image)

        self._context.workbench.runner.submit(
            "Drawing a preview", work, lane=Lane.FIGURES, key="figure-preview", quiet=True,
            on_done=done,
        )  # fmt: skip

    def _panels(
        self, picture: PicturePart, turntable: TurntablePart | None = None
    ) -> tuple[list[Panel], PicturePart]:
        taken = snapshots(self._centre.shown_views, picture)
        if turntable is not None:
            taken = with_room_to_turn(taken, turntable.axis)
        panels, picture = fit_panels(taken, picture)
        names = tuple(view.name for view in taken)
        return panels, picture.model_copy(update={"views": names})

    # ------------------------------------------------------------------ saving
    def _chosen(
        self, what: str, picture: PicturePart, turntable: TurntablePart | None, keep: bool
    ) -> None:
        self._last[what] = (picture, turntable)
        saver, ask = self._context.saver, self._context.ask
        if turntable is None:
            ask.save_file(
                "Save a picture", saver.suggested_name("picture"), PICTURES,
                lambda path: self.write_picture(path, picture, keep_maps=keep),
            )  # fmt: skip
            return
        filters = (GIF,) if video_blocked() else (GIF, MP4)
        ask.save_file(
            "Save a turntable", saver.suggested_name("turntable"), filters,
            lambda path: self.write_turntable(path, picture, turntable, keep_maps=keep),
        )  # fmt: skip

    def write_picture(self, path: Path, picture: PicturePart, *, keep_maps: bool = True) -> None:
        """Draw the views as they are now, and write them in a job."""
        try:
            refuse_picture(path, picture.width, picture.height)
            panels, placed = self._panels(picture)
        except UserError as error:
            self._context.show_notice(Notice(str(error), error=True))
            return
        self._write_picture(path, panels, placed, keep_maps=keep_maps)

    def _write_picture(
        self, path: Path, panels: list[Panel], placed: PicturePart, *, keep_maps: bool
    ) -> Job[Path]:
        captured = self._captured(keep_maps=keep_maps)
        thread, look = render_thread(), look_of(placed.background)

        def work(context: JobContext) -> Path:
            def step(done: int, total: int) -> None:
                context.check()
                context.report_fraction(done / total, "Drawing")

            image = draw_picture(thread, panels, placed, look, step)
            write_picture(path, pixels_of(image), placed.dpi)
            if captured is not None:
                maps = [panel.view.part(panel.camera) for panel in panels]
                parts = {"kind": "view", "picture": placed}
                write_figure_settings(path, self._sessions, captured, parts, maps)
            return path

        about = f"{placed.width:,} × {placed.height:,} pixels at {placed.dpi:g} dpi"
        return self._submit(path, work, about)

    def make_again(self, settings: FigureSettings, path: Path) -> Job[Path] | None:
        """Make the figure of these settings again, in a job, once its session is open and drawn.

        Raises
        ------
        UserError : the views do not show what the settings have.
        """
        document = self._context.workbench.document
        if settings.section is not None:
            document.sections.choices = section_choices(settings.section, document.sections.harker)
            document.sections.changed.emit()
            return self.write_section(path)
        picture = settings.picture
        if picture is None:
            raise UserError(f"{settings.figure} is no figure of the views.")
        cameras = {
            name: CameraState(part.camera.rotation, part.camera.target, part.camera.span)
            for name, part in zip(picture.views, settings.maps, strict=False)
            if part.camera is not None
        }
        size = panel_size(picture, len(picture.views), picture.scale)
        density = {
            name: min(size) / picture.scale / camera.span for name, camera in cameras.items()
        }
        taken = snapshots(self._centre.views, picture, density)
        if tuple(view.name for view in taken) != picture.views or len(cameras) != len(taken):
            raise UserError(
                f"{settings.figure} shows {', '.join(picture.views)}, but there are only "
                f"{', '.join(view.name for view in taken)}: check that its files are still there."
            )
        panels = place_panels(taken, [cameras[view.name] for view in taken], picture)
        if settings.turntable is not None:
            return self._write_turntable(path, panels, picture, settings.turntable, keep_maps=True)
        return self._write_picture(path, panels, picture, keep_maps=True)

    def write_turntable(
        self, path: Path, picture: PicturePart, turntable: TurntablePart, *, keep_maps: bool = True
    ) -> None:
        """Draw one turn of the views as they are now, and write it in a job."""
        try:
            panels, placed = self._panels(picture, turntable)
        except UserError as error:
            self._context.show_notice(Notice(str(error), error=True))
            return
        self._write_turntable(path, panels, placed, turntable, keep_maps=keep_maps)

    def _write_turntable(
        self,
        path: Path,
        panels: list[Panel],
        placed: PicturePart,
        turntable: TurntablePart,
        *,
        keep_maps: bool,
    ) -> Job[Path]:
        captured = self._captured(keep_maps=keep_maps)
        thread, look = render_thread(), look_of(placed.background)

        def work(context: JobContext) -> Path:
            def step(done: int, total: int) -> None:
                context.check()
                context.report_fraction(done / total, f"Drawing frame {done + 1} of {total}")

            frames = draw_frames(thread, panels, placed, turntable, look, step)
            write_animation(path, frames, turntable.frames, turntable.seconds)
            if captured is not None:
                maps = [panel.view.part(panel.camera) for panel in panels]
                parts = {"kind": "turntable", "picture": placed, "turntable": turntable}
                write_figure_settings(path, self._sessions, captured, parts, maps)
            return path

        return self._submit(path, work, f"{turntable.frames} frames, {turntable.seconds:g} s")

    def _captured(self, *, keep_maps: bool) -> CapturedFigure | None:
        other = "" if self._centre.shown_views is self._centre.views else _NOT_OPEN
        return self._capture.now(self._window_part(), keep_maps=keep_maps, other=other)

    def _submit(self, path: Path, work: Work[Path], about: str) -> Job[Path]:
        workbench = self._context.workbench

        def done(written: Path) -> None:
            workbench.settings.last_folder = str(written.parent)
            name = settings_path(written).name
            workbench.notice.emit(
                Notice(f"Saved {written.name} ({about}) and its settings {name} in "
                       f"{written.parent}.")
            )  # fmt: skip

        return workbench.runner.submit(
            f"Saving {path.name}", work, lane=Lane.FIGURES, on_done=done,
            on_failed=workbench.jobs.tell_failure,
        )  # fmt: skip
