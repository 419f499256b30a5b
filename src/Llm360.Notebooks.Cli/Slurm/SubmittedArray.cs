// The record of a submitted job array beside the cells of an analysis, for the status of its tasks.
using System.Text.Json;

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>A job array that Slurm has accepted.</summary>
/// <param name="Job">Number of the array.</param>
/// <param name="Submitted">Time of the submission.</param>
/// <param name="Checkpoints">Names of the grid's checkpoints, in its order.</param>
/// <param name="Items">Names of the grid's items, in its order.</param>
/// <param name="Tasks">The cells of each task, as <c>0-119</c>.</param>
/// <param name="Missing">Numbers of the cells to compute.</param>
/// <param name="Command">Arguments of the command.</param>
/// <param name="SlurmOptions">The options for Slurm from the command line.</param>
/// <param name="Logs">Folder of the logs.</param>
internal sealed record SubmittedArray(
    string Job,
    DateTime Submitted,
    IReadOnlyList<string> Checkpoints,
    IReadOnlyList<string> Items,
    IReadOnlyList<string> Tasks,
    IReadOnlyList<long> Missing,
    IReadOnlyList<string> Command,
    IReadOnlyList<string> SlurmOptions,
    string Logs)
{
    /// <summary>Name of the folder inside the folder of an analysis.</summary>
    public const string FolderName = "slurm";

    private const long LongestFile = 64 << 20;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Folder of scripts, logs and these files.</summary>
    public static string FolderOf(string analysis) => Path.Combine(analysis, FolderName);

    /// <summary>The arrays of an analysis, the oldest first.</summary>
    public static IReadOnlyList<SubmittedArray> In(string analysis)
    {
        var folder = FolderOf(analysis);
        return !Directory.Exists(folder) ? []
            : [.. Directory.EnumerateFiles(folder, "*.json").Select(Read).OfType<SubmittedArray>().OrderBy(a => a.Submitted)];
    }

    /// <summary>Writes the file.</summary>
    public void Save(string analysis) =>
        AtomicFile.WriteText(Path.Combine(FolderOf(analysis), $"{Job}.json"), JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>The cells of a task that were to be computed, by checkpoint and item.</summary>
    public IEnumerable<(string Checkpoint, string Cell)> CellsOf(int task)
    {
        var range = CellRange.Parse(Tasks[task]);
        return Missing.Where(n => n >= range.First && n <= range.Last)
            .Select(n => (Checkpoints[(int)(n / Items.Count)], Items[(int)(n % Items.Count)]));
    }

    /// <summary>Name of a task, for example <c>77_3</c>.</summary>
    public string NameOf(int task) => FormattableString.Invariant($"{Job}_{task}");

    /// <summary>The log of a task.</summary>
    public string LogOf(int task) => Path.Combine(Logs, $"{NameOf(task)}.log");

    private static SubmittedArray? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<SubmittedArray>(PlainFile.ReadAllBytes(path, LongestFile), Json) is
                { Job: not null, Tasks: not null, Missing: not null, Items.Count: > 0 } array ? array : null;
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null; // Not what Save wrote.
        }
    }
}
