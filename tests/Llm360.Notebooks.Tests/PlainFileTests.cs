// What stands at a path is told without opening it: a named pipe would be waited for forever.
using System.Diagnostics;

namespace Llm360.Notebooks.Tests;

public sealed class PlainFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Files_folders_and_links_are_told_apart()
    {
        File.WriteAllText(folder["empty"], "");
        File.CreateSymbolicLink(folder["link"], "empty");
        File.CreateSymbolicLink(folder["dangling"], "nothing");
        Assert.Equal(PathKind.File, PathKinds.Of(folder["empty"]));
        Assert.Equal(PathKind.Folder, PathKinds.Of(folder.Path));
        Assert.Equal(PathKind.Missing, PathKinds.Of(folder["none"]));
        Assert.Equal(PathKind.Missing, PathKinds.Of(folder["empty", "below"]));
        Assert.Equal((PathKind.File, PathKind.Link), (PathKinds.Of(folder["link"]), PathKinds.Of(folder["link"], followLinks: false)));
        Assert.Equal((PathKind.Missing, PathKind.Link), (PathKinds.Of(folder["dangling"]), PathKinds.Of(folder["dangling"], followLinks: false)));
    }

    [Fact]
    public void Pipes_and_devices_are_neither_file_nor_folder()
    {
        Pipes.Make(folder["pipe"]);
        File.CreateSymbolicLink(folder["link"], "pipe");
        Assert.Equal(PathKind.Other, PathKinds.Of(folder["pipe"]));
        Assert.Equal(PathKind.Other, PathKinds.Of(folder["link"]));
        Assert.Equal(PathKind.Other, PathKinds.Of("/dev/null"));
        Assert.Contains("named pipe", Assert.Throws<InvalidDataException>(() => PlainFile.ReadAllBytes(folder["pipe"], 10)).Message, StringComparison.Ordinal);
        Assert.Contains("folder", Assert.Throws<InvalidDataException>(() => PlainFile.ReadAllBytes(folder.Path, 10)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_read_up_to_a_length()
    {
        File.WriteAllText(folder["ten"], "0123456789");
        Assert.Equal("0123456789"u8, PlainFile.ReadAllBytes(folder["ten"], 10));
        Assert.Contains("at most 9", Assert.Throws<InvalidDataException>(() => PlainFile.ReadAllBytes(folder["ten"], 9)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => PlainFile.ReadAllBytes(folder["none"], 9));
    }
}

/// <summary>Makes named pipes.</summary>
internal static class Pipes
{
    /// <summary>Makes one; the test is skipped where the system has none.</summary>
    public static void Make(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "named pipes are no files on Windows");
        using var process = Process.Start("mkfifo", path);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
