"""Messages in the main window: toasts, hints for the first start, an offer to restore a session."""
