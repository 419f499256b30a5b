// The tokens that canaries are drawn from.
namespace Llm360.Notebooks;

/// <summary>
/// Chooses the tokens of canaries: the ordinary ones of the vocabulary, without the most frequent
/// if the recipe leaves those out.
/// </summary>
/// <remarks>
/// After a frequent token, ordinary text goes on in many ways, which a model knows well. A canary
/// with such tokens takes more repetitions than one without.
/// </remarks>
internal static class CanaryTokens
{
    /// <param name="recipe">The recipe of the canaries.</param>
    /// <param name="ordinaryIds">The ordinary tokens of the vocabulary.</param>
    /// <param name="heldOut">
    /// The held-out rows, in which tokens are counted: they have no canaries.
    /// </param>
    /// <returns>Ascending.</returns>
    public static IReadOnlyList<int> Of(CanaryRecipe recipe, IReadOnlyList<int> ordinaryIds, IEnumerable<int[]> heldOut)
    {
        if (recipe.FrequentLeftOut is not { } share)
            return ordinaryIds;
        var counts = heldOut.SelectMany(row => row).CountBy(token => token).ToDictionary();
        return
        [
            .. ordinaryIds.OrderByDescending(id => counts.GetValueOrDefault(id)).ThenBy(id => id)
                .Skip((int)(share * ordinaryIds.Count)).Order(),
        ];
    }
}
