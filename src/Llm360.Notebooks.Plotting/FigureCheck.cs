// Checks a figure before it is drawn.

namespace Llm360.Notebooks.Plotting;

/// <summary>Refuses figures whose lists of numbers are inconsistent.</summary>
internal static class FigureCheck
{
    /// <summary>
    /// Throws unless the figure has a panel and the lists of every series are equally long.
    /// </summary>
    public static void Require(Figure figure)
    {
        if (figure.Panels.Count == 0)
            throw Error(figure, "The figure has no panel.", "panels", "Give it at least one panel.");
        foreach (var panel in figure.Panels)
        {
            if (panel.HeatMap is { } map)
                Require(figure, map);
            foreach (var trace in panel.Traces)
                Require(figure, trace);
        }
    }

    private static void Require(Figure figure, Trace trace)
    {
        var n = trace.X.Count;
        var lists = new[]
        {
            ("Y", trace.Y.Count),
            ("Low", trace.Low?.Count),
            ("High", trace.High?.Count),
            ("Hover", trace.Hover?.Count),
            ("XLabels", trace.XLabels?.Count),
        };
        foreach (var (name, count) in lists)
        {
            if (count is { } c && c != n)
            {
                throw Error(
                    figure,
                    $"A series has {n} positions but {c} values in {name}.",
                    $"series \"{trace.Name}\"",
                    "Give every list of a series the same length.");
            }
        }

        if (trace.Low is null != trace.High is null)
        {
            throw Error(
                figure,
                "A series has one end of its intervals but not the other.",
                $"series \"{trace.Name}\"",
                "Give both Low and High, or neither.");
        }
    }

    private static void Require(Figure figure, HeatMap map)
    {
        if (map.Values.Count != map.Rows.Count || map.Values.Any(row => row.Count != map.Columns.Count))
        {
            throw Error(
                figure,
                $"The matrix does not have {map.Rows.Count} rows of {map.Columns.Count} values.",
                $"heat map \"{map.Unit}\"",
                "Give one value for each row and column name.");
        }
    }

    private static Llm360Exception Error(Figure figure, string what, string where, string remedy) =>
        new(what, $"figure \"{figure.Title}\", {where}", remedy);
}
