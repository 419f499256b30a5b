// Splits a file of third-party notices into its licences.
using System.Buffers;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Reads the licences of a text file, such as <c>THIRD-PARTY-NOTICES.TXT</c>.</summary>
/// <remarks>
/// A licence begins at a heading ("License notice for ...", "%% ...") and after a line of one
/// repeated mark (<c>----</c>, <c>____</c>, <c>####</c>). Comment marks at the beginning of lines
/// are removed, and white space is folded.
/// </remarks>
internal static class LicenceNotices
{
    private const int ShortestSeparator = 4;

    // Shorter text is the title of the following licence.
    private const int ShortestLicence = 200;
    private static readonly string[] Headings = ["License notice for", "%% "];
    private static readonly string[] CommentMarks = ["//", "/*", "*/", "*", "#", ";"];
    private static readonly SearchValues<char> Marks = SearchValues.Create("-_=#*");

    /// <summary>
    /// Every licence in file order. Its name is "licence" and its number in the file, from 1.
    /// </summary>
    /// <exception cref="Llm360Exception">The file is not UTF-8.</exception>
    public static List<(string Name, string Text)> Read(Stream stream, string path)
    {
        var licences = new List<(string, string)>();
        var text = new FoldedText();
        using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        try
        {
            while (reader.ReadLine() is { } line)
            {
                line = line.Trim();
                var separates = IsSeparator(line);
                if ((separates || Headings.Any(line.StartsWith)) && text.Length >= ShortestLicence)
                    Take();
                if (separates)
                    continue;
                text.Append(WithoutMark(line));
                text.Break();
            }
        }
        catch (DecoderFallbackException e)
        {
            throw new Llm360Exception("The file of notices is not UTF-8.", path, "Name another file of the package in the manifest.", e);
        }

        if (text.Length > 0)
            Take();
        return licences;

        void Take() => licences.Add(($"licence {licences.Count + 1}", text.Take()));
    }

    private static bool IsSeparator(string line) =>
        line.Length >= ShortestSeparator && Marks.Contains(line[0]) && line.All(c => c == line[0]);

    private static ReadOnlySpan<char> WithoutMark(string line)
    {
        var mark = Array.Find(CommentMarks, line.StartsWith);
        return mark is null ? line : line.AsSpan(mark.Length);
    }
}
