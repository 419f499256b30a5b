// Turns ids into text as they arrive, holding back bytes only while they may still become a character.
using System.Buffers;
using System.Text;

namespace Llm360.Notebooks.Text;

/// <summary>Decodes ids one at a time; all increments and <see cref="Flush"/> together are what decoding the whole gives.</summary>
/// <remarks>
/// Control pieces give nothing, <c>&lt;unk&gt;</c> gives <c>" &#x2047; "</c>, the first piece that is not a control piece loses one leading space if it is an
/// ordinary one. In a run of byte pieces each byte that begins no valid character becomes one U+FFFD; any other piece ends the run.
/// </remarks>
public sealed class StreamingDecoder
{
    private readonly SentencePieceTokenizer _tokenizer;
    private readonly byte[] _held = new byte[4];
    private int _heldCount;
    private bool _started;

    /// <summary>Begins after a context whose text has been shown already.</summary>
    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="contextIds">What came before, for example a prompt; its text is not given again.</param>
    /// <exception cref="Llm360Exception">An id is not in the vocabulary.</exception>
    public StreamingDecoder(SentencePieceTokenizer tokenizer, IEnumerable<int>? contextIds = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        foreach (var id in contextIds ?? [])
            Push(id);
    }

    /// <summary>The text that appears with this id; empty while a character is incomplete.</summary>
    /// <exception cref="Llm360Exception">The id is not in the vocabulary.</exception>
    public string Push(int id)
    {
        var piece = _tokenizer.Entry(id);
        if (piece.Type == PieceType.Byte)
        {
            _started = true;
            _held[_heldCount++] = _tokenizer.ByteOf(id);
            return Release(final: false);
        }

        var held = Flush();
        if (piece.Type == PieceType.Control)
            return held;
        var first = !_started;
        _started = true;
        if (piece.Type == PieceType.Unknown)
            return held + " \u2047 ";
        var text = piece.Text.Replace(SentencePieceTokenizer.Space, ' ');
        return held + (first && text.StartsWith(' ') ? text[1..] : text);
    }

    /// <summary>What is still held back, as one U+FFFD for each byte; the end of the stream.</summary>
    public string Flush() => _heldCount == 0 ? "" : Release(final: true);

    private string Release(bool final)
    {
        var text = new StringBuilder();
        var taken = 0;
        while (taken < _heldCount)
        {
            var status = Rune.DecodeFromUtf8(_held.AsSpan(taken, _heldCount - taken), out var rune, out var length);
            if (status == OperationStatus.NeedMoreData && !final)
                break;
            // An invalid byte goes alone: what follows it may begin a character.
            text.Append(status == OperationStatus.Done ? rune.ToString() : "\uFFFD");
            taken += status == OperationStatus.Done ? length : 1;
        }

        _held.AsSpan(taken, _heldCount - taken).CopyTo(_held);
        _heldCount -= taken;
        return text.ToString();
    }
}
