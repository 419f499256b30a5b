// llm360 grid: computes a grid of checkpoints x chunks into the results store.
using System.CommandLine;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 grid memorization --suite nano --checkpoints every:6 --chunks 0-35 --shard 0/2</c>
/// </summary>
internal static class GridCommand
{
    public static Command Create() => new("grid", "Run an analysis over checkpoints x chunks of a suite and keep the results where "
        + "notebooks find them. Several processes, on one machine or on several that share the results folder, share the cells.")
    {
        Memorization(),
        GridAttribution.Create(),
        GridStatusCommand.Create(),
    };

    private static Command Memorization()
    {
        var prompt = new Option<int>("-k", "--prompt-length") { Description = "Tokens given.", DefaultValueFactory = _ => 32 };
        var continuation = new Option<int>("-l", "--continuation-length")
        {
            Description = "Tokens to reproduce.",
            DefaultValueFactory = _ => 32,
        };
        var count = new Option<int>("-n", "--sequences")
        {
            Description = "Sequences to score in each chunk: a random sample in which every source has its share, "
                + "or, of a suite on the Hub, the first n. Canaries are always scored.",
            DefaultValueFactory = _ => 64,
        };
        var first = new Option<bool>("--first")
        {
            Description = "Score the first n sequences of each chunk instead of a sample. "
                + "Chunks are often sorted by source, so these may have one source only.",
        };
        var seed = new Option<int>("--seed") { Description = "Seed of the sample.", DefaultValueFactory = _ => 0 };
        var metrics = new Option<bool>("--token-metrics")
        {
            Description = "Also loss, p_z, Min-K%, and extractibility for shorter lengths: what notebooks 03 and 04 ask for.",
        };
        foreach (var length in new[] { prompt, continuation, count })
            length.Validators.Add(ModelOptions.AtLeastOne(length));
        return new GridRunOptions().Command("memorization", "Score the memorization of training sequences.",
            [prompt, continuation, count, first, seed, metrics], (parsed, chosen) =>
        {
            var analysis = chosen.Suite.Memorization(new(
                parsed.GetValue(prompt),
                parsed.GetValue(continuation),
                parsed.GetValue(count),
                parsed.GetValue(metrics),
                Precision: chosen.Options.Precision,
                Sampling: parsed.GetValue(first) ? RowSampling.First : RowSampling.Stratified,
                Seed: parsed.GetValue(seed)));
            if (analysis.Settings.Sampling == RowSampling.First && parsed.GetResult(seed) is { Implicit: false })
            {
                throw new Llm360Exception(
                    "The first sequences of each chunk are scored, so a seed has no effect.",
                    "--seed",
                    chosen.Suite.Repository is null
                        ? "Leave out --first or --seed."
                        : "Leave out --seed: chunks on the Hub are not read to their end for a sample.");
            }

            return new GridJob(
                $"Memorization of {chosen.Suite.Name}",
                Setting(analysis.Settings),
                analysis.Store.Folder,
                LookNext(analysis.Settings, chosen.Suite.Repository is not null),
                options => analysis.FillAsync(chosen.Checkpoints, chosen.Chunks, options),
                TokensPerCell: (long)(analysis.Settings.SequencesPerChunk ?? 0)
                    * (analysis.Settings.PromptLength + analysis.Settings.ContinuationLength));
        });
    }

    private static string Setting(MemorizationSettings settings)
    {
        var lengths = FormattableString.Invariant($"k = {settings.PromptLength}, l = {settings.ContinuationLength}");
        var metrics = settings.TokenMetrics ? ", with token metrics" : "";
        var precision = settings.Precision == Precision.Auto ? "" : $", {settings.Precision}";
        return $"{lengths}, {Rows(settings)} of each chunk{metrics}{precision}";
    }

    // Notebooks use the suite's usual sampling.
    private static string LookNext(MemorizationSettings settings, bool onHub)
    {
        var where = settings.TokenMetrics && (onHub || settings is { Sampling: RowSampling.Stratified, Seed: 0 })
            ? "notebooks/03-memorization.ipynb with the same parameters"
            : $"a notebook's MemorizationSettings(..., TokenMetrics: {(settings.TokenMetrics ? "true" : "false")}, "
                + $"Sampling: RowSampling.{settings.Sampling}, Seed: {settings.Seed})";
        return where + ": its cells come from the store";
    }

    private static string Rows(MemorizationSettings settings) => settings.Sampling == RowSampling.First
        ? FormattableString.Invariant($"the first {settings.SequencesPerChunk} sequences")
        : FormattableString.Invariant($"a sample of {settings.SequencesPerChunk} sequences (seed {settings.Seed})");
}
