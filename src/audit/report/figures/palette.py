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

DARK = {
    INK: "#e6e9ee",
    MUTED: "#a5afba",
    RULE: "#3b444e",
    BAND: "#232b34",
    PAPER: "#14181d",
    BLUE: "#82b6f0",
    RUST: "#f2a679",
}

FONTS = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


def style_sheet() -> str:
    """Return the CSS that stands in every figure."""
    rules = "".join(
        f'[style*="{kind}: {light}"],[{kind}="{light}"]{{{kind}:{dark} !important}}'
        for light, dark in DARK.items()
        for kind in ("fill", "stroke")
    )
    return (
        f"text{{font-family:{FONTS} !important}}"
        f"@media screen and (prefers-color-scheme: dark){{{rules}}}"
    )
