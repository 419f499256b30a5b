// How the Hub is reached and where its files are kept: the variables of Python's huggingface_hub.
namespace Llm360.Notebooks;

/// <summary>Address of the Hub, token, and location of the cache.</summary>
/// <param name="Endpoint">The Hub's address.</param>
/// <param name="CacheFolder">Shared with Python; created when needed.</param>
/// <param name="Token">The user's token, sent only to the endpoint's host; null for none.</param>
/// <param name="Offline">Send no requests: a file that is not in the cache is an error.</param>
internal sealed record HubSettings(Uri Endpoint, string CacheFolder, string? Token = null, bool Offline = false)
{
    /// <summary>Longest wait for a response to begin, and for each further part of it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The wait before the second attempt, doubled for each further attempt. The Hub's
    /// <c>Retry-After</c> takes precedence.
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Bytes that an operation may fetch; <see cref="Downloads.Limit"/> when null.
    /// </summary>
    public long? DownloadLimit { get; init; }

    /// <summary>
    /// Cache: <c>HF_HUB_CACHE</c>, else <c>hub</c> in the home folder. The home folder is
    /// <c>HF_HOME</c>, else <c>huggingface</c> in <c>XDG_CACHE_HOME</c> or <c>~/.cache</c>. Token:
    /// <c>HF_TOKEN</c>, else the file <c>HF_TOKEN_PATH</c> or <c>token</c> in the home folder.
    /// Others:
    /// <c>HF_ENDPOINT</c> and <c>HF_HUB_OFFLINE</c>.
    /// </summary>
    /// <remarks>A <c>~/</c> at the beginning of a folder is replaced by the user's home.</remarks>
    /// <exception cref="Llm360Exception">
    /// <c>HF_ENDPOINT</c> is not an address, or the token is invalid or cannot be read.
    /// </exception>
    public static HubSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    /// <summary>The same, from given variables.</summary>
    /// <param name="variables">Returns the value of a variable; null if it is not set.</param>
    internal static HubSettings From(Func<string, string?> variables)
    {
        var caches = Folder("XDG_CACHE_HOME")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var home = Folder("HF_HOME") ?? Path.Combine(caches, "huggingface");
        var endpoint = Value("HF_ENDPOINT") ?? "https://huggingface.co";
        return new HubSettings(
            Uri.TryCreate(endpoint.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" ? uri
                : throw new Llm360Exception(
                    $"\"{endpoint}\" is not the address of a Hub.",
                    "HF_ENDPOINT",
                    "Set it to an address such as https://huggingface.co, or unset it."),
            Path.GetFullPath(Folder("HF_HUB_CACHE") ?? Path.Combine(home, "hub")),
            Value("HF_TOKEN") is { } token ? Checked(token, "HF_TOKEN") : TokenIn(Folder("HF_TOKEN_PATH") ?? Path.Combine(home, "token")),
            Value("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE");

        string? Value(string name) => variables(name)?.Trim() is { Length: > 0 } value ? value : null;

        string? Folder(string name) => Value(name) is not { } value ? null
            : !value.StartsWith("~/", StringComparison.Ordinal) ? value
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), value[2..]);
    }

    // Omits the token.
    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{nameof(Endpoint)} = {Endpoint}, {nameof(CacheFolder)} = {CacheFolder}, {nameof(Offline)} = {Offline}");
        return true;
    }

    private static string? TokenIn(string path) =>
        File.Exists(path) && HubCache.Guarded(path, () => File.ReadAllText(path)).Trim() is { Length: > 0 } text
            ? Checked(text, path)
            : null;

    private static string Checked(string token, string where) => token.All(c => c is > ' ' and <= '~') ? token
        : throw new Llm360Exception("The token holds what no token can hold: white space, or what is not ASCII.", where, "Copy it again.");
}
