"""What a view draws besides its map and model: layers, a blinking map, colours and their legend."""
