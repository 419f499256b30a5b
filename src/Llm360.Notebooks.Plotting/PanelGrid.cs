// Where the panels of a figure go: rows and columns of equal cells.
using System.Globalization;

namespace Llm360.Notebooks.Plotting;

/// <summary>The axes of one panel and the part of the figure they cover, 0 to 1 from the lower left.</summary>
internal sealed record PanelPlace(int Index, double[] Across, double[] Up)
{
    /// <summary>Nothing for the first panel, then 2, 3, ...</summary>
    public string Suffix => Index == 0 ? "" : (Index + 1).ToString(CultureInfo.InvariantCulture);

    public string X => "x" + Suffix;

    public string Y => "y" + Suffix;

    public string XAxis => "xaxis" + Suffix;

    public string YAxis => "yaxis" + Suffix;
}

/// <summary>A grid of up to three columns.</summary>
internal sealed class PanelGrid(int panels)
{
    private const double GapAcross = 0.10;
    private const double GapUp = 0.20;

    public int Columns { get; } = panels switch { 1 => 1, 2 or 4 => 2, _ => 3 };

    public int Rows => (panels + Columns - 1) / Columns;

    public PanelPlace Place(int index)
    {
        var (row, column) = (index / Columns, index % Columns);
        var (width, height) = (Share(Columns, GapAcross), Share(Rows, GapUp / Rows * 1.5));
        var (left, top) = (column * (width + GapAcross), 1 - row * (height + GapUp / Rows * 1.5));
        return new(index, [Round(left), Round(left + width)], [Round(top - height), Round(top)]);

        static double Share(int count, double gap) => (1 - (count - 1) * gap) / count;
        static double Round(double value) => Math.Clamp(Math.Round(value, 4), 0, 1);
    }
}
