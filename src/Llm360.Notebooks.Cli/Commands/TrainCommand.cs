// llm360 train: pre-trains a suite.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Training;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 train nano|pico|recipe.json</c></summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var recipe = new Argument<string>("recipe") { Description = "A suite with a manifest in data-manifests/suites (nano, pico) or a recipe file ending in .json." };
        var command = new Command("train", "Pre-train a suite from text already on this machine: corpus, checkpoints, optimizer states, metrics. Goes on where it was stopped; does nothing when complete.") { recipe };
        command.Run("Run the same command again: it goes on from the last checkpoint.", async (parsed, screen, cancellation) =>
        {
            var manifest = ManifestFile.Read(Suites.Suites.FindManifest(parsed.GetValue(recipe)!));
            await TrainAsync(manifest, screen, cancellation).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    /// <summary>Trains with table, bar and summary; also the first step of reproduce.</summary>
    public static async Task<Suite> TrainAsync(SuiteManifest manifest, Screen screen, CancellationToken cancellation)
    {
        var trainer = new SuiteTrainer(manifest);
        if (!trainer.IsComplete)
        {
            var steps = manifest.Corpus.Chunks * (manifest.Corpus.SequencesPerChunk / manifest.Training.BatchSize);
            var tokens = (long)manifest.Corpus.Chunks * manifest.Corpus.SequencesPerChunk * (manifest.Corpus.SequenceLength - 1);
            screen.Facts($"Training {manifest.Name}",
            [
                ("text", string.Join(", ", manifest.Corpus.Sources.Select(s => s.Name))),
                ("model", $"LLaMA, hidden {manifest.Model.HiddenSize}, {manifest.Model.Layers} layers, {manifest.Model.Heads} heads, vocabulary {manifest.Corpus.Tokenizer.VocabularySize}"),
                ("work", string.Create(CultureInfo.InvariantCulture, $"{steps} steps, {tokens:N0} tokens, {manifest.Corpus.Chunks} chunks")),
                ("begins", trainer.LastCheckpoint is { } last ? $"after {SuiteLayout.Checkpoint(last)}" : "at the beginning"),
                ("goes to", Path.Combine(Workspace.SuitesFolder, manifest.Name)),
            ]);
        }

        var start = Stopwatch.GetTimestamp();
        var suite = await screen.WatchAsync(progress => trainer.TrainAsync(progress, cancellation)).ConfigureAwait(false);
        var metrics = await suite.MetricsAsync().ConfigureAwait(false);
        screen.Facts($"{suite.Name} is trained",
        [
            ("checkpoints", $"{suite.Checkpoints[0]} to {suite.Checkpoints[^1]}"),
            ("loss", string.Create(CultureInfo.InvariantCulture, $"{metrics[0].Loss:0.00} at the first step; held-out {metrics[^1].ValidationLoss:0.00} at the end")),
            ("batches skipped", metrics.Count(m => m.Skipped).ToString(CultureInfo.InvariantCulture)),
            ("time", Screen.Duration(Stopwatch.GetElapsedTime(start))),
            ("folder", suite.Folder),
        ]);
        return suite;
    }
}
