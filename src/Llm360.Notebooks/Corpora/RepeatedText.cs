// Finds documents that mostly repeat earlier documents.
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>Finds near copies by runs of words.</summary>
internal static class RepeatedText
{
    /// <summary>Number of words in a run.</summary>
    public const int RunLength = 8;

    /// <summary>Smallest share of repeated runs for which a document is a near copy.</summary>
    public const double Share = 0.5;

    /// <summary>
    /// Ids of the documents with at least half of their runs of eight words in earlier documents. A
    /// shorter document is one run.
    /// </summary>
    public static HashSet<int> NearCopies(IEnumerable<CorpusDocument> documents)
    {
        var before = new HashSet<ulong>();
        var copies = new HashSet<int>();
        foreach (var document in documents)
        {
            var runs = Runs(document.Text);
            if (runs.Count(before.Contains) >= Share * runs.Count)
                copies.Add(document.Id);
            before.UnionWith(runs);
        }

        return copies;
    }

    private static List<ulong> Runs(string text)
    {
        var words = new List<int> { 0 }; // start of each word; white space is folded
        for (var i = text.IndexOf(' ', StringComparison.Ordinal); i >= 0; i = text.IndexOf(' ', i + 1))
            words.Add(i + 1);
        var runs = new List<ulong>();
        for (var first = 0; first == 0 || first + RunLength <= words.Count; first++)
        {
            var end = first + RunLength < words.Count ? words[first + RunLength] - 1 : text.Length;
            runs.Add(XxHash64.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan(words[first]..end))));
        }

        return runs;
    }
}
