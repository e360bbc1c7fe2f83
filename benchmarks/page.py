"""Tables of a program, in a page."""

from pathlib import Path


def marks(program: str) -> tuple[str, str]:
    """Return what stands before and behind what a program writes into a page."""
    begin, end = (f"<!-- made by {program}: {each} -->" for each in ("begin", "end"))
    return begin, end


def put_between(page: Path, program: str, text: str) -> None:
    """Replace what a program wrote into a page before.

    Parameters
    ----------
    page : pathlib.Path
        Markdown with the two `marks` of the program.
    program : str
        Name in these marks.
    text : str
        What is to be between them.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    begin, end = marks(program)
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found_too, after = rest.partition(end)
    if not (found and found_too):
        raise ValueError(f"{page} lacks {begin} ... {end}")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
