// Streaming decoder for SentencePiece ids.
using System.Buffers;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Decodes as SentencePiece does.</summary>
/// <remarks>
/// Control pieces give no text, and <c>&lt;unk&gt;</c> gives <c>" &#x2047; "</c>. The first piece
/// that is not a control piece loses one leading space if it is an ordinary one. In a run of byte
/// pieces, each byte that begins no valid character becomes one U+FFFD. Any other piece ends the
/// run.
/// </remarks>
/// <param name="tokenizer">The vocabulary.</param>
internal sealed class SentencePieceDecoder(SentencePieceTokenizer tokenizer) : StreamingDecoder
{
    private readonly byte[] _held = new byte[4];
    private int _heldCount;
    private bool _started;

    public override string Push(int id)
    {
        var piece = tokenizer.Entry(id);
        if (piece.Type == PieceType.Byte)
        {
            _started = true;
            _held[_heldCount++] = tokenizer.ByteOf(id);
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

    public override string Flush() => _heldCount == 0 ? "" : Release(final: true);

    private string Release(bool final)
    {
        var text = new StringBuilder();
        var taken = 0;
        while (taken < _heldCount)
        {
            var status = Rune.DecodeFromUtf8(_held.AsSpan(taken, _heldCount - taken), out var rune, out var length);
            if (status == OperationStatus.NeedMoreData && !final)
                break;
            // An invalid byte is replaced alone, because the next byte may begin a character.
            text.Append(status == OperationStatus.Done ? rune.ToString() : "\uFFFD");
            taken += status == OperationStatus.Done ? length : 1;
        }

        _held.AsSpan(taken, _heldCount - taken).CopyTo(_held);
        _heldCount -= taken;
        return text.ToString();
    }
}
