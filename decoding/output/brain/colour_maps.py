"""How values become colours in brain views: a map's middle, or low end, is the background."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from decoding.grid import Place
from decoding.output.colours import THEMES, ThemeName

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

_DIVERGING: dict[ThemeName, list[tuple[float, str]]] = {
    "light": [
        (0.0, "#08306B"),
        (0.25, "#2171B5"),
        (0.44, "#8FC1E3"),
        (0.5, THEMES["light"].background),
        (0.56, "#F6B393"),
        (0.75, "#D6481F"),
        (1.0, "#7A1405"),
    ],
    "dark": [
        (0.0, "#4FC3FF"),
        (0.25, "#2A84DB"),
        (0.44, "#1E5C99"),
        (0.5, THEMES["dark"].background),
        (0.56, "#96401B"),
        (0.75, "#DD5F22"),
        (1.0, "#FFA51F"),
    ],
}
_SEQUENTIAL: dict[ThemeName, list[tuple[float, str]]] = {
    "light": [(0.0, "#FBE3C4"), (0.35, "#F2A35E"), (0.7, "#D6481F"), (1.0, "#6E1003")],
    "dark": [(0.0, "#5A2412"), (0.35, "#B5451B"), (0.7, "#EE7F2D"), (1.0, "#FFC84A")],
}
"""Their strong ends keep a hue of their own: near white they look alike, and like the scan."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How the values of an image become colours.

    Values whose size is at or under the threshold are not drawn; None draws all. The colour bar
    ends at `limit`, by default the largest value, and begins at minus that where it is symmetric.
    The colour map is the theme's own where it is None. The overlay's opacity is 0 to 1, and there
    may be a slider for it. The view opens at `cut` in mm, by default amid what is drawn, and hides
    what is smaller than `opens_at`. Where values are points above `chance`, the cross reads the
    score too.
    """

    threshold: float | None = 1e-6
    limit: float | None = None
    symmetric: bool = True
    cmap: "Colormap | None" = None
    colorbar: bool = True
    slider: bool = True
    opacity: float = 1.0
    cut: Place | None = None
    opens_at: float = 0.0
    chance: float | None = None

    @property
    def unit(self) -> str:
        """What stands behind the higher end of the colour bar."""
        return "" if self.chance is None else " points"


def diverging_cmap(theme: ThemeName) -> "Colormap":
    """Return cool to warm about the background: for values with a sign."""
    return _blend(f"voxelscope_diverging_{theme}", _DIVERGING[theme])


def sequential_cmap(theme: ThemeName) -> "Colormap":
    """Return faint to strong: for values without a sign."""
    return _blend(f"voxelscope_sequential_{theme}", _SEQUENTIAL[theme])


def flat_cmap(colour: str) -> "Colormap":
    """Return one colour for every value: for masks."""
    return _blend("voxelscope_flat", [(0.0, colour), (1.0, colour)])


def gray_cmap() -> "Colormap":
    """Return black to white: for scans."""
    return _blend("voxelscope_gray", [(0.0, "#000000"), (1.0, "#FFFFFF")])


def _blend(name: str, stops: list[tuple[float, str]]) -> "Colormap":
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(name, stops)
