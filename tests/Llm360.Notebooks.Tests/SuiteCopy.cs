// A copy of a suite's folder that a test may damage.
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.Tests;

internal static class SuiteCopy
{
    /// <summary>Copies the folder and opens the copy.</summary>
    public static Suite Of(Suite suite, string folder)
    {
        foreach (var file in Directory.EnumerateFiles(suite.Folder, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(suite.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return Suite.OpenFolder(folder);
    }
}
