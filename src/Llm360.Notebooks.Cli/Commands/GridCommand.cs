// llm360 grid: fills the results store for checkpoints x chunks.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 grid memorization --suite nano --checkpoints every:6 --chunks 0-35 --shard 0/2</c></summary>
internal static class GridCommand
{
    public static Command Create() => new("grid", "Run an analysis over checkpoints x chunks of a suite and keep the results where notebooks find them. Several processes, on one machine or on several that share the results folder, may take a shard each.") { Memorization() };

    private static Command Memorization()
    {
        var suite = new Option<string>("--suite", "-s") { Description = "A suite's name or folder, or the manifest file of one on the Hub.", Required = true };
        var checkpoints = new Option<string>("--checkpoints") { Description = "all, every:N (counted back from the last), or a list of numbers and ranges: 0,12,24-36.", DefaultValueFactory = _ => "all", HelpName = "LIST|every:N|all" };
        var chunks = new Option<string>("--chunks") { Description = "all, every:N, or a list of numbers and ranges: 0-11,35.", DefaultValueFactory = _ => "all", HelpName = "LIST|every:N|all" };
        var prompt = new Option<int>("-k", "--prompt-length") { Description = "Tokens given.", DefaultValueFactory = _ => 32 };
        var continuation = new Option<int>("-l", "--continuation-length") { Description = "Tokens to reproduce.", DefaultValueFactory = _ => 32 };
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
        var metrics = new Option<bool>("--token-metrics") { Description = "Also loss, p_z, Min-K%, and extractibility for shorter lengths: what notebook 04 asks for, and 03 does not." };
        var shard = new Option<string>("--shard") { Description = "i/n, 0 <= i < n: compute the i-th of n shares of the cells.", DefaultValueFactory = _ => "0/1", HelpName = "i/n" };
        var skip = new Option<bool>("--skip-missing")
        {
            Description = "Go on without checkpoints and chunks that are missing. They are named, and the exit code is 1.",
        };
        var device = new Option<string>("--device") { Description = "best, cpu, cuda or cuda:N.", DefaultValueFactory = _ => "best" };
        var type = ModelOptions.TypeOption();
        var command = new Command("memorization", "Score the memorization of training sequences.")
        {
            suite, checkpoints, chunks, prompt, continuation, count, first, seed, metrics, shard, skip, device, type,
        };
        foreach (var length in new[] { prompt, continuation, count })
            length.Validators.Add(ModelOptions.AtLeastOne(length));
        command.Run("The same command goes on with the cells that are left.", async (parsed, screen, cancellation) =>
        {
            var opened = Suites.Open(parsed.GetValue(suite)!);
            var (rows, columns) = (Selection.Of(parsed.GetValue(checkpoints)!, opened.Checkpoints, c => c.Index, "checkpoint"), Selection.Of(parsed.GetValue(chunks)!, opened.Chunks, c => c.Index, "chunk"));
            var share = GridShard.Parse(parsed.GetValue(shard)!);
            var analysis = opened.Memorization(
                parsed.GetValue(prompt),
                parsed.GetValue(continuation),
                parsed.GetValue(count),
                parsed.GetValue(metrics),
                precision: parsed.GetValue(type)!,
                sampling: parsed.GetValue(first) ? RowSampling.First : RowSampling.Stratified,
                seed: parsed.GetValue(seed));
            if (analysis.Settings.Sampling == RowSampling.First && parsed.GetResult(seed) is { Implicit: false })
            {
                throw new Llm360Exception("The first sequences of each chunk are scored, so a seed has no effect.", "--seed", opened.Hub is null
                    ? "Leave out --first or --seed."
                    : "Leave out --seed: chunks on the Hub are not read to their end for a sample.");
            }

            screen.Facts($"Memorization of {opened.Name}",
            [
                ("grid", string.Create(CultureInfo.InvariantCulture, $"{rows.Count} checkpoints x {columns.Count} chunks{(share.Count > 1 ? $", shard {share}" : "")}")),
                .. InTraining(opened),
                ("setting", string.Create(CultureInfo.InvariantCulture, $"k = {analysis.Settings.PromptLength}, l = {analysis.Settings.ContinuationLength}, {Rows(analysis.Settings)} of each chunk{(analysis.Settings.TokenMetrics ? ", with token metrics" : "")}{(analysis.Settings.Precision == Precision.Auto ? "" : $", {analysis.Settings.Precision}")}")),
                ("goes to", analysis.Store.Folder),
            ]);
            var start = Stopwatch.GetTimestamp();
            var fill = await screen.WatchAsync(progress => Task.Run(() => analysis.FillAsync(rows, columns, share, Device.Parse(parsed.GetValue(device)!), progress, cancellation, parsed.GetValue(skip)), cancellation)).ConfigureAwait(false);
            screen.Facts("Done",
            [
                ("cells", string.Create(CultureInfo.InvariantCulture, $"{fill.Computed} computed, {fill.FromStore} from the store")),
                .. Stale(fill),
                ("time", Screen.Duration(Stopwatch.GetElapsedTime(start))),
                ("look next at", LookNext(analysis.Settings, opened.Hub is not null)),
            ]);
            if (fill.Skipped.Count == 0)
                return 0;
            screen.Warn($"Skipped because missing: {string.Join(", ", fill.Skipped.Select(m => $"{m}, {m.Place}"))}");
            return Shared.Failed;
        });
        return command;
    }

    private static IEnumerable<(string Name, string Value)> InTraining(Suite suite)
    {
        if (suite.Checkpoints.Count < suite.PromisedCheckpoints)
        {
            var exist = string.Create(CultureInfo.InvariantCulture, $"{suite.Checkpoints.Count} of {suite.PromisedCheckpoints} checkpoints exist");
            yield return ("in training", $"{exist}; llm360 train {suite.Name} makes the others");
        }
    }

    private static IEnumerable<(string Name, string Value)> Stale(GridFill fill)
    {
        if (fill.Stale > 0)
        {
            var cells = string.Create(CultureInfo.InvariantCulture, $"{fill.Stale} cells were of another model or other rows");
            yield return ("stale", $"{cells}, or did not say; they stay beside the new ones as *.stale");
        }
    }

    // Notebooks take the choice that is usual for the suite.
    private static string LookNext(MemorizationSettings settings, bool onHub)
    {
        var notebook = settings.TokenMetrics ? "04-memorization-in-depth" : "03-memorization";
        var where = onHub || settings is { Sampling: RowSampling.Stratified, Seed: 0 }
            ? $"notebooks/{notebook}.ipynb with the same parameters"
            : $"a notebook's Memorization(..., sampling: RowSampling.{settings.Sampling}, seed: {settings.Seed})";
        return where + ": its cells come from the store";
    }

    private static string Rows(MemorizationSettings settings) => settings.Sampling == RowSampling.First
        ? FormattableString.Invariant($"the first {settings.SequencesPerChunk} sequences")
        : FormattableString.Invariant($"a sample of {settings.SequencesPerChunk} sequences (seed {settings.Seed})");
}
