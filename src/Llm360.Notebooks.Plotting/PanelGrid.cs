// Positions of the panels of a figure, in rows and columns of equal cells.
using System.Globalization;

namespace Llm360.Notebooks.Plotting;

/// <summary>
/// The axes of one panel and the part of the figure they cover, 0 to 1 from the lower left.
/// </summary>
internal sealed record PanelPlace(int Index, double[] Across, double[] Up)
{
    /// <summary>Empty for the first panel, then 2, 3, ...</summary>
    public string Suffix => Index == 0 ? "" : (Index + 1).ToString(CultureInfo.InvariantCulture);

    public string X => "x" + Suffix;

    public string Y => "y" + Suffix;

    public string XAxis => "xaxis" + Suffix;

    public string YAxis => "yaxis" + Suffix;
}

/// <summary>A grid of equal cells.</summary>
/// <param name="panels">Number of panels.</param>
/// <param name="mostColumns">Largest number of columns.</param>
/// <param name="width">Share of the figure's width that the columns cover.</param>
/// <param name="gapUp">
/// Gap between two rows, for the axis below the upper and the title above the lower, as a share of
/// the height.
/// </param>
internal sealed class PanelGrid(int panels, int mostColumns, double width, double gapUp)
{
    private const double GapAcross = 0.09;

    public int Columns { get; } = Math.Min(mostColumns, panels switch { 1 => 1, 2 or 4 => 2, _ => 3 });

    /// <summary>Whether no panel is to the left of this one.</summary>
    public bool IsFirstInRow(int index) => index % Columns == 0;

    /// <summary>Whether no panel is below this one.</summary>
    public bool IsLastInColumn(int index) => index + Columns >= panels;

    public int Rows => (panels + Columns - 1) / Columns;

    public PanelPlace Place(int index)
    {
        var (row, column) = (index / Columns, index % Columns);
        var (across, up) = (Share(Columns, GapAcross), Share(Rows, gapUp));
        var (left, top) = (column * (across + GapAcross), 1 - row * (up + gapUp));
        return new(index, [Round(left * width), Round((left + across) * width)], [Round(top - up), Round(top)]);

        static double Share(int count, double gap) => (1 - (count - 1) * gap) / count;
        static double Round(double value) => Math.Clamp(Math.Round(value, 4), 0, 1);
    }
}
