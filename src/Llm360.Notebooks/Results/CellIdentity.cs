// The identity of a cell, besides the settings: model, item, algorithm and numerics.
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>
/// Identity of a cell, by named parts. It is stored in the metadata of the cell's file.
/// </summary>
/// <param name="Shared">
/// Parts that the cells of a checkpoint share: hashes of weights, configuration and tokenizer,
/// version of the algorithm, numeric mode. A value is null if it is unknown now, such as a commit
/// while the Hub cannot be reached.
/// </param>
/// <param name="ItemName">Name of the item's part.</param>
/// <param name="Item">Identity of the item; null if it is unknown now.</param>
internal sealed record CellIdentity(IReadOnlyDictionary<string, string?> Shared, string ItemName, string? Item)
{
    /// <summary>The part of a chunk.</summary>
    public const string RowsPart = "rows";

    /// <summary>The part of any other item.</summary>
    public const string ItemPart = "item";

    /// <summary>Version of the algorithm. Cells that do not name one have version 1.</summary>
    public const string VersionPart = "version";

    /// <summary>Numeric mode. Cells that do not name one match every mode.</summary>
    public const string NumericsPart = "numerics";

    /// <summary>
    /// Precision of the weights. Only cells that a grid computed in another type than the
    /// checkpoint's own have this part, and only if the settings do not include the precision.
    /// </summary>
    public const string PrecisionPart = "precision";

    private const string Prefix = "llm360.";

    /// <summary>The key-value pairs of the file's metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata =>
        Parts.Where(p => p.Key != NumericsPart || p.Value is not null).ToDictionary(p => Prefix + p.Key, p => p.Value ?? "");

    /// <summary>
    /// Name of a stored cell's identity, used in its file name when it is set aside.
    /// </summary>
    public string Name => NameOf(Parts);

    private IEnumerable<KeyValuePair<string, string?>> Parts => Shared.Append(new(ItemName, Item));

    /// <summary>The identity in the metadata of a file; null if it has none.</summary>
    public static CellIdentity? FromMetadata(IReadOnlyDictionary<string, string> metadata)
    {
        var own = metadata.Where(m => m.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(m => m.Key[Prefix.Length..], m => (string?)m.Value);
        var item = own.ContainsKey(RowsPart) ? RowsPart : ItemPart;
        return own.Remove(item, out var value) ? new CellIdentity(own, item, value) : null;
    }

    /// <summary>
    /// Whether a stored cell has this identity. Parts that are unknown now are not compared.
    /// </summary>
    public bool Matches(CellIdentity stored) =>
        ItemName == stored.ItemName && (Item is null || Item == stored.Item)
        && Shared.All(p => Matches(p.Key, p.Value, stored))
        && stored.Shared.Keys.All(key => Shared.ContainsKey(key) || key == NumericsPart);

    /// <summary>
    /// The names under which a cell of this identity may have been set aside. Empty if a part is
    /// unknown.
    /// </summary>
    public IEnumerable<string> StaleNames()
    {
        if (Parts.Any(p => p.Value is null && p.Key != NumericsPart))
            return [];
        var fixedParts = Parts.Where(p => p.Key != NumericsPart).ToList();
        var modes = Shared.GetValueOrDefault(NumericsPart) is { } mode ? [mode] : NumericMode.All;
        List<string> names = [.. modes.Select(m => NameOf([.. fixedParts, new(NumericsPart, m)])), NameOf(fixedParts)];
        // Cells from before versions and modes were recorded.
        if (Shared.GetValueOrDefault(VersionPart) is null or "1")
            names.Add(NameOf(fixedParts.Where(p => p.Key != VersionPart)));
        return names;
    }

    private static bool Matches(string key, string? present, CellIdentity stored)
    {
        var isThere = stored.Shared.TryGetValue(key, out var value);
        return key switch
        {
            VersionPart => present == (value ?? "1"),
            NumericsPart => present is null || !isThere || present == value,
            _ => isThere && (present is null || present == value),
        };
    }

    private static string NameOf(IEnumerable<KeyValuePair<string, string?>> parts)
    {
        var text = string.Join('\n', parts.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}: {p.Value}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }
}
