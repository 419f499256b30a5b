// The text of a training row with the tokens that it shares with a query.
using System.Net;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>An excerpt of a row around its longest run of tokens shared with the query.</summary>
internal sealed class RowText
{
    private const int Around = 24, ShortestOverlap = 2;
    private readonly List<(string Text, bool IsShared)> tokens;
    private readonly bool isCutBefore, isCutAfter;

    public RowText(AttributionRow row, IReadOnlyList<int> query, ITokenizer? tokenizer)
    {
        int[] of = [.. query];
        var shared = Shared(row.TokenIds, of);
        var (_, start, length) = CommonRun.Find(of, row.TokenIds);
        var first = Math.Max(0, start - Around);
        var end = Math.Min(row.TokenIds.Length, start + Math.Max(length, 1) + (2 * Around));
        (isCutBefore, isCutAfter) = (first > 0, end < row.TokenIds.Length);
        var texts = Texts(row.TokenIds, tokenizer);
        tokens = [.. Enumerable.Range(first, end - first).Select(i => (texts[i], shared[i]))];
    }

    /// <summary>The text of each token.</summary>
    public static IReadOnlyList<string> Texts(IReadOnlyList<int> tokens, ITokenizer? tokenizer)
    {
        if (tokenizer is null)
            return [.. tokens.Select(t => FormattableString.Invariant($"{t} "))];
        var decoder = tokenizer.StartDecoding([]);
        return [.. tokens.Select(t => t < tokenizer.VocabularySize ? decoder.Push(t) : FormattableString.Invariant($"<{t}>"))];
    }

    /// <summary>Shared tokens are marked, bold and underlined.</summary>
    public string ToHtml()
    {
        var html = new StringBuilder(isCutBefore ? "… " : "");
        foreach (var (text, isShared) in Runs())
        {
            var encoded = WebUtility.HtmlEncode(text);
            html.Append(isShared
                ? $"<mark style=\"background:#f0e442;color:#000;font-weight:bold;text-decoration:underline\">{encoded}</mark>" : encoded);
        }

        return html.Append(isCutAfter ? " …" : "").ToString();
    }

    /// <summary>One line with shared tokens in double brackets.</summary>
    public override string ToString()
    {
        var text = string.Concat(Runs().Select(r => r.IsShared ? $"[[{r.Text}]]" : r.Text));
        return (isCutBefore ? "… " : "") + text.ReplaceLineEndings(" ") + (isCutAfter ? " …" : "");
    }

    private IEnumerable<(string Text, bool IsShared)> Runs()
    {
        for (var i = 0; i < tokens.Count;)
        {
            var j = i;
            while (j < tokens.Count && tokens[j].IsShared == tokens[i].IsShared)
                j++;
            yield return (string.Concat(tokens[i..j].Select(t => t.Text)), tokens[i].IsShared);
            i = j;
        }
    }

    // Tokens in a run of two or more that also occurs in the query.
    private static bool[] Shared(int[] row, int[] query)
    {
        var pairs = new HashSet<(int, int)>(query.Zip(query.Skip(1)));
        var shared = new bool[row.Length];
        if (query.Length < ShortestOverlap)
            return [.. row.Select(query.Contains)];
        for (var i = 0; i + 1 < row.Length; i++)
        {
            if (pairs.Contains((row[i], row[i + 1])))
                shared[i] = shared[i + 1] = true;
        }

        return shared;
    }
}
