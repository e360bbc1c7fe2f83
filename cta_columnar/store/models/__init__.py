"""Folders of trained models: tables and descriptions, never a pickle."""
