// The suite of the golden scores of attribution.

namespace Llm360.Notebooks.Tests;

internal static class GoldenAttribution
{
    public static string Folder => Fixtures.Path("attribution");

    public static FolderSuite Suite => FolderSuite.Open(Folder);

    public static RowBatch Queries => FolderSuite.ReadRows([Path.Combine(Folder, "queries.jsonl")]);

    public static StateDict Open(string file) => StateDict.Open(Path.Combine(Folder, file));

    /// <summary>Golden scores, one query after the other.</summary>
    public static double[] Expected(string name)
    {
        using var file = Open("expected.safetensors");
        using var view = file.View(name);
        using var doubles = view.to(TorchSharp.torch.float64);
        return [.. doubles.data<double>()];
    }

    public static double[] Flat(double[,] scores) => [.. scores.Cast<double>()];
}
