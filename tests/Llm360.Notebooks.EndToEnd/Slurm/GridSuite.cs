// A suite with hundreds of cells that take milliseconds each, and a home of its own.

namespace Llm360.Notebooks.EndToEnd.Slurm;

/// <summary>The suite <c>grid</c>: the text and the model of pico, more chunks and
/// checkpoints.</summary>
public sealed class GridSuite : IAsyncLifetime
{
    /// <summary>Name of the suite.</summary>
    public const string Name = "grid";

    private const int Chunks = 24;

    internal Llm360Command Llm360 { get; } = new();

    /// <summary>Number of cells.</summary>
    public static int Cells => Chunks * (Chunks + 1);

    public async ValueTask InitializeAsync()
    {
        var pico = Suites.Recipe("pico");
        var recipe = pico with
        {
            Name = Name,
            Expected = null,
            Weights = null,
            Corpus = pico.Corpus with { Chunks = Chunks, SequencesPerChunk = 16, Canaries = null },
            Training = pico.Training with { OptimizerStates = [] },
        };
        await new SuiteTrainer(recipe, Llm360.PathOf("suites", Name)).TrainAsync(new(Cancellation: CancellationToken.None));
    }

    public ValueTask DisposeAsync()
    {
        Llm360.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The command of a grid; each seed has a store of its own.</summary>
    public static string[] Command(int seed) =>
    [
        "grid", "memorization", "-s", Name, "-k", "16", "-l", "16", "-n", "12", "--seed", $"{seed}", "--token-metrics", "--device", "cpu",
        "--threads", "1",
    ];

    /// <summary>The store's folder of a seed; null before it is made.</summary>
    public string? Folder(int seed)
    {
        var results = Llm360.PathOf("results", Name);
        return !Directory.Exists(results) ? null : Directory.EnumerateDirectories(results)
            .FirstOrDefault(f => File.Exists(Path.Combine(f, "settings.json"))
                && File.ReadAllText(Path.Combine(f, "settings.json")).Contains($"\"seed\": {seed}", StringComparison.Ordinal));
    }

    /// <summary>The cells of a seed with the times at which they were written.</summary>
    public Dictionary<string, DateTime> Written(int seed) => Folder(seed) is not { } folder ? []
        : Directory.EnumerateFiles(folder, "*.parquet", SearchOption.AllDirectories).ToDictionary(f => f, File.GetLastWriteTimeUtc);
}
