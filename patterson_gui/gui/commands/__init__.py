"""The actions of the main window and what they do, by subject."""
