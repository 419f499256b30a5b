// Decodes ids to text as they arrive, for every tokenizer.
namespace Llm360.Notebooks;

/// <summary>
/// Decodes ids one at a time. The increments and <see cref="Flush"/> together equal the decoded
/// whole.
/// </summary>
/// <remarks>
/// Bytes are held back only while they may still become a character.
/// <see cref="ITokenizer.StartDecoding"/> creates a decoder.
/// </remarks>
public abstract class StreamingDecoder
{
    private protected StreamingDecoder()
    {
    }

    /// <summary>
    /// The text that appears with this id; empty while a character is incomplete.
    /// </summary>
    /// <exception cref="Llm360Exception">The id is not in the vocabulary.</exception>
    public abstract string Push(int id);

    /// <summary>The bytes still held back, as U+FFFD; call it at the end of the stream.</summary>
    public abstract string Flush();

    /// <summary>Processes earlier ids whose text has already been shown.</summary>
    internal StreamingDecoder After(IEnumerable<int>? contextIds)
    {
        foreach (var id in contextIds ?? [])
            Push(id);
        return this;
    }
}
