// llm360 grid attribution: fills the index that llm360 attribute and notebooks use.
using System.CommandLine;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 grid attribution -s nano --method logra --checkpoints 12,24,36 --shard 0/2</c>
/// </summary>
internal static class GridAttribution
{
    public static Command Create()
    {
        var method = new Option<string>("--method")
        {
            Description = "logra, logra.dot, trak, trak.last: vectors of all rows; ekfac, ekfac_auto, kfac, diagonal: factors of the "
                + "curvature.",
            DefaultValueFactory = _ => "logra",
        };
        var count = new Option<int?>(
            "-n", "--sequences") { Description = "Rows taken from each chunk beside its canaries (default: all)." };
        var set = new Option<string[]>("--set")
        {
            Description = "A setting: size (of a projected side), seed, factor-rows, memory (bytes).",
            HelpName = "name=value",
            AllowMultipleArgumentsPerToken = true,
        };
        return new GridRunOptions().Command(
            "attribution", "Fill the index of training-data attribution.", [method, count, set], (parsed, chosen) =>
        {
            var settings = AttributionOptions.Apply(
                new AttributionSettings { SequencesPerChunk = parsed.GetValue(count) }, parsed.GetValue(set) ?? []);
            var analysis = chosen.Suite.Attribution(AttributionMethods.Parse(parsed.GetValue(method)!), settings);
            analysis.RequireIndex();
            // The grid reports a missing chunk when it begins.
            var size = analysis.Size(chosen.Checkpoints, AttributionAnalysis.Existing(chosen.Chunks));
            return new GridJob(
                $"Index of {chosen.Suite.Name} for {analysis.Name}",
                size.ToString(),
                analysis.Vectors?.Store.Folder ?? Workspace.ResultsFolder,
                $"llm360 attribute -s {chosen.Suite.Name} --method {analysis.Name} --query TEXT, with the same checkpoints",
                async options => (await analysis.FillAsync(chosen.Checkpoints, chosen.Chunks, options).ConfigureAwait(false)).Fill,
                TokensPerCell: chosen.Suite.Recipe is { } recipe
                    ? size.Rows * recipe.Corpus.SequenceLength / Math.Max(1, chosen.Chunks.Count) : null);
        });
    }
}
