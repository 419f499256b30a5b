// The locations of the files that tests read.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

internal static class Fixtures
{
    /// <summary>A file or folder under tests/fixtures.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Workspace.Repository!, "tests", "fixtures", .. parts]);

    /// <summary>A file of the checkout's data-manifests.</summary>
    public static string Manifest(params string[] parts) => System.IO.Path.Combine([Workspace.Repository!, "data-manifests", .. parts]);

    /// <summary>A file of ../shared/data; the test is skipped where it is absent.</summary>
    public static string Shared(params string[] parts)
    {
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine([Workspace.Repository!, "..", "shared", "data", .. parts]));
        Assert.SkipUnless(File.Exists(path),
            $"needs the real data file {System.IO.Path.Combine(parts)}, which is not part of the repository");
        return path;
    }

    public static JsonNode Json(params string[] parts) => JsonNode.Parse(File.ReadAllText(Path(parts)))!;
}

/// <summary>A folder that is deleted at the end of a test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("llm360-test-").FullName;

    public string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
