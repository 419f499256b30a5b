// Operations of tests on suite folders: copy, damage, compare.

namespace Llm360.Notebooks.Tests;

internal static class SuiteFolder
{
    public static TemporaryFolder CopyOf(string from)
    {
        var folder = new TemporaryFolder();
        CopyTo(from, folder.Path);
        return folder;
    }

    public static void CopyTo(string from, string to)
    {
        foreach (var file in Files(from))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>
    /// Flips one bit in the last quarter of a file, where the data of a safetensors file lies.
    /// </summary>
    public static void FlipBit(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length * 3 / 4] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>
    /// Path and hash of every file, to detect changes.
    /// </summary>
    public static SortedDictionary<string, string> Contents(string folder) =>
        new(Files(folder).ToDictionary(f => Path.GetRelativePath(folder, f).Replace('\\', '/'), Hash), StringComparer.Ordinal);

    /// <summary>
    /// The contents without the log, which holds the speed of each step, and without the list,
    /// which holds the log's hash.
    /// </summary>
    public static SortedDictionary<string, string> Trained(string folder) =>
        new(Contents(folder).Where(f => f.Key is not (SuiteLayout.Metrics or SuiteLayout.Files)).ToDictionary(), StringComparer.Ordinal);

    private static string Hash(string path) => FileMeasure.Sha256(path);

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != ".train.lock");
}
