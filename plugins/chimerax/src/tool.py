"""The panel "Patterson maps": the maps of the open predictions, with level sliders."""

from chimerax.core.commands import run
from chimerax.core.models import ADD_MODELS, REMOVE_MODELS
from chimerax.core.tools import ToolInstance
from Qt.QtCore import Qt
from Qt.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from .cmd import patterson_open
from .levels import (
    STEPS,
    LevelScale,
    colour_of,
    level_of,
    model_to_predict,
    our_volumes,
    rms_of,
    set_level,
)

_EMPTY = "No prediction is open. Open a .pgz file, or predict from the model that is shown."


def choose_bundle(session):
    """Ask for a bundle and open it."""
    path, _ = QFileDialog.getOpenFileName(
        session.ui.main_window, "Open a prediction", "", "Predictions (*.pgz)"
    )
    if path:
        patterson_open(session, path)  # not as a command, which a ';' in the path would split


class PattersonMaps(ToolInstance):
    """One row per map; filled again when models are opened or closed."""

    SESSION_ENDURING = True
    SESSION_SAVE = False
    help = None

    def __init__(self, session, tool_name):
        super().__init__(session, tool_name)
        from chimerax.ui import MainToolWindow

        self.tool_window = MainToolWindow(self)
        layout = QVBoxLayout(self.tool_window.ui_area)
        buttons = QHBoxLayout()
        for words, call in (
            ("Open prediction…", lambda: choose_bundle(session)),
            ("Predict from the model shown", self._predict),
        ):
            button = QPushButton(words)
            button.clicked.connect(lambda _=False, call=call: call())
            buttons.addWidget(button)
        layout.addLayout(buttons)
        self._rows = QWidget()
        QGridLayout(self._rows).setColumnStretch(2, 1)
        layout.addWidget(self._rows)
        layout.addStretch(1)
        self._handlers = [
            session.triggers.add_handler(name, lambda *_: self._fill())
            for name in (ADD_MODELS, REMOVE_MODELS)
        ]
        self._fill()
        self.tool_window.manage("side")

    def delete(self):
        for handler in self._handlers:
            handler.remove()
        super().delete()

    def _fill(self):
        grid = self._rows.layout()
        while grid.count():
            widget = grid.takeAt(0).widget()
            widget.setParent(None)
            widget.deleteLater()
        volumes = our_volumes(self.session)
        if not volumes:
            label = QLabel(_EMPTY)
            label.setWordWrap(True)
            grid.addWidget(label, 0, 0, 1, 4)
        for row, volume in enumerate(volumes):
            for column, widget in enumerate(self._row(volume)):
                grid.addWidget(widget, row, column)

    def _row(self, volume):
        shown = QCheckBox(volume.name)
        shown.setChecked(bool(volume.display))
        shown.toggled.connect(lambda on: volume.deleted or setattr(volume, "display", on))
        swatch = QLabel()
        swatch.setFixedSize(16, 16)
        swatch.setStyleSheet(f"background: {colour_of(volume)}")
        scale = LevelScale(float(volume.full_matrix().max()), rms_of(volume))
        level = level_of(volume) or scale.rms
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, STEPS)
        slider.setValue(scale.step(level))
        readout = QLabel(scale.text(level))

        def moved(step):
            new = scale.level(step)
            readout.setText(scale.text(new))
            if not volume.deleted:
                set_level(volume, new)

        slider.valueChanged.connect(moved)
        return shown, swatch, slider, readout

    def _predict(self):
        from chimerax.atomic import all_atomic_structures
        from chimerax.core.errors import UserError

        shown = [model for model in all_atomic_structures(self.session) if model.display]
        if not shown:
            raise UserError("There is no model to predict from: open one first.")
        run(self.session, f"patterson predict {model_to_predict(shown).atomspec}")
