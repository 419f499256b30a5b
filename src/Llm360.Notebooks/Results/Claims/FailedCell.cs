// A cell whose computation failed, recorded in a small file.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>
/// The error of a cell. The file <c>chunk=7.failed</c> is deleted when the cell succeeds.
/// </summary>
/// <param name="Checkpoint">Name of the checkpoint.</param>
/// <param name="Cell">Name of the cell, for example <c>chunk=7</c>.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Where">Where.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="Machine">Name of the machine.</param>
/// <param name="Task">The task of a Slurm array; null for none.</param>
/// <param name="Command">Arguments of the llm360 command; empty if there was none.</param>
internal sealed record FailedCell(
    string Checkpoint, string Cell, string What, string Where, string Remedy, string Machine, string? Task, IReadOnlyList<string> Command)
{
    /// <summary>Extension of the file.</summary>
    public const string Extension = ".failed";

    private const long LongestFile = 1 << 20;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    /// <summary>The failure of a cell, from an exception.</summary>
    public static FailedCell Of(Checkpoint checkpoint, GridItem item, Exception exception, IReadOnlyList<string> command)
    {
        var (what, where, remedy) = exception is Llm360Exception e ? (e.What, e.Where, e.Remedy)
            : ($"{exception.GetType().Name}: {exception.Message}", $"{checkpoint} on {item}", "See the log of the worker.");
        return new FailedCell(
            checkpoint.Name, item.Partition, what, where, remedy, Environment.MachineName, LeaseOwner.Current.Task, command);
    }

    /// <summary>The file of a cell's failure.</summary>
    public static string PathOf(string folder, string cell) => Path.Combine(folder, cell + Extension);

    /// <summary>The failures in a folder of cells, ordered by file.</summary>
    public static IReadOnlyList<FailedCell> In(string folder) => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateFiles(folder, $"*{Extension}").Order(StringComparer.Ordinal).Select(Read).OfType<FailedCell>()];

    /// <summary>
    /// Writes the file. Failing to write it is ignored: the error itself matters more.
    /// </summary>
    public void Save(string folder)
    {
        try
        {
            AtomicFile.WriteText(PathOf(folder, Cell), JsonSerializer.Serialize(this, Json) + "\n");
        }
        catch (Llm360Exception)
        {
            // Usually a full disk.
        }
    }

    private static FailedCell? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<FailedCell>(PlainFile.ReadAllBytes(path, LongestFile), Json);
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null; // Gone meanwhile, or not what Save wrote.
        }
    }
}
