"""Parquet datasets: parts, commit records, manifest, joins."""
