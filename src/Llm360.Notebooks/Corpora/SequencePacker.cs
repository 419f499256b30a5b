// Concatenates tokenized documents and cuts them into sequences, as in Amber's data preparation.

namespace Llm360.Notebooks;

/// <summary>The start of a document in a sequence; it ends where the next one begins.</summary>
internal readonly record struct DocumentStart(int Document, int Position);

/// <summary>One sequence of a source's text.</summary>
internal sealed record PackedSequence(int[] Tokens, IReadOnlyList<DocumentStart> Documents)
{
    /// <summary>The documents with tokens from a position on.</summary>
    public int[] DocumentsFrom(int position) =>
        [.. Documents.Where((_, i) => End(i) > position).Select(d => d.Document)];

    private int End(int i) => i + 1 < Documents.Count ? Documents[i + 1].Position : Tokens.Length;
}

/// <summary>
/// Concatenates documents, each followed by the end token, and cuts them into sequences without
/// overlap.
/// </summary>
internal sealed class SequencePacker(ITokenizer tokenizer, int length)
{
    /// <summary>Documents encoded at a time, on all cores.</summary>
    private const int Batch = 256;

    /// <summary>
    /// The first <paramref name="count"/> sequences; fewer if there is not enough text.
    /// </summary>
    public List<PackedSequence> Pack(IEnumerable<CorpusDocument> documents, int count, CancellationToken cancellation)
    {
        var sequences = new List<PackedSequence>(); // Without a capacity, because the text may be too short for all.
        var tokens = new int[length];
        var starts = new List<DocumentStart>();
        var filled = 0;
        foreach (var batch in count == 0 ? [] : documents.Chunk(Batch))
        {
            cancellation.ThrowIfCancellationRequested();
            var encoded = new int[batch.Length][];
            Parallel.For(0, batch.Length, i => encoded[i] = [.. tokenizer.Encode(batch[i].Text), tokenizer.EosId]);
            for (var i = 0; i < batch.Length; i++)
            {
                for (var rest = encoded[i].AsSpan(); rest.Length > 0;)
                {
                    var part = Math.Min(rest.Length, length - filled);
                    starts.Add(new DocumentStart(batch[i].Id, filled));
                    rest[..part].CopyTo(tokens.AsSpan(filled));
                    rest = rest[part..];
                    filled += part;
                    if (filled < length)
                        continue;
                    sequences.Add(new PackedSequence(tokens, [.. starts]));
                    if (sequences.Count == count)
                        return sequences;
                    tokens = new int[length];
                    starts.Clear();
                    filled = 0;
                }
            }
        }

        return sequences;
    }
}
