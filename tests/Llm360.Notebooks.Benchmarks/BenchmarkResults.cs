// Where measured numbers are kept until they are put into docs/benchmarks.md.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Benchmarks;

internal static class BenchmarkResults
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The file of a benchmark's newest result.</summary>
    public static string PathOf(string benchmark) => Path.Combine(Workspace.Artifacts, "benchmarks", benchmark + ".json");

    /// <summary>Keeps a result in place of the last.</summary>
    /// <returns>The text that was written.</returns>
    public static string Write(string benchmark, JsonObject result)
    {
        var text = result.ToJsonString(Indented);
        AtomicFile.WriteText(PathOf(benchmark), text + "\n");
        return text;
    }
}
