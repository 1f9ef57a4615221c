"""The table of heavy-atom sites."""
