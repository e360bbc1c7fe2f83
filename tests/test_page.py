"""The page: text is text, pictures are inside."""

from html.parser import HTMLParser

from cta_columnar.display import style
from cta_columnar.page import Picture, Section, Table, render

VOID = {"meta", "img", "br"}


class Checker(HTMLParser):
    """Notes what a page refers to, and that every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.sources, self.headings, self.words = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.sources += [v for k, v in attrs if k in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def test_sections_with_all_they_may_hold():
    table = Table([("a", "1"), ("b", "2")], ("name", "count"))
    sections = [
        Section("First", "Words.", [table], [Picture(b"png", "Title.", "Caption.")]),
        Section("Second", notes=["Nothing here."]),
    ]
    page = Checker(render("Title", "lead", sections, "footer"))
    assert page.headings == ["First", "Second"]
    assert page.sources == ["data:image/png;base64,cG5n"]
    for word in ("Words.", "count", "b", "Caption.", "Nothing here.", "footer", "lead"):
        assert any(word in each for each in page.words)


def test_names_cannot_break_the_page():
    bad = '<script>alert("x")</script>&'
    section = Section(bad, bad, [Table([(bad,)], (bad,))], [Picture(b"", bad)], [bad])
    text = render(bad, bad, [section], bad)
    assert "<script" not in text
    assert Checker(text).headings == [bad]


def test_a_figure_is_the_same_bytes_each_time():
    def png():
        drawn = style.figure(2, 2)
        drawn.add_subplot().plot([1, 2])
        return style.to_png(drawn)

    assert png() == png()
    assert png().startswith(b"\x89PNG")
