// Divides a number of sequences among sources by their shares.
namespace Llm360.Notebooks;

/// <summary>Whole numbers in given proportions.</summary>
internal static class Apportionment
{
    /// <summary>
    /// Whole parts that add up to <paramref name="total"/>, by largest remainders (Hamilton's
    /// method). The first of equal remainders wins.
    /// </summary>
    public static int[] Split(int total, IReadOnlyList<double> shares)
    {
        var sum = shares.Sum();
        var exact = shares.Select(s => total * s / sum).ToArray();
        var parts = exact.Select(e => (int)e).ToArray();
        // Remainders are rounded so that the last bit of a division does not decide between equal
        // shares.
        var byRemainder = Enumerable.Range(0, parts.Length).OrderByDescending(i => Math.Round(exact[i] - parts[i], 9));
        foreach (var i in byRemainder.Take(total - parts.Sum()).ToList())
            parts[i]++;
        return parts;
    }
}
