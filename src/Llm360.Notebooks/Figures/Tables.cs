// The tables that notebooks show: hyperparameters, text, training and memorization of a suite.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>Tables of a suite, one method each.</summary>
public static partial class Tables
{
    /// <summary>
    /// Rows of a chunk that are read to find its sources; a chunk of Amber has 1.7 million rows.
    /// </summary>
    private const int SampledRows = 2000;

    /// <summary>The repository of the paper's own model.</summary>
    internal const string Amber = "LLM360/Amber";

    /// <summary>A column of Amber's published numbers.</summary>
    private static readonly TableColumn AmberColumn = new("Amber (published)", ColumnAlignment.Right);

    /// <summary>The paper whose numbers are shown beside a suite's own.</summary>
    private const string Paper = "llm360";

    /// <summary>
    /// Architecture and hyperparameters of a suite beside those published for Amber. A suite on the
    /// Hub shows the architecture only.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The configuration of a suite on the Hub cannot be fetched or read.
    /// </exception>
    public static Table Hyperparameters(Suite suite)
    {
        if (suite.Recipe is not { } recipe)
            return PublishedHyperparameters(suite);
        var (model, corpus, training) = (TrainingState.Shape(recipe), recipe.Corpus, recipe.Training);
        var amber = Papers.Open(Paper);
        var schedule = training.Schedule == "cosine" ? $"cosine to {Plain(training.FinalLearningRate)}" : training.Schedule;
        return new Table(
            $"Architecture and hyperparameters of {suite.Name}, and of Amber (arXiv 2312.06550 and the authors' training code).",
            [new("hyperparameter"), new(suite.Name, ColumnAlignment.Right), AmberColumn],
            [
                .. Shape(suite, model, amber),
                ["RMSNorm epsilon", Plain(model.NormEps), Plain(amber["amber.normEps"])],
                ["tokens a step", FigureText.Count((long)training.BatchSize * model.MaximumLength), Whole(amber, "amber.tokensPerStep")],
                ["peak learning rate", Plain(training.PeakLearningRate), Plain(amber["amber.peakLearningRate"])],
                ["schedule", schedule, $"cosine to {Plain(amber["amber.finalLearningRate"])}"],
                ["warm-up steps", FigureText.Count(training.WarmupSteps), Whole(amber, "amber.warmupSteps")],
                [
                    "AdamW betas, epsilon",
                    Listed(training.Beta1, training.Beta2, training.Eps),
                    Listed(amber["amber.beta1"], amber["amber.beta2"], amber["amber.eps"]),
                ],
                ["weight decay", Plain(training.WeightDecay), Plain(amber["amber.weightDecay"])],
                ["gradient clip", Plain(training.ClipNorm), Plain(amber["amber.clipNorm"])],
                ["chunks", FigureText.Count(corpus.Chunks), Whole(amber, "amber.chunks")],
            ]);
    }

    /// <summary>Rows of the shape of a model beside Amber's, from its configuration.</summary>
    private static IEnumerable<string[]> Shape(Suite suite, ModelConfig model, PublishedNumbers amber) =>
    [
        ["parameters", suite.Parameters is { } parameters ? FigureText.Count(parameters) : "unknown", Whole(amber, "amber.parameters")],
        ["hidden size", FigureText.Count(model.HiddenSize), Whole(amber, "amber.hiddenSize")],
        ["MLP size", FigureText.Count(model.IntermediateSize), Whole(amber, "amber.intermediateSize")],
        ["layers", FigureText.Count(model.Layers), Whole(amber, "amber.layers")],
        ["attention heads", FigureText.Count(model.Heads), Whole(amber, "amber.heads")],
        ["vocabulary", FigureText.Count(model.VocabularySize), Whole(amber, "amber.vocabulary")],
        ["sequence length", FigureText.Count(model.MaximumLength), Whole(amber, "amber.sequenceLength")],
        ["rotary base", Plain(model.Rotary.Base), Plain(amber["amber.ropeTheta"])],
    ];

    /// <summary>
    /// The first row of each source in a chunk, as text. Only the first 2,000 rows of a chunk are
    /// searched.
    /// </summary>
    /// <param name="suite">The suite.</param>
    /// <param name="chunk">Number of the chunk.</param>
    /// <param name="tokens">Tokens shown of each row.</param>
    /// <exception cref="Llm360Exception">
    /// The suite has chunks but not this one, or the chunk cannot be read.
    /// </exception>
    public static Table Samples(Suite suite, int chunk = 0, int tokens = 48)
    {
        if (suite.Chunks.Count == 0)
            return Missing($"Text of {suite.Name}", "Its training data is not published as rows that this kit reads.");
        var (tokenizer, read) = (suite.Tokenizer(), suite.Chunk(chunk));
        var rows = ChunkReader.Read(read, SampledRows).Index().DistinctBy(r => r.Item.Source)
            .Select(r => new[] { r.Item.Source, Plain(r.Index), tokenizer.Decode(r.Item.TokenIds.Take(tokens)) });
        return new Table(
            $"The first {tokens} tokens of the first row of each source in {read}.",
            [new("source"), new("row", ColumnAlignment.Right), new("text")],
            [.. rows]);
    }

    /// <summary>
    /// Documents of each source: all documents, different texts, and documents used for training.
    /// </summary>
    public static Table Documents(Suite suite)
    {
        if (suite.Recipe is not { } recipe)
        {
            return Missing(
                $"Documents of {suite.Name}",
                "Documents are counted when a suite is built here; a suite on the Hub has its rows only.");
        }

        return new Table(
            "Documents of each source: a page of a type, a member, a licence or a series. Copies are not removed: they are data. "
                + $"A near copy shares at least half of its runs of {RepeatedText.RunLength} words with documents before it.",
            [
                new("source"),
                new("documents", ColumnAlignment.Right),
                new("different texts", ColumnAlignment.Right),
                new("near copies", ColumnAlignment.Right),
                new("documents used", ColumnAlignment.Right),
                new("training sequences", ColumnAlignment.Right),
            ],
            [
                .. (recipe.Expected?.Sources ?? []).Select(s => new[]
                {
                    s.Name,
                    FigureText.Count(s.Documents),
                    FigureText.Count(s.UniqueDocuments),
                    s.NearCopies is { } copies ? FigureText.Count(copies) : "not counted",
                    FigureText.Count(s.UsedDocuments),
                    FigureText.Count(s.Sequences),
                }),
            ]);
    }

    /// <summary>What is open about a suite, beside what LLM360 released of Amber.</summary>
    public static Table Openness(Suite suite) => suite.Repository is not null
        ? PublishedOpenness(suite, Papers.Open(Paper))
        : TrainedOpenness(suite, Papers.Open(Paper));

    private static Table TrainedOpenness(Suite suite, PublishedNumbers amber) => new(
        $"What can be studied of {suite.Name}, and of Amber as LLM360 released it (arXiv 2312.06550).",
        [new("released"), new(suite.Name, ColumnAlignment.Right), AmberColumn, new("why they differ")],
        [
            [
                "checkpoints", FigureText.Count(suite.Checkpoints.Count), Whole(amber, "amber.checkpoints"),
                $"one after each chunk in both; {suite.Name} also keeps the initial weights",
            ],
            [
                "optimizer states", FigureText.Count(suite.Checkpoints.Count(c => c.OptimizerPath is not null)), "none known",
                "attribution methods such as LESS need them",
            ],
            [
                "training tokens", Tokens(suite), FigureText.Human(amber["amber.trainedTokens"]),
                $"minutes on a laptop against months on {Whole(amber, "amber.gpus")} GPUs",
            ],
            ["order of the data", "known for every row", "known for every chunk", "the order within Amber's chunks depends on restarts"],
            ["training log", "every step", "every step", "loss, learning rate, gradient norm"],
        ]);

    /// <summary>The planted canaries: their chunks and numbers of repetitions.</summary>
    public static Table Canaries(Suite suite)
    {
        if (suite.Recipe is not { } recipe)
        {
            return Missing(
                $"Canaries of {suite.Name}",
                "Canaries are planted in suites that are trained here; this one has none that are known.");
        }

        var planted = Canary.ReadAll(Path.Combine(suite.Folder, SuiteLayout.Canaries)).Where(c => c.Chunk is not null).ToList();
        var chunks = planted.GroupBy(c => c.Chunk!.Value)
            .GroupBy(g => string.Join(", ", g.Select(c => c.Repetitions).Order()), g => g.Key)
            .OrderBy(g => g.Min())
            .Select(g => new[] { NumberRanges.Of(g), g.Key });
        return new Table(
            $"{planted.Count} canaries, random sequences of {recipe.Corpus.Canaries?.Length ?? 0} tokens, "
                + "by their chunks and by how often each occurs in its chunk.",
            [new("chunks"), new("repetitions of the canaries in each", ColumnAlignment.Right)],
            [.. chunks]);
    }

    /// <summary>How checkpoints continue a prompt, greedily.</summary>
    /// <param name="checkpoints">In training order.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="tokens">Tokens to generate.</param>
    /// <param name="run">Device, precision, progress and cancellation.</param>
    /// <exception cref="Llm360Exception">
    /// A checkpoint cannot be loaded, or all together exceed the download limit
    /// (<see cref="Downloads.Limit"/>).
    /// </exception>
    public static async Task<Table> ContinuationsAsync(
        IReadOnlyList<Checkpoint> checkpoints, string prompt, int tokens = 24, RunOptions? run = null)
    {
        var rows = new List<string[]>();
        await foreach (var (checkpoint, model) in checkpoints.SweepAsync(run).ConfigureAwait(false))
        {
            // Progress counts checkpoints, not their tokens.
            using (AmbientWork.Begin(null, run.StopToken()))
                rows.Add([checkpoint.Name, model.Complete(checkpoint.Tokenizer(), prompt, tokens)]);
            run.Watcher()?.Report(new WorkProgress("continue the prompt", rows.Count, checkpoints.Count, "checkpoints", checkpoint.Name));
        }

        return new Table(
            $"The {tokens} most probable next tokens after \"{prompt}\", checkpoint by checkpoint.",
            [new("checkpoint"), new("continuation")],
            rows);
    }

    /// <summary>The results of a suite's training, beside Amber's.</summary>
    public static Table TrainingSummary(Suite suite, IReadOnlyList<TrainingStep> steps)
    {
        if (steps.Count == 0)
            return Missing($"Training of {suite.Name}", NoLog(suite));
        if (suite.Recipe is not { } recipe)
        {
            return Missing(
                $"Training of {suite.Name}",
                "Training is compared with Amber's for suites that are trained here only; the figures above show the log.");
        }

        var (amber, ours) = (Papers.Open(Paper), recipe.Corpus.Tokenizer.VocabularySize);
        var validation = steps.Where(s => s.ValidationLoss is not null).ToList();
        var skipped = steps.Count(s => s.Skipped);
        return new Table(
            $"Training of {suite.Name} beside Amber's. The losses cannot be compared, because vocabulary, text and size differ.",
            [new("quantity"), new(suite.Name, ColumnAlignment.Right), AmberColumn, new("why they differ")],
            [
                [
                    "loss of the first step, nats per token",
                    FigureText.Number(steps[0].Loss),
                    $"{FigureText.Number(Math.Log(amber["amber.vocabulary"]))} (ln {Whole(amber, "amber.vocabulary")})",
                    $"a model that knows nothing has ln(vocabulary); "
                        + $"here ln {FigureText.Count(ours)} = {FigureText.Number(Math.Log(ours))}",
                ],
                [
                    "held-out loss at the end", FigureText.Number(validation[^1].ValidationLoss!.Value), "not published",
                    "documents that are not in the training text",
                ],
                ["steps", FigureText.Count(steps.Count), Whole(amber, "amber.steps"), "one pass over the data in both"],
                [
                    "batches with a loss that is not finite",
                    FigureText.Count(skipped),
                    $"{Whole(amber, "amber.chunksWithNaN")} chunks (reported)",
                    "Amber met NaN losses in bf16; here training is in float32, and such a batch would be skipped and counted",
                ],
                [
                    "speed, tokens a second (median)",
                    FigureText.Human(Median(steps.Select(s => s.TokensPerSecond))),
                    $"{Plain(amber["amber.tokensPerSecond"] / 1000)}k (reported)",
                    $"this machine against {Whole(amber, "amber.gpus")} GPUs",
                ],
            ]);
    }

    /// <summary>
    /// Memorization of a suite's last checkpoint beside the numbers published for Amber.
    /// </summary>
    public static Table MemorizationSummary(MemorizationScores scores)
    {
        var (amber, parameters, last) = (Papers.Open("analysis360"), Papers.Open(Paper)["amber.parameters"], scores.Checkpoints[^1]);
        var (checkpoint, chunk) = ((int)amber["amber.memorization.checkpoint"], (int)amber["amber.memorization.olderChunk"]);
        var seen = scores.Seen(last);
        var newest = seen.Where(r => r.Chunk == last.ChunksSeen - 1).ToList();
        var older = seen.Where(r => r.Chunk == (last.ChunksSeen - 1) * chunk / checkpoint).ToList();
        var reason = scores.Suite.Repository == Amber
            ? "the same model; another checkpoint, other rows of the chunk or another precision (published: fp16)"
            : $"another model, {FigureText.Human(parameters)} parameters against few, and other text; "
                + "each document was read about once in both";
        return new Table(
            $"Memorization at {last} of {scores.Suite.Name} (canaries left out) beside Amber's ckpt_{checkpoint} "
                + $"(k = l = {Whole(amber, "amber.memorization.promptLength")}, "
                + $"{Plain(amber["amber.memorization.sequencesPerChunk"])} sequences a chunk, Analysis360's published demo). "
                + $"Here: {SampleText.Of(scores)}.",
            [new("quantity"), new(scores.Suite.Name, ColumnAlignment.Right), AmberColumn, new("why they may differ")],
            [
                ["mean score, chunk just read", Mean(newest), Plain(amber["amber.memorization.newestMeanScore"]), reason],
                ["mean score, a chunk two fifths into training", Mean(older), Plain(amber["amber.memorization.olderMeanScore"]), reason],
                [
                    "share k-extractible, chunk just read",
                    Share(newest),
                    FigureText.Percent(amber["amber.memorization.newestExtractible"]),
                    reason,
                ],
                [
                    "share k-extractible, a chunk two fifths into training",
                    Share(older),
                    FigureText.Percent(amber["amber.memorization.olderExtractible"]),
                    reason,
                ],
            ]);

        static string Mean(List<MemorizationRow> rows) =>
            rows.Count == 0 ? "not scored" : $"{FigureText.Number(rows.Average(r => r.Score))} (n = {rows.Count})";

        static string Share(List<MemorizationRow> rows) =>
            rows.Count == 0 ? "not scored" : $"{FigureText.Percent(rows.Average(r => r.Extractible ? 1.0 : 0))} (n = {rows.Count})";
    }

    /// <summary>Says that a suite has no training log.</summary>
    internal static string NoLog(Suite suite) => suite.Repository is null ? $"The training log of {suite.Name} has no step."
        : $"The training log of {suite.Name} is not published as a file that this kit reads; "
            + $"a {SuiteLayout.Metrics} in the suite's folder would be shown.";

    private static string Tokens(Suite suite) => suite.TrainedTokens is { } tokens ? FigureText.Human(tokens) : "unknown";

    private static string Whole(PublishedNumbers paper, string name) => FigureText.Count((long)paper[name]);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static string Listed(params double[] values) => string.Join(", ", values.Select(Plain));

    private static string Plain(double value) =>
        value.ToString(Math.Abs(value) is > 0 and < 1e-3 ? "0.##e-0" : "0.####", CultureInfo.InvariantCulture);
}
