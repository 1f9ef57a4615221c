"""The commands, one module each: `add_options` fills a parser, `run` carries the command out."""
