// Draws canaries and chooses the rows they are planted in.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>Plants canaries according to a recipe; every choice follows from its seed.</summary>
/// <param name="recipe">The recipe of the canaries.</param>
/// <param name="tokenIds">The tokens to draw from.</param>
internal sealed class CanaryPlanter(CanaryRecipe recipe, IReadOnlyList<int> tokenIds)
{
    /// <summary>Different tokens in random order.</summary>
    /// <param name="random">The generator.</param>
    /// <param name="tokenIds">The tokens to draw from.</param>
    /// <param name="count">Tokens to draw.</param>
    /// <exception cref="Llm360Exception">There are fewer tokens than that.</exception>
    public static int[] Draw(SplitMix64 random, IReadOnlyList<int> tokenIds, long count) =>
        count <= tokenIds.Count ? [.. random.Permutation(tokenIds.Count).Take((int)count).Select(i => tokenIds[i])]
            : throw new Llm360Exception(
                $"The canaries of a chunk have {count:N0} different tokens, and there are {tokenIds.Count:N0} to draw from.",
                "corpus.canaries",
                "Ask for shorter canaries or for fewer repetitions, leave out fewer frequent tokens, or choose a larger vocabulary.");

    /// <summary>The canaries of every chunk and then the controls.</summary>
    public IReadOnlyList<Canary> Draw() =>
    [
        .. recipe.Chunks.SelectMany(OfChunk),
        .. Enumerable.Range(0, recipe.Controls).Select(i => Control($"control-{i:00}")),
    ];

    /// <summary>
    /// Chooses distinct random rows of a chunk for its canaries. The repetitions of a canary are
    /// spread over the chunk: one in each of as many equal parts. Otherwise, what is remembered
    /// after the chunk would depend on where the last ones happen to be. Returns the canary by row
    /// number.
    /// </summary>
    /// <param name="canaries">The canaries of that chunk.</param>
    /// <param name="chunk">Its number.</param>
    /// <param name="rows">Rows of a chunk.</param>
    public Dictionary<int, Canary> Places(IReadOnlyList<Canary> canaries, int chunk, int rows)
    {
        var random = SplitMix64.For(recipe.Seed, $"canary rows/{chunk}");
        var chosen = random.Permutation(rows).Take(canaries.Sum(c => c.Repetitions)).Order().ToList();
        return canaries
            .SelectMany(c => Enumerable.Range(0, c.Repetitions).Select(part => (Canary: c, Place: (part + random.Unit()) / c.Repetitions)))
            .OrderBy(r => r.Place)
            .Zip(chosen)
            .ToDictionary(p => p.Second, p => p.First.Canary);
    }

    // The canaries of a chunk share no token. A token with two continuations would need longer
    // contexts to tell them apart, and scores would depend on more than repetitions.
    private IEnumerable<Canary> OfChunk(int chunk)
    {
        var random = SplitMix64.For(recipe.Seed, $"canaries/{chunk}");
        var tokens = Draw(random, tokenIds, (long)recipe.Length * recipe.Repetitions.Count);
        for (var i = 0; i < recipe.Repetitions.Count; i++)
        {
            var repetitions = recipe.Repetitions[i];
            var sameBefore = recipe.Repetitions.Take(i).Count(r => r == repetitions);
            var suffix = sameBefore == 0 ? "" : $"-{sameBefore + 1}";
            var id = string.Create(CultureInfo.InvariantCulture, $"c{chunk}-r{repetitions}") + suffix;
            yield return new Canary(id, chunk, repetitions, tokens[(i * recipe.Length)..((i + 1) * recipe.Length)]);
        }
    }

    private Canary Control(string id) =>
        new(id, null, 0, Draw(SplitMix64.For(recipe.Seed, $"canary/{id}"), tokenIds, recipe.Length));
}
