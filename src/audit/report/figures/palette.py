"""Colours of the figures, and what each becomes on a dark page.

Blue and rust stay apart for readers with deuteranopia or protanopia; in greyscale shape, hatching
and dashes tell what they tell. No meaning rests on colour alone.
"""

from __future__ import annotations

INK = "#1b1f24"
MUTED = "#59636e"
RULE = "#d0d6dd"
BAND = "#edf1f5"
PAPER = "#fefefe"
BLUE = "#1f5fa8"
RUST = "#b04a16"
PALE_BLUE = "#c9dbef"
PALE_RUST = "#f1d4c3"
FLOW_BLUE = "#6593c9"
FLOW_RUST = "#c57f58"

DARK = {
    INK: "#e6e9ee",
    MUTED: "#a5afba",
    RULE: "#3b444e",
    BAND: "#232b34",
    PAPER: "#14181d",
    BLUE: "#82b6f0",
    RUST: "#f2a679",
    PALE_BLUE: "#2d4461",
    PALE_RUST: "#5a3c2c",
    FLOW_BLUE: "#4c7fb8",
    FLOW_RUST: "#b4724b",
}

FONTS = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


def style_sheet(drawn: bytes) -> str:
    """Return the CSS of a figure: the font, and the dark twin of every colour drawn in it."""
    rules = "".join(
        f'[style*="{kind}: {light}"],[{kind}="{light}"]{{{kind}:{dark} !important}}'
        for light, dark in DARK.items()
        if light.encode() in drawn
        for kind in ("fill", "stroke")
    )
    return (
        f"text{{font-family:{FONTS} !important}}"
        f"@media screen and (prefers-color-scheme: dark){{{rules}}}"
    )
