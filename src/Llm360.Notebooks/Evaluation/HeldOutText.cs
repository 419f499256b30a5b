// The held-out documents of a suite, as text.
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>A held-out document.</summary>
/// <param name="Source">Its source.</param>
/// <param name="Text">Its text.</param>
internal sealed record HeldOutDocument(string Source, string Text);

/// <summary>
/// Converts a suite's held-out rows back to documents, and splits these into sentences.
/// </summary>
internal static partial class HeldOutText
{
    /// <summary>
    /// The documents, in the order of the rows. The last document of a source is left out, because
    /// the end of a row cuts it off.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The suite has no held-out rows or no tokenizer.
    /// </exception>
    public static IReadOnlyList<HeldOutDocument> Documents(Suite suite)
    {
        if (!File.Exists(suite.ValidationPath))
        {
            throw new Llm360Exception($"The suite {suite.Name} has no held-out text, so no items can be made from it.",
                suite.ValidationPath,
                "Choose a suite that was trained here, or tasks with items of their own.");
        }

        var tokenizer = suite.Tokenizer();
        var documents = new List<HeldOutDocument>();
        foreach (var source in ChunkReader.Read(suite.ValidationPath).GroupBy(r => r.Source))
        {
            var open = new List<int>();
            foreach (var token in source.SelectMany(r => r.TokenIds))
            {
                if (token != tokenizer.EosId)
                {
                    open.Add(token);
                    continue;
                }

                documents.Add(new HeldOutDocument(source.Key, tokenizer.Decode(open).Trim()));
                open.Clear();
            }
        }

        return documents;
    }

    /// <summary>
    /// The sentences of a text, split at line ends and after a full stop before a capital letter.
    /// </summary>
    public static IEnumerable<string> Sentences(string text) =>
        text.Split('\n').SelectMany(line => SentenceEnd().Split(line)).Select(s => s.Trim()).Where(s => s.Length > 0);

    [GeneratedRegex(@"(?<=[.!?])\s+(?=\p{Lu})")]
    private static partial Regex SentenceEnd();
}
