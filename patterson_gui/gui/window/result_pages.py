"""The dock on the right: the figures of a prediction, or a solution with its evidence."""

from PyQt6.QtWidgets import QSizePolicy, QStackedWidget, QWidget


class ResultPages(QStackedWidget):
    """Shows one of two panels; the dock is as wide as the one that is shown needs."""

    def __init__(self, prediction: QWidget, solution: QWidget) -> None:
        super().__init__()
        self._prediction, self._solution = prediction, solution
        self.addWidget(prediction)
        self.addWidget(solution)
        self.show_page(solution=False)

    def show_page(self, *, solution: bool) -> None:
        """Bring a panel to the front."""
        shown = self._solution if solution else self._prediction
        hidden = self._prediction if solution else self._solution
        policy = QSizePolicy.Policy
        hidden.setSizePolicy(policy.Ignored, policy.Ignored)
        shown.setSizePolicy(policy.Preferred, policy.Preferred)
        self.setCurrentWidget(shown)
        self.setMinimumWidth(shown.minimumWidth())
