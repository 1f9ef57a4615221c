"""What a view draws besides its map and model: further layers, a map that blinks, a legend."""
