"""Colours of the figures, and what each becomes on a dark page.

Blue and rust stay apart for readers with deuteranopia or protanopia; in greyscale shape, hatching
and dashes tell what they tell. No meaning rests on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping

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


def style_sheet(drawn: bytes, styles: Mapping[str, str]) -> str:
    """Return the CSS of a figure: font, classes, and the dark twin of every colour drawn in it."""
    plain = "".join(f".{name}{{{style}}}" for name, style in styles.items())
    rules = "".join(
        f"{selector}{{{kind}:{dark} !important}}"
        for light, dark in DARK.items()
        for kind in ("fill", "stroke")
        for selector, there in (
            (f'[style*="{kind}: {light}"]', f"{kind}: {light}"),
            (f'[{kind}="{light}"]', f'{kind}="{light}"'),
        )
        if there.encode() in drawn
    )
    twins = {name: _dark(style) for name, style in styles.items()}
    dark = "".join(f".{name}{{{twin}}}" for name, twin in twins.items() if twin)
    return (
        f"text{{font-family:{FONTS} !important}}{plain}"
        f"@media screen and (prefers-color-scheme: dark){{{rules}{dark}}}"
    )


def _dark(style: str) -> str:
    parts = [part.strip() for part in style.split(";")]
    pairs = [part.split(": ", 1) for part in parts if ": " in part]
    return ";".join(f"{kind}:{DARK[value]}" for kind, value in pairs if value in DARK)
