// A slow, readable SentencePiece encoder, with which the fast encoder must agree.
using System.Text;

namespace Llm360.Notebooks.Tests;

/// <summary>BPE by score, by definition: repeatedly merges the best of all pairs, without heap,
/// words or cache.</summary>
internal sealed class SlowSentencePiece(byte[] model)
{
    private readonly SentencePieceModel _model = SentencePieceModel.Parse(model, "test");

    public int[] Encode(string text)
    {
        if (text.Length == 0)
            return [];
        var normal =
            _model.Pieces.Select((p, id) => (p, id)).Where(x => x.p.Type == PieceType.Normal).ToDictionary(x => x.p.Text, x => x.id);
        var symbols = ("\u2581" + text.Replace(' ', '\u2581')).EnumerateRunes().Select(r => r.ToString()).ToList();
        while (true)
        {
            var best = -1;
            for (var i = 0; i + 1 < symbols.Count; i++)
                if (normal.TryGetValue(symbols[i] + symbols[i + 1], out var id) && (best < 0 || _model.Pieces[id].Score > Score(best)))
                    best = i;
            if (best < 0)
                break;
            symbols[best] += symbols[best + 1];
            symbols.RemoveAt(best + 1);
        }

        return [.. symbols.SelectMany(s => normal.TryGetValue(s, out var id)
            ? [id]
            : Encoding.UTF8.GetBytes(s).Select(b => Array.FindIndex(_model.Pieces, p => p.Text == $"<0x{b:X2}>")))];

        float Score(int i) => _model.Pieces[normal[symbols[i] + symbols[i + 1]]].Score;
    }
}
