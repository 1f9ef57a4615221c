"""From a phased density to atoms that explain the amplitudes."""
