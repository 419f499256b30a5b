// The windows in which lm-eval scores a whole document.
namespace Llm360.Notebooks;

/// <summary>One window of a document.</summary>
/// <param name="Start">Its first predicted token.</param>
/// <param name="Request">Context and predicted tokens.</param>
internal sealed record RollingWindow(int Start, TokenRequest Request)
{
    /// <summary>Disjoint windows whose predicted tokens fill the model's positions.</summary>
    /// <remarks>
    /// The first window is predicted after one begin token, each later one after the token before
    /// it.
    /// The last, shorter window is predicted after as many tokens as fit.
    /// </remarks>
    /// <param name="ids">Tokens of the document; all are predicted.</param>
    /// <param name="prefix">The token before the first.</param>
    /// <param name="longest">The model's positions.</param>
    public static IEnumerable<RollingWindow> Of(int[] ids, int prefix, int longest)
    {
        for (var start = 0; start < ids.Length; start += longest)
        {
            var length = Math.Min(longest, ids.Length - start);
            int[] context = start == 0 ? [prefix] : ids[(start + length - longest - 1)..start];
            yield return new RollingWindow(start, new TokenRequest(context, ids[start..(start + length)]));
        }
    }
}
