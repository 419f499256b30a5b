// The kind of a file is determined without opening it, because opening a named pipe blocks.
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
        Assert.Equal(FileKind.File, FileStat.Following(folder["empty"])?.Kind);
        Assert.Equal(FileKind.Folder, FileStat.Following(folder.Path)?.Kind);
        Assert.Null(FileStat.Following(folder["none"])?.Kind);
        Assert.Null(FileStat.Following(folder["empty", "below"])?.Kind);
        Assert.Equal(FileKind.File, FileStat.Following(folder["link"])?.Kind);
        Assert.Null(FileStat.Following(folder["dangling"])?.Kind);
        Assert.Equal(FileKind.Link, FileStat.Of(folder["link"])?.Kind);
        Assert.Equal(FileKind.Link, FileStat.Of(folder["dangling"])?.Kind);
    }

    [Fact]
    public void Pipes_and_devices_are_neither_file_nor_folder()
    {
        Pipes.Make(folder["pipe"]);
        File.CreateSymbolicLink(folder["link"], "pipe");
        Assert.Equal(FileKind.Special, FileStat.Following(folder["pipe"])?.Kind);
        Assert.Equal(FileKind.Special, FileStat.Following(folder["link"])?.Kind);
        Assert.Equal(FileKind.Special, FileStat.Following("/dev/null")?.Kind);
        Assert.Contains("named pipe", Refused(folder["pipe"], 10), StringComparison.Ordinal);
        Assert.Contains("folder", Refused(folder.Path, 10), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_read_up_to_a_length()
    {
        File.WriteAllText(folder["ten"], "0123456789");
        Assert.Equal("0123456789"u8, PlainFile.ReadAllBytes(folder["ten"], 10));
        Assert.Contains("at most 9", Refused(folder["ten"], 9), StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => PlainFile.ReadAllBytes(folder["none"], 9));
    }

    private static string Refused(string path, long longest) =>
        Assert.Throws<InvalidDataException>(() => PlainFile.ReadAllBytes(path, longest)).Message;
}

/// <summary>Creates named pipes.</summary>
internal static class Pipes
{
    /// <summary>Creates a named pipe. Skips the test on systems without them.</summary>
    public static void Make(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "named pipes are no files on Windows");
        using var process = Process.Start("mkfifo", path);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
