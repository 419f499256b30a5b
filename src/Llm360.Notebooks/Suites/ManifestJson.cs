// The JSON of manifests, read strictly: for a misspelt key, the error names the correct one.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>Reads and writes records as JSON.</summary>
internal static partial class ManifestJson
{
    private const int LongestFile = 4 << 20;

    // Suffixes such as .safetensors and those of temporary files are added; systems allow 255
    // bytes.
    private const int LongestName = 128;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>Reads a manifest.</summary>
    /// <param name="document">The file or embedded manifest.</param>
    /// <param name="example">A valid manifest, for messages.</param>
    /// <exception cref="Llm360Exception">
    /// The file is missing, is not JSON, or has an unknown, missing or misspelt key.
    /// </exception>
    public static T Read<T>(ManifestDocument document, string example)
        where T : class =>
        document.Embedded is { } bytes ? JsonInput.Read<T>(bytes, document.Where, Kind(example), Options)
            : JsonInput.Read<T>(document.Where, Kind(example), Options);

    /// <summary>A manifest as indented JSON.</summary>
    public static string Write<T>(T manifest) => JsonSerializer.Serialize(manifest, Options);

    /// <summary>The error for a value out of range.</summary>
    public static Llm360Exception Wrong(string key, string rule, string path, string example) =>
        new($"The suite manifest's {key} {rule}.", path, $"Correct the value; {example} is an example.");

    /// <summary>
    /// Whether a name is safe for a file or folder: letters, digits, '-', '_' and '.', with a
    /// letter or digit first.
    /// </summary>
    public static bool IsSafeName(string name) => name.Length <= LongestName && SafeName().IsMatch(name);

    private static JsonKind Kind(string example) => new("The suite manifest", LongestFile, $"Compare with {example}.")
    {
        HasComments = true,
        Missing = "There is no suite manifest.",
        MissingRemedy = "Name a suite (llm360 train nano), a recipe file, or a suite's folder.",
        Advise = e => Suggestion(e.Message),
    };

    // The nearest known key; null if the error is a different one.
    private static string? Suggestion(string message)
    {
        var unknown = UnknownKey().Match(message);
        if (!unknown.Success)
            return null;
        var known = typeof(ManifestJson).Assembly.GetTypes()
            .Where(t => t.Namespace == typeof(ManifestJson).Namespace && t.FullName == unknown.Groups["type"].Value)
            .SelectMany(t => t.GetProperties()).Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).ToList();
        var nearest = known.MinBy(k => Distance(k, Printable.Value(unknown.Groups["key"].Value)));
        return $"Did you mean \"{nearest}\"? The keys there are: {string.Join(", ", known)}.";
    }

    /// <summary>Levenshtein distance, ignoring case.</summary>
    internal static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.-]*\z")]
    private static partial Regex SafeName();

    [GeneratedRegex("JSON property '(?<key>[^']*)' could not be mapped to any .NET member contained in type '(?<type>[^']*)'")]
    private static partial Regex UnknownKey();
}
