"""The bar chart: the time of each engine as a multiple of hand-written Python's, by workload, on a logarithmic axis."""

from pathlib import Path

from .measure import geometric_mean
from .report import Results, ratios

COLOURS = ("#c8502d", "#2d6a9f", "#7fb3d5", "#6b8e4e", "#b59f3b", "#8a6aa8", "#9a9a9a", "#d58fa8", "#5aa9a0")


class NoChart(Exception):
    """The library that draws is not installed."""


def draw(path: Path, results: Results, columns: dict[str, str]) -> None:
    """Write the chart of all engines to a PNG file.

    Raises:
        NoChart: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        raise NoChart("pip install matplotlib") from None
    names = list(results)
    engines = [column for column in columns if column != "python" and ratios(results, column)]
    figure, axes = plt.subplots(figsize=(max(9, 0.62 * len(names)), 6.2))
    width = 0.86 / len(engines)
    for at, column in enumerate(engines):
        figures = ratios(results, column)
        places = [place + at * width for place, name in enumerate(names) if name in figures]
        mean = geometric_mean(list(figures.values()))
        label = f"{columns[column]} ({mean:.2f})"
        axes.bar(places, list(figures.values()), width, label=label, color=COLOURS[at % len(COLOURS)])
    axes.axhline(1.0, color="black", linewidth=1)
    axes.set_yscale("log")
    axes.set_ylabel("times the time of hand-written Python (lower is faster)")
    axes.set_xticks([place + 0.43 - width / 2 for place in range(len(names))], names, rotation=55, ha="right")
    axes.legend(title="engine (geometric mean)", ncols=5, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    axes.margins(x=0.01)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
