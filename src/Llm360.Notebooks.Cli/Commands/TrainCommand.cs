// llm360 train: pre-trains a suite.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 train nano|pico|recipe.json [--restart [CKPT]]</c></summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var recipe = new Argument<string>("recipe")
        {
            Description = "A suite that is trained here (nano, pico, or one of your own by its name), or a recipe file ending in .json.",
        };
        var restart = new Option<string?>("--restart")
        {
            Description = "Delete all checkpoints and train from the beginning; with CKPT, delete those after it and resume from it.",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "CKPT",
        };
        const string description = "Pre-train a suite from text already on this machine: corpus, checkpoints, optimizer states, metrics. "
            + "Resumes where it was stopped. When it is complete, names what is missing. Nothing trained is deleted without --restart.";
        const string howToResume = "Run the same command again, without --restart: it resumes from the last checkpoint.";
        var command = new Command("train", description) { recipe, restart };
        command.Run(howToResume, async (parsed, screen, cancellation) =>
        {
            var manifest = RecipeOf(parsed.GetValue(recipe)!, screen);
            int? from = parsed.GetResult(restart) is null ? null : Checkpoint(parsed.GetValue(restart), manifest);
            var suite = await TrainAsync(manifest, screen, cancellation, from).ConfigureAwait(false);
            var check = SuiteCheck.Sizes(suite);
            CheckCommand.Show(check, screen);
            return check.Differences.Count == 0 ? 0 : Shared.Failed;
        });
        return command;
    }

    /// <summary>
    /// The recipe with a name or of a file. Warns about what was changed in a copied recipe.
    /// </summary>
    public static SuiteRecipe RecipeOf(string nameOrFile, Screen screen)
    {
        var recipe = Suites.Recipe(nameOrFile, out var notes);
        foreach (var note in notes)
            screen.Warn(note);
        return recipe;
    }

    // 0 is the beginning: the weights of ckpt_000 are initialised again.
    private static int Checkpoint(string? text, SuiteRecipe recipe)
    {
        if (text is null)
            return 0;
        // Names refer to the recipe; last and -N are counted from the checkpoints trained so far.
        var isFromEnd = text == ItemName.Last || text.StartsWith('-');
        var last = isFromEnd ? new SuiteTrainer(recipe).LastCheckpoint ?? 0 : recipe.Corpus.Chunks;
        return ItemName.Find([.. Enumerable.Range(0, last + 1)], text, SuiteLayout.Checkpoint, k => k)
            ?? throw new Llm360Exception(
                $"\"{text}\" is no checkpoint.",
                "--restart",
                $"Write --restart after the recipe, alone or with a checkpoint from 0 to {recipe.Corpus.Chunks}: --restart 12.");
    }

    /// <summary>
    /// Trains a suite with table, progress and summary; also the first step of reproduce.
    /// </summary>
    public static async Task<Suite> TrainAsync(SuiteRecipe manifest, Screen screen, CancellationToken cancellation, int? restart = null)
    {
        var trainer = new SuiteTrainer(manifest) { Restart = restart };
        if (restart is not null || !trainer.IsComplete)
        {
            var from = restart is null ? trainer.LastCheckpoint : restart is 0 ? null : restart;
            var steps = manifest.Corpus.Chunks * (manifest.Corpus.SequencesPerChunk / manifest.Training.BatchSize);
            var tokens = (long)manifest.Corpus.Chunks * manifest.Corpus.SequencesPerChunk * (manifest.Corpus.SequenceLength - 1);
            screen.Facts($"Training {manifest.Name}",
            [
                ("text", string.Join(", ", manifest.Corpus.Sources.Select(s => s.Name))),
                ("model", $"LLaMA, hidden {manifest.Model.HiddenSize}, {manifest.Model.Layers} layers, {manifest.Model.Heads} heads, "
                    + $"vocabulary {manifest.Corpus.Tokenizer.VocabularySize}"),
                ("work", string.Create(
                    CultureInfo.InvariantCulture, $"{steps} steps, {tokens:N0} tokens, {manifest.Corpus.Chunks} chunks")),
                ("begins", from is { } last ? $"after {SuiteLayout.Checkpoint(last)}" : "at the beginning"),
                ("goes to", Path.Combine(Workspace.SuitesFolder, manifest.Name)),
            ]);
        }

        var start = Stopwatch.GetTimestamp();
        var suite = await screen.WatchAsync(progress => trainer.TrainAsync(new(Progress: progress, Cancellation: cancellation)))
            .ConfigureAwait(false);
        foreach (var warning in trainer.Warnings)
            screen.Warn(warning);
        var metrics = File.Exists(suite.MetricsPath) ? await suite.MetricsAsync().ConfigureAwait(false) : [];
        screen.Facts($"{suite.Name} is trained",
        [
            ("checkpoints", suite.Checkpoints.Count > 0 ? $"{suite.Checkpoints[0]} to {suite.Checkpoints[^1]}" : "none"),
            ("weights", PinnedWeights.Compare(suite)?.ToString() ?? "the manifest names none to compare with"),
            ("loss", Loss(metrics)),
            ("batches skipped", metrics.Count(m => m.Skipped).ToString(CultureInfo.InvariantCulture)),
            ("steps without a row", metrics.Sum(m => m.MissingBefore ?? 0).ToString(CultureInfo.InvariantCulture)),
            ("time", Screen.Duration(Stopwatch.GetElapsedTime(start))),
            ("folder", suite.Folder),
        ]);
        return suite;
    }

    private static string Loss(IReadOnlyList<TrainingStep> metrics)
    {
        if (metrics.Count == 0)
            return "the log is missing";
        var (first, last) = (metrics[0], metrics[^1]);
        return string.Create(
            CultureInfo.InvariantCulture, $"{first.Loss:0.00} at step {first.Step}; held-out {last.ValidationLoss:0.00} in the end");
    }
}
