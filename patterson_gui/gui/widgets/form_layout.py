"""The layout of the forms in dialogs."""

from PyQt6.QtWidgets import QFormLayout


def form_layout() -> QFormLayout:
    """An empty layout of labels and editors."""
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form
