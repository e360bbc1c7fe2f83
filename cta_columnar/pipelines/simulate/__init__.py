"""Air showers and telescopes, simulated into files."""
