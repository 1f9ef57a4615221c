"""What the functions of the public API return: objects that save and show themselves."""
