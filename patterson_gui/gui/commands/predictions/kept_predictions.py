"""Show, compare, save, rename and remove the predictions that are kept."""

from patterson_gui.app.history.compare_two import ComparedPair
from patterson_gui.app.history.predictions import KeptPrediction
from patterson_gui.app.phasing.phased_maps import HandsPair
from patterson_gui.gui.commands.context import CommandContext
from patterson_gui.gui.panels.predictions import PredictionsPanel


class KeptPredictionCommands:
    """The list of predictions of one window."""

    def __init__(self, context: CommandContext, panel: PredictionsPanel) -> None:
        self._context = context
        self._predicting = context.workbench.predicting
        self._document = context.workbench.document
        self._panel = panel

    def connect(self) -> None:
        """Connect the panel, and the list with it."""
        panel, predicting = self._panel, self._predicting
        panel.show_clicked.connect(predicting.show_kept)
        panel.compare_clicked.connect(self.compare)
        panel.end_clicked.connect(lambda: self._document.set_compared(None))
        panel.save_clicked.connect(self.save)
        panel.remove_clicked.connect(predicting.kept.remove)
        panel.renamed.connect(predicting.kept.rename)
        predicting.kept.changed.connect(self.show)
        self._document.prediction_changed.connect(self.show)
        self._document.compared_changed.connect(self.show)
        self.show()

    def compare(self, one: KeptPrediction, other: KeptPrediction) -> None:
        """Show two predictions side by side: two hands of the same phases on their own origins,
        others laid over one another."""
        if not self._context.workbench.site_phasing.show_hands(one, other):
            self._predicting.compare(one, other)

    def stop_listening(self) -> None:
        """The window closes."""
        self._predicting.kept.changed.disconnect(self.show)

    def show(self) -> None:
        """Show the list as it is now."""
        kept, compared = self._predicting.kept, self._document.compared
        pair = isinstance(compared, (ComparedPair, HandsPair))
        words = compared.sentence if compared is not None and pair else ""
        self._panel.show_items(kept.items, kept.shown, words)

    def save(self, item: KeptPrediction) -> None:
        """Ask for a file, and write the prediction with its crystal into it."""
        self._context.ask.save_file(
            f"Save {item.name}",
            self._context.saver.suggested_name("bundle"),
            ("Prediction bundle (*.pgz)",),
            lambda path: self._context.saver.save_prediction(path, item),
        )
