"""All readers together, of raw files and of others."""

from fuzz import raw_readers, readers
from fuzz.mutations import mutated

READERS = raw_readers.READERS | readers.READERS


def target_of(reader, folder):
    """Return the file of a good folder that a fuzzer is to change."""
    patterns = getattr(reader, "targets", (raw_readers.NAME,))
    paths = (path for each in patterns for path in sorted(folder.glob(each)))
    return next(paths)


def changed(reader, content, rng):
    """Change the content of such a file where its format has something to say."""
    if isinstance(reader, raw_readers.RawReader):
        packed = reader.packing != ""
        how = (
            mutated(content, rng, "binary")
            if packed
            else raw_readers.damaged(content, rng)
        )
    else:
        how = mutated(content, rng, reader.form)
    return how[-1]
