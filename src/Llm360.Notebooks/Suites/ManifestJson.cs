// The JSON of manifests, read strictly: a misspelt key is an error that names the right one.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks.Suites;

/// <summary>Reads and writes records as JSON.</summary>
internal static partial class ManifestJson
{
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
    /// <param name="path">The file.</param>
    /// <param name="example">A good one, for messages.</param>
    /// <exception cref="Llm360Exception">The file is missing, is not JSON, or has an unknown, missing or misspelt key.</exception>
    public static T Read<T>(string path, string example)
        where T : class
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<T>(stream, Options) ?? throw new JsonException("The file holds null.");
        }
        catch (JsonException e)
        {
            throw new Llm360Exception($"The suite manifest cannot be read: {FirstSentence(e.Message)}", $"{path}, line {e.LineNumber + 1}, {e.Path ?? "$"}", Suggestion(e.Message, example), e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new Llm360Exception("There is no suite manifest.", path, "Name a suite (llm360 train nano), a recipe file, or a suite's folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception($"The suite manifest cannot be read: {e.Message}", path, "Check the file and its permissions.", e);
        }
    }

    /// <summary>A manifest as indented JSON.</summary>
    public static string Write<T>(T manifest) => JsonSerializer.Serialize(manifest, Options);

    /// <summary>The error of a value out of range.</summary>
    public static Llm360Exception Wrong(string key, string rule, string path, string example) => new($"The suite manifest's {key} {rule}.", path, $"Correct the value; {example} is an example.");

    /// <summary>Whether a name can be that of a file or folder: letters, digits, '-', '_' and '.', which it does not begin with.</summary>
    public static bool IsSafeName(string name) => SafeName().IsMatch(name);

    private static string FirstSentence(string message) => message.Split(" Path:")[0];

    private static string Suggestion(string message, string example)
    {
        var unknown = UnknownKey().Match(message);
        if (!unknown.Success)
            return $"Compare with {example}.";
        var known = typeof(ManifestJson).Assembly.GetTypes()
            .Where(t => t.Namespace == typeof(ManifestJson).Namespace && t.FullName == unknown.Groups["type"].Value)
            .SelectMany(t => t.GetProperties()).Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).ToList();
        var nearest = known.MinBy(k => Distance(k, unknown.Groups["key"].Value));
        return $"Did you mean \"{nearest}\"? The keys there are: {string.Join(", ", known)}.";
    }

    /// <summary>Levenshtein distance, ignoring case.</summary>
    private static int Distance(string a, string b)
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
