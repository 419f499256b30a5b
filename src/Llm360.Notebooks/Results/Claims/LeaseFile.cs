// The file of a lease: which worker computes which cells of a checkpoint.
using System.Reflection;
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>Content of a lease file. It does not change during the lease.</summary>
/// <param name="Format">Format of the file.</param>
/// <param name="Version">Version of the library that wrote it.</param>
/// <param name="Owner">The worker.</param>
/// <param name="Cells">Names of the cells, for example <c>chunk=7</c>.</param>
internal sealed record LeaseFile(int Format, string Version, LeaseOwner Owner, IReadOnlyList<string> Cells)
{
    /// <summary>Extension of the file, which is beside the cells of its checkpoint.</summary>
    public const string Extension = ".lease";

    private const int PresentFormat = 1;
    private const long LongestFile = 64 << 20;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Version of this library, without the part that names a build.</summary>
    public static string PresentVersion { get; } =
        typeof(LeaseFile).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>A lease of this process.</summary>
    public static LeaseFile Of(IReadOnlyList<string> cells) => new(PresentFormat, PresentVersion, LeaseOwner.Current, cells);

    /// <summary>The text of the file.</summary>
    public string Text() => JsonSerializer.Serialize(this, Json);

    /// <summary>
    /// Reads a file. Null if it was deleted. A file that was truncated by a crash has no cells.
    /// </summary>
    public static LeaseFile? Read(string path)
    {
        try
        {
            var lease = JsonSerializer.Deserialize<LeaseFile>(PlainFile.ReadAllBytes(path, LongestFile), Json);
            return lease is { Owner.Machine: not null, Cells: not null, Version: not null } ? lease : Unreadable;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return Unreadable;
        }
    }

    /// <summary>Refuses to work beside another version.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="Llm360Exception">Another version wrote it.</exception>
    public void RequireSameVersion(string path)
    {
        if (Format == PresentFormat && Version == PresentVersion)
            return;
        throw new Llm360Exception(
            $"Version {Version} of Llm360.Notebooks is computing cells of this store, and this is version {PresentVersion}.",
            path,
            "Use one version for all workers of a grid, or wait until the other workers have ended.");
    }

    private static LeaseFile Unreadable => new(PresentFormat, PresentVersion, new LeaseOwner("", 0, 0, null), []);
}
