// The interface of all tokenizers, independent of their file format.
namespace Llm360.Notebooks;

/// <summary>
/// Converts text to ids and back. <see cref="Tokenizers.Load"/> opens the tokenizer of a
/// checkpoint. All tokenizers are safe for use from several threads.
/// </summary>
public interface ITokenizer
{
    /// <summary>The tokens by id, as written in the vocabulary.</summary>
    IReadOnlyList<string> Pieces { get; }

    /// <summary>
    /// Number of tokens. A model's embedding may have more rows; ids from this number on have no
    /// meaning.
    /// </summary>
    int VocabularySize { get; }

    /// <summary>
    /// Id of the token that begins a text; -1 if there is none. <see cref="Encode"/> does not add
    /// it.
    /// </summary>
    int BosId { get; }

    /// <summary>
    /// Id of the token that ends a text; -1 if there is none. <see cref="Encode"/> does not add it.
    /// </summary>
    int EosId { get; }

    /// <summary>
    /// The ids of a text, with nothing added before or after; none for the empty text. A lone
    /// surrogate counts as U+FFFD.
    /// </summary>
    int[] Encode(string text);

    /// <summary>
    /// The text of ids, equal to what <see cref="StartDecoding"/> streams from an empty context.
    /// </summary>
    /// <exception cref="Llm360Exception">An id is not in the vocabulary.</exception>
    string Decode(IEnumerable<int> ids);

    /// <summary>Starts to decode ids as they arrive.</summary>
    /// <param name="contextIds">
    /// Ids before them, for example a prompt; their text is not returned again.
    /// </param>
    /// <exception cref="Llm360Exception">An id is not in the vocabulary.</exception>
    StreamingDecoder StartDecoding(IEnumerable<int>? contextIds = null);
}
