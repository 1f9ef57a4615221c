"""Text in forms that other programs read safely: CSV, JSON, ASCII."""
