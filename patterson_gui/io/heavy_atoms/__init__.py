"""Files of heavy-atom sites."""
