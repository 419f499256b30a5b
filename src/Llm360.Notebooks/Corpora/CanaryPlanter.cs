// Draws canaries and chooses the rows they are planted in.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>Plants canaries according to a recipe; every choice follows from its seed.</summary>
/// <param name="recipe">The recipe of the canaries.</param>
/// <param name="ordinaryIds">The tokens to draw from, uniformly.</param>
internal sealed class CanaryPlanter(CanaryRecipe recipe, IReadOnlyList<int> ordinaryIds)
{
    /// <summary>The canaries of every chunk and then the controls.</summary>
    public IReadOnlyList<Canary> Draw() =>
    [
        .. recipe.Chunks.SelectMany(OfChunk),
        .. Enumerable.Range(0, recipe.Controls).Select(i => $"control-{i:00}").Select(id => new Canary(id, null, 0, Tokens(id))),
    ];

    /// <summary>
    /// Chooses distinct random rows of a chunk for its canaries. Returns the canary by row number.
    /// </summary>
    /// <param name="canaries">The canaries of that chunk.</param>
    /// <param name="chunk">Its number.</param>
    /// <param name="rows">Rows of a chunk.</param>
    public Dictionary<int, Canary> Places(IReadOnlyList<Canary> canaries, int chunk, int rows)
    {
        var order = SplitMix64.For(recipe.Seed, $"canary rows/{chunk}").Permutation(rows);
        return canaries.SelectMany(c => Enumerable.Repeat(c, c.Repetitions))
            .Select((canary, i) => (canary, row: order[i])).ToDictionary(p => p.row, p => p.canary);
    }

    private IEnumerable<Canary> OfChunk(int chunk)
    {
        for (var i = 0; i < recipe.Repetitions.Count; i++)
        {
            var repetitions = recipe.Repetitions[i];
            var sameBefore = recipe.Repetitions.Take(i).Count(r => r == repetitions);
            var suffix = sameBefore == 0 ? "" : $"-{sameBefore + 1}";
            var id = string.Create(CultureInfo.InvariantCulture, $"c{chunk}-r{repetitions}") + suffix;
            yield return new Canary(id, chunk, repetitions, Tokens(id));
        }
    }

    private int[] Tokens(string id)
    {
        var random = SplitMix64.For(recipe.Seed, $"canary/{id}");
        return [.. Enumerable.Range(0, recipe.Length).Select(_ => ordinaryIds[random.Below(ordinaryIds.Count)])];
    }
}
