// The size of a figure: taller for rows of panels, square for heat maps.

namespace Llm360.Notebooks.Plotting;

/// <summary>The height of a figure in pixels and the grid of its panels.</summary>
internal sealed record PanelSize(int Height, PanelGrid Grid)
{
    private const int Below = 62;
    private const int RowHeight = 250;
    private const int RowGap = 64;

    /// <summary>Room for a number of two decimals in a cell.</summary>
    private const int CellSize = 40;

    /// <summary>Width between the margins of a figure of default width.</summary>
    private const int Inner = Style.Width - 170;

    /// <summary>Finds the size below a header of <paramref name="top"/> pixels.</summary>
    public static PanelSize Of(Figure figure, int top)
    {
        var maps = figure.Panels.Where(p => p.HeatMap is not null).Select(p => p.HeatMap!).ToList();
        var isOfMaps = maps.Count == figure.Panels.Count;
        var grid = Grid(1, 0);
        if (!isOfMaps)
        {
            return grid.Rows == 1
                ? new(top + Style.Height - 80, grid)
                : new(top + grid.Rows * RowHeight, Grid(1, RowGap / (double)(grid.Rows * RowHeight - Below)));
        }

        // As wide as the cells need, but not wider than the figure; the height follows the width.
        var widest = maps.Max(m => m.Columns.Count);
        var side = Math.Min(Math.Clamp(widest * CellSize, 240, 520), Inner / grid.Columns);
        var height = Math.Max(120, side * maps.Max(m => m.Rows.Count) / Math.Max(1, widest));
        var names = Below + (int)(maps.Max(m => m.Columns.Max(c => c.Length)) * 4);
        var gap = grid.Rows == 1 ? 0 : (RowGap + names) / (double)(grid.Rows * height + (grid.Rows - 1) * (RowGap + names));
        return new(
            top + grid.Rows * height + (grid.Rows - 1) * (RowGap + names) + names,
            Grid(Math.Min(1, side * grid.Columns / (double)Inner), gap));

        // Cells of heat maps have numbers in them, which three columns have no room for.
        PanelGrid Grid(double width, double gapUp) => new(figure.Panels.Count, isOfMaps ? 2 : 3, width, gapUp);
    }
}
