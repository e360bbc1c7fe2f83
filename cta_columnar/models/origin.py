"""Which models made a column that other models read."""

from dataclasses import dataclass, replace

from cta_columnar.schemas.predictions import PREFIX, UNPREFIXED


@dataclass(frozen=True, slots=True)
class Origin:
    """Which models made a column, and what it is, under whatever prefix.

    Attributes
    ----------
    task : str
        What they predict.
    name : str
        The column, with `PREFIX` in place of the prefix that somebody chose.
    training : str
        Identity of their folder; empty: of the same training as who reads it.
    weights : str
        Of the images in what an event got; empty: of no event, or nobody noted it.
    """

    task: str
    name: str
    training: str = ""
    weights: str = ""

    @classmethod
    def of(
        cls,
        column: str,
        task: str,
        prefix: str,
        training: str = "",
        weights: str = "",
    ) -> "Origin":
        """Return that of a column of a task whose prefix is known."""
        head = f"{prefix}_"
        if prefix and column.startswith(head) and column not in UNPREFIXED:
            column = f"{PREFIX}_{column.removeprefix(head)}"
        return cls(task, column, training, weights)

    @property
    def unweighted(self) -> "Origin":
        """What it is, however images were weighed."""
        return replace(self, weights="")
