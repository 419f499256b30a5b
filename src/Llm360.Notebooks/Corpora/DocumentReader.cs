// Reads a file of a source as documents.
namespace Llm360.Notebooks;

/// <summary>Reads the documents of a file.</summary>
internal static class DocumentReader
{
    /// <summary>Every document of a file: its name in the file, and its text.</summary>
    /// <exception cref="Llm360Exception">
    /// The file cannot be read, or it does not have this form.
    /// </exception>
    public static IEnumerable<(string Name, string Text)> Read(string form, string path)
    {
        using var stream = File.OpenRead(path);
        return form switch
        {
            DocumentForm.Members => XmlDocumentation.Read(stream, path),
            DocumentForm.Types => TypePages.Of(XmlDocumentation.Read(stream, path)),
            _ => LicenceNotices.Read(stream, path),
        };
    }
}
