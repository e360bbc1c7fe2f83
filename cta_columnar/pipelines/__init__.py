"""Wire sources, stages, store and executor together, one file per verb."""
