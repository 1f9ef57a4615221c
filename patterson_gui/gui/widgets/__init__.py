"""Small general-purpose widgets, the theme and the icons."""
