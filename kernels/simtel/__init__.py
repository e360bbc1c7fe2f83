"""Kernels that find and decode the blocks of sim_telarray files.

A *block* is one eventio item. `framing.walk` finds all blocks of a buffer and lists
them in a table; the other kernels decode the payload of many blocks of one type.
They trust nothing: a payload that does not fit its block ends in a code of `codes`.
"""
