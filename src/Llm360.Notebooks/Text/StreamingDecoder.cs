// Turns ids into text as they arrive, whatever the tokenizer.
namespace Llm360.Notebooks;

/// <summary>Decodes ids one at a time; all increments and <see cref="Flush"/> together are what decoding the whole gives.</summary>
/// <remarks>Bytes are held back only while they may still become a character. <see cref="ITokenizer.StartDecoding"/> makes one.</remarks>
public abstract class StreamingDecoder
{
    private protected StreamingDecoder()
    {
    }

    /// <summary>The text that appears with this id; empty while a character is incomplete.</summary>
    /// <exception cref="Llm360Exception">The id is not in the vocabulary.</exception>
    public abstract string Push(int id);

    /// <summary>What is still held back, as U+FFFD; the end of the stream.</summary>
    public abstract string Flush();

    /// <summary>Takes in what came before, whose text has been shown already.</summary>
    internal StreamingDecoder After(IEnumerable<int>? contextIds)
    {
        foreach (var id in contextIds ?? [])
            Push(id);
        return this;
    }
}
