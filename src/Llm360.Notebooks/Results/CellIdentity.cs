// What the numbers of a cell depend on beside the settings: model and data.
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Identity of a cell: hashes of the model and of the rows, by name.</summary>
/// <remarks>It stands in the footer of the cell's Parquet file.</remarks>
/// <param name="Parts">A value is null if it is unknown now, as a commit while the Hub cannot be
/// reached.</param>
internal sealed record CellIdentity(IReadOnlyDictionary<string, string?> Parts)
{
    private const string Prefix = "llm360.";

    /// <summary>A name for files; null if a part is unknown.</summary>
    public string? Name => Parts.Values.All(v => v is not null) ? NameOf(Parts.Select(p => (p.Key, p.Value!))) : null;

    /// <summary>The key-value pairs of the Parquet footer.</summary>
    public Dictionary<string, string> Metadata => Parts.ToDictionary(p => Prefix + p.Key, p => p.Value ?? "");

    /// <summary>
    /// The name of the identity in a footer; null for the footer of an earlier version.
    /// </summary>
    public static string? NameOf(IReadOnlyDictionary<string, string> metadata)
    {
        var own = metadata.Where(m => m.Key.StartsWith(Prefix, StringComparison.Ordinal)).ToList();
        return own.Count == 0 ? null : NameOf(own.Select(m => (m.Key[Prefix.Length..], m.Value)));
    }

    /// <summary>
    /// Whether a footer has this identity. Parts that are unknown now are not compared.
    /// </summary>
    public bool Matches(IReadOnlyDictionary<string, string> metadata) =>
        metadata.Keys.Count(k => k.StartsWith(Prefix, StringComparison.Ordinal)) == Parts.Count
        && Parts.All(p => metadata.TryGetValue(Prefix + p.Key, out var stored) && (p.Value is null || p.Value == stored));

    private static string NameOf(IEnumerable<(string Key, string Value)> parts)
    {
        var text = string.Join('\n', parts.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}: {p.Value}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }
}
