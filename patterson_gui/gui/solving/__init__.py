"""The Solve button, and the panel that shows a solution with its evidence."""
