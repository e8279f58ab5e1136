"""Text in pages and drawings is escaped once, and symbols have what stands below and above."""

import doctest

from camtwin.report import markup
from camtwin.report.markup import Html, escape, levels, symbol, tag
from camtwin.report.page import figures, page


def test_what_is_text_is_escaped_and_what_is_markup_is_not():
    assert escape('a < b & "c"') == "a &lt; b &amp; &quot;c&quot;"
    assert escape(Html("<b>")) == "<b>"
    assert tag("p", "<", tag("b", "&"), title='"') == '<p title="&quot;">&lt;<b>&amp;</b></p>'
    assert tag("input", type="checkbox", checked=True, disabled=False) == '<input type="checkbox" checked>'
    assert doctest.testmod(markup).failed == 0


def test_levels():
    assert list(levels("σ²_y.dark, DN")) == [("σ²", 0), ("y.dark", -1), (", DN", 0)]
    assert list(levels("2·10^-5")) == [("2·10", 0), ("-5", 1)]
    assert symbol("μ_e<") == "μ<sub>e</sub>&lt;"


def test_a_page_is_whole():
    made = page("<t>", tag("p", "x"), figures([]), made_by="by")
    assert made.startswith('<!doctype html>\n<html lang="en"><head>')
    assert made.count("&lt;t&gt;") == 1
    assert made.endswith('<footer class="dim">by</footer></body></html>\n')
