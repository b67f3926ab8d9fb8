"""SVG as text: elements whose values are escaped. Colours come from the page's style sheet, by class."""

from __future__ import annotations

from markupsafe import Markup, escape

Value = str | float | None


def element(name: str, *inside: str, **values: Value) -> Markup:
    """An element. `class_` is "class", and "_" in any other name is "-"; None is left out; `inside` is escaped unless
    it is markup already."""
    given = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), number(value))
        for key, value in values.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, given, Markup("").join(map(escape, inside)))


def number(value: str | float) -> str:
    """A number with at most one digit behind the point."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def picture(name: str, about: str, width: float, height: float, *inside: str, class_: str) -> Markup:
    """A drawing with a name and a description for those who do not see it."""
    label = f"{name}. {about}" if about else name
    return element(
        "svg",
        *inside,
        class_=class_,
        role="img",
        aria_label=label,
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
    )
