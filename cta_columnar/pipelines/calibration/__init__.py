"""Camera calibration: coefficients from events, and tables of users."""
