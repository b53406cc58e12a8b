"""Charts as small accessible fragments: numbers in, escaped HTML with an inline SVG out, the same bytes each time.

Each module has one function of its own name. A fragment is one ``<div class="chart …">`` that is also well-formed XML;
its picture is one ``<svg role="img">`` whose title and description say the figures in words. Places along the width are
percentages, so that the picture fills whatever it stands in while its text keeps its size, from 320 px to a wide table.
There is no style and no script in it: colours come from ``shared/web/static/charts.css``. Headings and the table
with the same figures belong to the page. ``key`` must be unique in the page, since the ids are made of it.
"""
