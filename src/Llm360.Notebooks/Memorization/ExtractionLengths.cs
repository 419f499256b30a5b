// The prompt and continuation lengths of an analysis of scores.
namespace Llm360.Notebooks;

/// <summary>
/// k and l of an analysis: those of the scores, or shorter ones, for which the scores' token
/// metrics give exact results.
/// </summary>
/// <param name="PromptLength">k.</param>
/// <param name="ContinuationLength">l.</param>
/// <param name="AsScored">Whether they are the scores' own.</param>
internal readonly record struct ExtractionLengths(int PromptLength, int ContinuationLength, bool AsScored)
{
    public static ExtractionLengths Of(MemorizationScores scores, int? promptLength, int? continuationLength)
    {
        var (k, l) = (promptLength ?? scores.Settings.PromptLength, continuationLength ?? scores.Settings.ContinuationLength);
        return new(k, l, k == scores.Settings.PromptLength && l == scores.Settings.ContinuationLength);
    }

    public int Total => (int)Math.Min((long)PromptLength + ContinuationLength, int.MaxValue);

    public bool IsExtractible(MemorizationRow row) => AsScored ? row.Extractible : row.IsExtractible(PromptLength, ContinuationLength);
}
