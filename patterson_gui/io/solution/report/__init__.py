"""The report of a solution: figures, words and pictures as HTML, JSON and text."""
