"""What of a call cannot be at a URL; keys of configurations say it themselves."""

from collections.abc import Iterable, Mapping
from typing import Any

from cta_columnar.remote import refuse_url

# They write what is no dataset.
_STAGES = ("simulate", "train", "irf", "dl3")
_KEYS = ("models", "add_to", "irf", "observe")


def refuse_urls(
    stage: str, output: object, values: Mapping[str, Any], files: Iterable[object]
) -> None:
    """Refuse URLs where only files of this machine will do.

    Parameters
    ----------
    stage : str
        What is run.
    output : object
        Where its output goes, as it was given.
    values : mapping of str to object
        Keys of the configuration that were given.
    files : iterable of object
        Names of configurations and plugins.

    Raises
    ------
    UserError
        Which names the first.
    """
    if stage in _STAGES:
        why = f"{stage} writes files of this machine alone: copy them there afterwards"
        refuse_url(output, why)
    for key in _KEYS:
        refuse_url(values.get(key), f"{key} is a folder or file of this machine")
    for each in files:
        refuse_url(each, "configurations and plugins are files of this machine")
