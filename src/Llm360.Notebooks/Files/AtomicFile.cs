// Writes files so that a reader never sees an incomplete file.
namespace Llm360.Notebooks;

/// <summary>
/// Writes a file under a temporary name beside its target and renames it when it is complete.
/// </summary>
internal static class AtomicFile
{
    private static readonly string Machine = Environment.MachineName.Replace('.', '-');

    /// <summary>
    /// Writes <paramref name="path"/> through <paramref name="write"/>. The target is unchanged if
    /// that throws.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The disk is full or the folder cannot be written.
    /// </exception>
    public static void Write(string path, Action<Stream> write, bool isDurable = true) =>
        WriteAsync(
            path,
            stream =>
            {
                write(stream);
                return Task.CompletedTask;
            },
            isDurable).GetAwaiter().GetResult();

    /// <summary>The same with asynchronous writing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="isDurable">Whether the content must survive a crash of the machine.</param>
    /// <exception cref="Llm360Exception">
    /// The disk is full or the folder cannot be written.
    /// </exception>
    public static async Task WriteAsync(string path, Func<Stream, Task> write, bool isDurable = true)
    {
        path = Path.GetFullPath(path);
        // A renamed file would replace a link or a device: resolve links, and write to devices
        // directly.
        var isDevice = path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);
        if (!isDevice && new FileInfo(path).LinkTarget is not null)
            path = File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        var temporary = $"{path}.{Machine}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        try
        {
            if (isDevice)
            {
                await using var device = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                await write(device).ConfigureAwait(false);
                return;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                await write(stream).ConfigureAwait(false);
                stream.Flush(flushToDisk: isDurable);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception(
                $"The file could not be written: {e.Message}",
                path,
                "Free disk space or choose a folder that can be written; what was there before is unchanged.",
                e);
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }

    /// <summary>
    /// Deletes temporary files of killed processes in a folder and its subfolders. Files of running
    /// processes are kept, and those of other machines for a day.
    /// </summary>
    public static void Sweep(string folder) => Sweep(folder, belowAsWell: true);

    /// <summary>
    /// The same, in a folder alone or also in its subfolders. Links are not followed.
    /// </summary>
    internal static void Sweep(string folder, bool belowAsWell)
    {
        if (!Directory.Exists(folder))
            return;
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = belowAsWell,
            AttributesToSkip = FileAttributes.ReparsePoint,
            IgnoreInaccessible = false,
        };
        foreach (var left in Directory.EnumerateFiles(folder, "*.tmp", options).ToList())
        {
            var parts = Path.GetFileName(left).Split('.');
            if (parts.Length <= 4 || !Guid.TryParseExact(parts[^2], "N", out _) || !int.TryParse(parts[^3], out var process))
                continue;
            // A process number is meaningless for a process on another machine with the same disk.
            if (parts[^4] == Machine ? !IsRunning(process) : File.GetLastWriteTimeUtc(left) < DateTime.UtcNow.AddDays(-1))
                File.Delete(left);
        }
    }

    private static bool IsRunning(int id)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Writes <paramref name="text"/> as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text, bool isDurable = true) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)), isDurable);
}
