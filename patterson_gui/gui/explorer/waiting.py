"""A page with a message in its centre, for a tab that has nothing to show yet."""

from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget


def centred(label: QLabel) -> QWidget:
    """A page with a label in its centre."""
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(32, 32, 32, 32)
    layout.addStretch(1)
    layout.addWidget(label)
    layout.addStretch(1)
    return page
