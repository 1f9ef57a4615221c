"""Tables, figures of merit and plots as files."""
