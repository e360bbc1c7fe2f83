"""Columns of the table of blocks that `framing.walk` makes: int64, a row per block."""

# First byte (of the sync marker where there is one), first and last + 1 byte of the
# payload; row of the block that it lies in, -1 for none.
TYPE, VERSION, ID, BEGIN, START, END, PARENT = range(7)
N_COLUMNS = 7
