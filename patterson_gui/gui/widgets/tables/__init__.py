"""Tables whose rows are chosen, sorted and copied."""
