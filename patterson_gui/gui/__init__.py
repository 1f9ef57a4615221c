"""What the user sees: windows, viewers, panels, dialogs (PyQt6, vispy, pyqtgraph)."""
