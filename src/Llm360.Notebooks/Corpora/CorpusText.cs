// All documents of a corpus, as extracted from its packages.
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Extracts the text of a corpus from the packages its recipe names.</summary>
internal static class CorpusText
{
    /// <summary>
    /// Every document of every source: sources and packages in the recipe's order, files in ordinal
    /// order, their documents in file order. The packages are compared with their hashes first.
    /// </summary>
    /// <param name="recipe">
    /// The corpus. With <see cref="CorpusRecipe.Deduplicate"/> only the first of equal texts is
    /// kept, over all sources.
    /// </param>
    /// <param name="roots">Folders of packages; <see cref="PackageCache.Roots"/> if null.</param>
    /// <param name="run">Progress, in files, and cancellation between files.</param>
    /// <exception cref="Llm360Exception">
    /// A package is missing, is not the pinned one, or does not parse.
    /// </exception>
    public static IReadOnlyList<CorpusDocument> Extract(
        CorpusRecipe recipe, IReadOnlyList<string>? roots = null, RunOptions? run = null)
    {
        var (progress, cancellation) = (run.Watcher(), run.StopToken());
        // A file is read when its turn comes: the texts of all files need not be in memory.
        var files = new List<(CorpusSource Source, string Package, Func<IEnumerable<(string Name, string Text)>> Read)>();
        foreach (var source in recipe.Sources)
        {
            if (source.Documents == DocumentForm.Series)
                files.Add((source, "", SeriesText.Documents));
            foreach (var package in source.Packages)
            {
                CorpusPackages.Verify(package, roots);
                var folder = CorpusPackages.Locate(package, roots);
                foreach (var file in CorpusPackages.Files(package, roots))
                    files.Add((source, package.Id, () => DocumentReader.Read(source.Documents, Path.Combine(folder, file))));
            }
        }

        var documents = new List<CorpusDocument>();
        var seen = new HashSet<string>();
        var id = 0;
        for (var i = 0; i < files.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var (source, package, read) = files[i];
            progress?.Report(new WorkProgress("extract text", i, files.Count, "files", $"{source.Name}, {documents.Count} documents"));
            foreach (var (name, text) in read())
            {
                if (!recipe.Deduplicate || seen.Add(text))
                    documents.Add(new CorpusDocument(id, source.Name, package, name, text));
                id++;
            }
        }

        progress?.Report(new WorkProgress("extract text", files.Count, files.Count, "files", $"{documents.Count} documents"));
        return documents;
    }

    /// <summary>
    /// Writes every document on its own line: the text that a vocabulary is trained on.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// As <see cref="Extract"/>, or the file cannot be written.
    /// </exception>
    public static void WriteLines(CorpusRecipe recipe, string path)
    {
        var documents = Extract(recipe);
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
            foreach (var document in documents)
                writer.WriteLine(document.Text);
        });
    }
}
