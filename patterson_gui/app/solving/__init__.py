"""Solving the open measured data: choices, the job, the model with its edits, what is drawn."""
