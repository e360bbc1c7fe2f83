"""Raw formats to record batches; a file is opened by its content."""
