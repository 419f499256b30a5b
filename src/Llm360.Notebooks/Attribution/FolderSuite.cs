// A suite in a plain folder, for scripts and for comparisons with other programs.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>
/// A folder with <c>suite.json</c> {checkpoints: [{name, learning_rate}], chunks: [files],
/// optimizer}, a folder for each checkpoint with <c>config.json</c>, weights and
/// <c>optimizer.safetensors</c>, and the chunks as JSON Lines of <c>{token_ids}</c>.
/// </summary>
internal sealed class FolderSuite
{
    private const string File = "suite.json", SettingsFile = "settings.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private static readonly JsonKind Kind = new("The description of the suite", 16 << 20,
        "It lists checkpoints {name, learning_rate} and chunks (files of rows), as reference/attribution does.")
    {
        Missing = "The folder has no suite.json.",
    };

    private static readonly JsonKind SettingsKind = new("The settings of the suite", 16 << 20, "Mend or remove the file.");

    private readonly string folder;
    private readonly Description description;

    private FolderSuite(string folder, Description description) => (this.folder, this.description) = (folder, description);

    /// <summary>The rows of all chunks, in order.</summary>
    public RowBatch Rows { get; private set; } = new([], _ => "");

    /// <summary>Opens a folder and reads its rows.</summary>
    /// <exception cref="Llm360Exception">
    /// A file is missing or malformed, or there is no checkpoint or no row.
    /// </exception>
    public static FolderSuite Open(string folder)
    {
        var path = Path.Combine(folder, File);
        var suite = new FolderSuite(folder, JsonInput.Read<Description>(path, Kind, Json));
        if (suite.description.Checkpoints.Count == 0)
            throw Kind.Error("it lists no checkpoint", path);
        suite.Rows = ReadRows(suite.description.Chunks.Select(c => Path.Combine(folder, c)));
        return suite.Rows.Count > 0 ? suite : throw Kind.Error("its chunks have no row", path);
    }

    /// <summary>The rows of files; errors name file and row.</summary>
    public static RowBatch ReadRows(IEnumerable<string> files)
    {
        var (rows, places) = (new List<int[]>(), new List<(string File, int Row)>());
        foreach (var file in files)
        {
            foreach (var (i, row) in ChunkReader.Read(file).Index())
            {
                rows.Add(row.TokenIds);
                places.Add((file, i));
            }
        }

        return new RowBatch(rows, i => $"{places[i].File}, row {places[i].Row} (counted from 0)");
    }

    /// <summary>
    /// The defaults with the values of a method in the folder's <c>settings.json</c>.
    /// </summary>
    public AttributionSettings Settings(string method)
    {
        var settings = new AttributionSettings { FactorRows = null };
        var path = Path.Combine(folder, SettingsFile);
        if (!System.IO.File.Exists(path))
            return settings;
        using var json = JsonInput.Document(path, SettingsKind);
        if (Number(json.RootElement, "damping", method) is { } damping)
            settings = settings with { Damping = damping };
        var ridges = description.Checkpoints.Select(
            (_, i) => Number(json.RootElement, "trak_lambda", FormattableString.Invariant($"{i}"))).ToList();
        return ridges.All(r => r is not null) ? settings with { Ridges = [.. ridges.Select(r => r!.Value)] } : settings;
    }

    /// <summary>Queries against all rows at all checkpoints.</summary>
    public AttributionProblem Problem(RowBatch queries) => new([.. description.Checkpoints.Select(Checkpoint)], Rows, queries);

    private TracedCheckpoint Checkpoint(CheckpointEntry entry, int number)
    {
        var path = Path.Combine(folder, entry.Name);
        var optimizer = Path.Combine(path, SuiteLayout.Optimizer);
        var adam = description.Optimizer;
        return new TracedCheckpoint(() => new CheckpointPass(LanguageModel.Load(path, Device.Cpu), entry.Name, number)
        {
            LearningRate = entry.LearningRate,
            OptimizerPath = System.IO.File.Exists(optimizer) ? optimizer : null,
            Adam = adam is null ? new AdamConstants() : new AdamConstants(adam.Beta1, adam.Beta2, adam.Eps),
        });
    }

    private static double? Number(JsonElement root, string group, string key) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(group, out var of) && of.ValueKind == JsonValueKind.Object
        && of.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private sealed record Description(
        IReadOnlyList<CheckpointEntry> Checkpoints, IReadOnlyList<string> Chunks, OptimizerEntry? Optimizer = null);

    private sealed record CheckpointEntry(string Name, double? LearningRate = null);

    private sealed record OptimizerEntry(double Beta1 = 0.9, double Beta2 = 0.95, double Eps = 1e-8);
}
