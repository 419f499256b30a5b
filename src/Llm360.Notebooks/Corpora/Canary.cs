// The list of planted canaries, canaries.json.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>A random token sequence, planted or kept as a control.</summary>
/// <param name="Id">Its name in the rows, such as <c>c35-r16</c>.</param>
/// <param name="Chunk">
/// The chunk it is planted in; null for a control, which is not planted.
/// </param>
/// <param name="Repetitions">Number of rows of that chunk that begin with it.</param>
/// <param name="TokenIds">The sequence.</param>
public sealed record Canary(string Id, int? Chunk, int Repetitions, int[] TokenIds)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
    };

    private static readonly JsonKind Kind = new("The list of canaries", 256 << 20, "Build the suite's corpus again; it writes this file.");

    /// <summary>Reads a suite's list.</summary>
    /// <exception cref="Llm360Exception">The file is missing or not such a list.</exception>
    public static IReadOnlyList<Canary> ReadAll(string path) => JsonInput.Read<List<Canary>>(path, Kind, Options);

    /// <summary>The list as a JSON array, one canary per line.</summary>
    internal static string ToJson(IEnumerable<Canary> canaries) =>
        $"[{string.Join(",", canaries.Select(c => "\n" + JsonSerializer.Serialize(c, Options)))}\n]\n";
}
