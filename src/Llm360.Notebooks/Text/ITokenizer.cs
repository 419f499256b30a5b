// What every suite's tokenizer does, whatever file it comes from.
namespace Llm360.Notebooks;

/// <summary>Text to ids and back. <see cref="Tokenizers.Load"/> opens the one of a checkpoint; all are safe for use from several threads.</summary>
public interface ITokenizer
{
    /// <summary>The tokens by id, as the vocabulary writes them.</summary>
    IReadOnlyList<string> Pieces { get; }

    /// <summary>Number of tokens. A model's embedding may have more rows: ids from here on stand for nothing.</summary>
    int VocabularySize { get; }

    /// <summary>Id of the token that begins a text; -1 if there is none. <see cref="Encode"/> does not add it.</summary>
    int BosId { get; }

    /// <summary>Id of the token that ends a text; -1 if there is none. <see cref="Encode"/> does not add it.</summary>
    int EosId { get; }

    /// <summary>The ids of a text, with nothing put before or after; none for the empty text. A lone surrogate counts as U+FFFD.</summary>
    int[] Encode(string text);

    /// <summary>The text of ids: what <see cref="StartDecoding"/> streams from an empty context.</summary>
    /// <exception cref="Llm360Exception">An id is not in the vocabulary.</exception>
    string Decode(IEnumerable<int> ids);

    /// <summary>Begins to decode ids as they arrive.</summary>
    /// <param name="contextIds">What came before, for example a prompt; its text is not given again.</param>
    /// <exception cref="Llm360Exception">An id is not in the vocabulary.</exception>
    StreamingDecoder StartDecoding(IEnumerable<int>? contextIds = null);
}
