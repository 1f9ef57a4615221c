"""Build atoms into a phased density, and refine them against the amplitudes."""
