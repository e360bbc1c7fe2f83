"""Stage 3: trained models applied."""
