"""Decoding of sim_telarray blocks from raw bytes."""
