// BM25 over token ids.
namespace Llm360.Notebooks;

/// <summary>
/// score = sum over the query's tokens, repeats included, of idf tf / (tf + k1 (1 - b + b length /
/// mean length)), idf = ln(1 + (N - df + 0.5) / (df + 0.5)). No unit; a larger score means more
/// rare tokens in common. Robertson and Zaragoza 2009, in the form of Lucene since version 8.
/// </summary>
/// <remarks>
/// Lucene itself rounds a document's length to one byte, so its scores differ in the second digit.
/// Here lengths are exact; this code is simpler than a custom similarity class for Lucene.
/// </remarks>
internal sealed class Bm25(double k1 = 0.9, double b = 0.4) : TextMethod("bm25", "BM25")
{
    protected override double[] Scores(int[] query, IReadOnlyList<int[]> rows)
    {
        var terms = query.Distinct().Index().ToDictionary(t => t.Item, t => t.Index);
        var counts = new int[rows.Count][]; // of the query's terms
        var documents = new int[terms.Count];
        foreach (var (i, row) in rows.Index())
        {
            counts[i] = new int[terms.Count];
            foreach (var token in row)
            {
                if (terms.TryGetValue(token, out var term) && counts[i][term]++ == 0)
                    documents[term]++;
            }
        }

        double n = rows.Count;
        double[] idf = [.. documents.Select(df => Math.Log(1 + ((n - df + 0.5) / (df + 0.5))))];
        var meanLength = rows.Count == 0 ? 1 : Math.Max(rows.Average(r => (double)r.Length), 1e-300);
        return [.. rows.Select((row, i) =>
        {
            var norm = k1 * (1 - b + (b * row.Length / meanLength));
            return query.Sum(token =>
            {
                var (tf, weight) = (counts[i][terms[token]], idf[terms[token]]);
                return tf == 0 ? 0 : weight * tf / (tf + norm);
            });
        })];
    }
}
