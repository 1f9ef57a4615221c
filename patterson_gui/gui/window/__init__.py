"""The main window and its parts: toolbar, docks, status line."""
