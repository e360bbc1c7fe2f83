"""A page of HTML that holds everything it shows: pictures inside, nothing fetched."""

import os
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #222;
  max-width: 72rem; margin: 0 auto; padding: 1.5rem; background: white; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .4rem; padding-top: .8rem;
  border-top: 1px solid #ddd; }
p { max-width: 46rem; margin: .4rem 0 .8rem; }
.lead, figcaption, footer { color: #555; }
.note { background: #f5f2e8; border-left: 4px solid #c9b458; padding: .4rem .8rem; }
.pictures { display: grid; gap: 1.2rem;
  grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); }
figure { margin: 0; }
figure.wide { grid-column: 1 / -1; }
figure img { width: 100%; max-width: 36rem; height: auto; }
figure.wide img { max-width: 100%; }
figcaption { font-size: .875rem; max-width: 36rem; }
figcaption b { color: #222; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums;
  font-size: .92rem; margin: .6rem 0; }
th, td { padding: .25rem .9rem .25rem 0; text-align: right; vertical-align: top; }
th { border-bottom: 1px solid #aaa; font-weight: 600; }
td { border-bottom: 1px solid #eee; }
.word { text-align: left; }
td.word:first-child { white-space: nowrap; }
.scroll { overflow-x: auto; }
details { margin: .4rem 0; }
summary { cursor: pointer; color: #555; font-size: .92rem; }
h3 { font-size: 1.02rem; margin: 1.4rem 0 .2rem; }
footer { font-size: .875rem; }
@media (max-width: 40rem) { .pictures { grid-template-columns: 1fr; } }
"""


@dataclass(frozen=True)
class Picture:
    """A picture with its caption.

    Attributes
    ----------
    png : bytes
        The file.
    title, caption : str
        What it shows; the title alone for those who cannot see it.
    is_wide : bool
        Whether it takes a row by itself.
    """

    png: bytes
    title: str
    caption: str = ""
    is_wide: bool = False


@dataclass(frozen=True)
class Table:
    """Rows below a header.

    Attributes
    ----------
    rows : sequence of sequence of str
        Cells.
    header : sequence of str
        Names of the columns.
    n_words : int
        How many columns, from the left, hold words; numbers are flush right.
    title : str
        A heading of its own.
    folded : str
        What to say of it while it is folded; empty to show it at once.
    """

    rows: Sequence[Sequence[str]]
    header: Sequence[str] = ()
    n_words: int = 1
    title: str = ""
    folded: str = ""


@dataclass(frozen=True)
class Section:
    """A heading, some words, tables and pictures; notes say what is missing."""

    title: str
    text: str = ""
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    notes: Sequence[str] = field(default=())


def render(title: str, lead: str, sections: Iterable[Section], footer: str) -> str:
    """Return the page as text; all of the arguments are plain text, not HTML."""
    body = "\n".join(map(_section, sections))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header>\n<h1>{escape(title)}</h1>\n<p class="lead">{escape(lead)}</p>\n'
        f"</header>\n{body}\n<footer>\n<p>{escape(footer)}</p>\n</footer>\n"
        "</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    parts = [f"<section>\n<h2>{escape(section.title)}</h2>"]
    if section.text:
        parts.append(f"<p>{escape(section.text)}</p>")
    parts += [f'<p class="note">{escape(note)}</p>' for note in section.notes]
    parts += map(_table, section.tables)
    if section.pictures:
        pictures = "\n".join(map(_picture, section.pictures))
        parts.append(f'<div class="pictures">\n{pictures}\n</div>')
    return "\n".join([*parts, "</section>"])


def _table(table: Table) -> str:
    parts = [f"<h3>{escape(table.title)}</h3>"] if table.title else []
    if not table.folded:
        return "\n".join([*parts, _rows(table)])
    folded = f"<details><summary>{escape(table.folded)}</summary>"
    return "\n".join([*parts, folded, _rows(table), "</details>"])


def _rows(table: Table) -> str:
    lines = ['<div class="scroll"><table>']
    if table.header:
        lines.append(f"<thead>{_row(table.header, 'th', table.n_words)}</thead>")
    lines.append("<tbody>")
    lines += [_row(row, "td", table.n_words) for row in table.rows]
    return "\n".join([*lines, "</tbody></table></div>"])


def _row(cells: Sequence[str], tag: str, n_words: int) -> str:
    kinds = [' class="word"' if i < n_words else "" for i in range(len(cells))]
    inside = (
        f"<{tag}{kind}>{escape(cell)}</{tag}>"
        for kind, cell in zip(kinds, cells, strict=True)
    )
    return f"<tr>{''.join(inside)}</tr>"


def _picture(picture: Picture) -> str:
    kind = ' class="wide"' if picture.is_wide else ""
    data = b64encode(picture.png).decode()
    return (
        f'<figure{kind}><img alt="{escape(picture.title)}" '
        f'src="data:image/png;base64,{data}">\n<figcaption><b>{escape(picture.title)}'
        f"</b> {escape(picture.caption)}</figcaption></figure>"
    )


def write_whole(path: Path, text: str) -> None:
    """Write a page, or what goes beside it, whole or not at all.

    Names of files need not be text: their other bytes are written as numbers.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # A new file: a link of that name, also a hard one, would lead to another.
        draft.unlink(missing_ok=True)
        with draft.open("x", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
