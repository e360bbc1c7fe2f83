"""The key by which stages of events cut large shards."""

from typing import Annotated

from cta_columnar.config.section import NoDifference
from cta_columnar.options import Option

DEFAULT_BLOCK_SIZE = 100_000

BlockSize = Annotated[
    int | None,
    Option(
        doc="array events of a shard, about; one of the input that has more is cut; "
        f"null: {DEFAULT_BLOCK_SIZE}",
        ge=1,
    ),
    NoDifference(),
]
