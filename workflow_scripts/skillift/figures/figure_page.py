"""A figure as an interactive page: one HTML file that asks nothing of the network.

The viewer (Vega, Vega-Lite and Vega-Embed, as vl-convert bundles them) stands in the page itself, and the
page's policy forbids it to load anything.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair as alt

# Vega compiles its expressions, hence `unsafe-eval`; nothing is loaded from anywhere
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)
_STYLE = (
    "body { margin: 12px; background: white; font-family: Arial, Helvetica, sans-serif; } "
    # a drawing fills the window, up to where its type would look like a poster's
    "#figure, svg.marks { width: 100%; } svg.marks { max-width: 1100px; height: auto; } "
    ".vega-bindings { color: #333333; font-size: 13px; }"
)
_OPTIONS = {
    "mode": "vega-lite",
    "renderer": "svg",
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
}


def viewer() -> str:
    """The scripts that draw a chart in a browser, about 0.9 MB; the same for the same vl-convert."""
    import vl_convert

    # its types leave out that a snippet may be left out
    return vl_convert.javascript_bundle()  # type: ignore[call-arg]


def to_html(chart: alt.Chart, title: str, scripts: str) -> str:
    """A chart as an HTML document; the same chart gives the same text.

    Args:
        chart: the chart, with its tooltips and selections.
        title: of the page.
        scripts: see `viewer`.
    """
    from skillift.figures.theme import specification

    drawn = {key: value for key, value in specification(chart).items() if key != "$schema"}
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
<script>{scripts}</script>
</head>
<body>
<div id="figure"></div>
<script>
vegaEmbed("#figure", {_script(drawn)}, {_script(_OPTIONS)}).catch(console.error);
</script>
</body>
</html>
"""


def _script(value: dict) -> str:
    """JSON that cannot end the script that it stands in, whatever labels it holds."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
