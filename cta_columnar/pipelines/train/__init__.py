"""Training: datasets with their truth to a folder of models."""
