"""The training loop: optimiser, schedules, validation, checkpoints, the training process."""
