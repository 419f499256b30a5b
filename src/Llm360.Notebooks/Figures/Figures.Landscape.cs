// Figure: the parts of their training that open models released (the paper's table 1).
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>
    /// Number of parts of its training that each open model released, with a suite among them.
    /// </summary>
    /// <param name="suite">The suite.</param>
    public static Figure Landscape(Suite suite)
    {
        ArgumentNullException.ThrowIfNull(suite);
        List<OpenModel> models = [.. OpenModels.With(suite).OrderByDescending(m => m.Count).ThenByDescending(m => m.IsSuite)];
        var (own, parts) = (models.Find(m => m.IsSuite)!, OpenModels.Parts.Count);
        var complete = models.Count(m => m.Count == parts);
        var title = $"{complete} of {models.Count} open models released every part of their training";
        var fewest = models.Where(m => !m.IsSuite && m.Tokens is not null).MinBy(m => m.Tokens)!;
        var times = fewest.Tokens!.Value / (own.Tokens ?? double.NaN);
        var size = times > 1
            ? $"; it is trained on {FigureText.Human(own.Tokens!.Value)} tokens, "
              + $"{FigureText.Count((long)times)} times fewer than {fewest.Name}" : "";
        var finding = $"{own.Name} releases {own.Count} of {parts} parts of its training{size}.";
        var table = OpenModels.Table;
        var names = string.Join(", ", OpenModels.Parts.Select(p => table.Column(p).Title));
        return Single(title, $"parts: {names} ({table.Source})", finding, new Panel(
            "", new Axis("model"), new Axis("parts released", Minimum: 0, Maximum: parts), [Bars(isSuite: true), Bars(isSuite: false)]));

        Trace Bars(bool isSuite)
        {
            List<(int Index, OpenModel Item)> shown = [.. models.Index().Where(m => m.Item.IsSuite == isSuite)];
            return new Trace(
                isSuite ? "this suite" : "other models", TraceKind.Bars,
                [.. shown.Select(m => (double)m.Index)], [.. shown.Select(m => (double)m.Item.Count)],
                isSuite ? TraceRole.Measured : TraceRole.Published, XLabels: [.. shown.Select(m => m.Item.Name)]);
        }
    }
}
