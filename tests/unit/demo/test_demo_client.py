"""How the demonstration's respondent reads pages."""

from __future__ import annotations

from deploy.demo.client import read_page

PAGE = """
<form method="post" action="/language"><button name="language" value="en">English</button></form>
<main data-page="questions"><form method="get" action="/help"><input name="q"></form>
<form method="post" action="/questions/2"><input type="hidden" name="token" value="a&amp;b">
<input type="radio" name="trygg" value="4"><input type="radio" name="trygg" value="3" checked>
<input type="checkbox" name="lugnare" value="rast" checked><input type="checkbox" name="lugnare" value="matsal" checked>
<textarea name="varfor">Rad ett
&lt;två&gt;</textarea>
<button name="action" value="next">Nästa</button><button name="action" value="back">Tillbaka</button></form>
<form method="post" action="/other"><input type="hidden" name="other" value="1"></form></main>
"""


def test_the_main_form_is_read_and_no_other():
    page = read_page(PAGE)

    assert (page.kind, page.action) == ("questions", "/questions/2")
    assert page.actions == {"next", "back"}
    assert page.controls == {"trygg", "lugnare", "varfor"}


def test_fields_hold_what_a_browser_would_send():
    page = read_page(PAGE)

    assert page.fields["token"] == ["a&b"]
    assert page.fields["trygg"] == ["3"]
    assert page.fields["lugnare"] == ["rast", "matsal"]
    assert "".join(page.fields["varfor"]) == "Rad ett\n<två>"
