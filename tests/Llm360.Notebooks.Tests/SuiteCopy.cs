// A copy of a suite's folder whose files a test may change.

namespace Llm360.Notebooks.Tests;

internal static class SuiteCopy
{
    /// <summary>
    /// Copies the folder and opens the copy. Leaves out the list of files, because analyses refuse
    /// files that differ from it.
    /// </summary>
    public static Suite Of(Suite suite, string folder)
    {
        SuiteFolder.CopyTo(suite.Folder, folder);
        File.Delete(Path.Combine(folder, SuiteLayout.Files));
        return Suite.OpenFolder(folder);
    }
}
