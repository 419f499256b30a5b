// How the Hub is reached and where its files are kept: the variables of Python's huggingface_hub.
namespace Llm360.Notebooks;

/// <summary>Where the Hub is, who asks, and where the cache lies.</summary>
/// <param name="Endpoint">The Hub's address.</param>
/// <param name="CacheFolder">Shared with Python; made when needed.</param>
/// <param name="Token">Of the user, sent to the endpoint's own host only; null for none.</param>
/// <param name="Offline">Ask nothing: what is not in the cache is an error.</param>
internal sealed record HubSettings(Uri Endpoint, string CacheFolder, string? Token = null, bool Offline = false)
{
    /// <summary>How long to wait for an answer to begin, and for each further part of it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The wait before the second attempt; each further one is twice as long. The Hub's own <c>Retry-After</c> comes first.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes that an operation may fetch; <see cref="Downloads.Limit"/> when
    /// null.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>
    /// <c>HF_ENDPOINT</c>; <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, else in <c>huggingface</c> in <c>XDG_CACHE_HOME</c> or <c>~/.cache</c>;
    /// <c>HF_TOKEN</c>, else the file <c>HF_TOKEN_PATH</c> or <c>token</c> in <c>HF_HOME</c>; <c>HF_HUB_OFFLINE</c>.
    /// </summary>
    /// <remarks>A <c>~/</c> at the beginning of a folder is the user's home.</remarks>
    /// <exception cref="Llm360Exception"><c>HF_ENDPOINT</c> is not an address, or the token cannot be one or cannot be read.</exception>
    public static HubSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    /// <summary>The same, of given variables.</summary>
    /// <param name="variables">The value of a variable; null where it is not set.</param>
    internal static HubSettings From(Func<string, string?> variables)
    {
        var home = Folder("HF_HOME") ?? Path.Combine(Folder("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "huggingface");
        var endpoint = Value("HF_ENDPOINT") ?? "https://huggingface.co";
        return new HubSettings(
            Uri.TryCreate(endpoint.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" ? uri
                : throw new Llm360Exception($"\"{endpoint}\" is not the address of a Hub.", "HF_ENDPOINT", "Set it to an address such as https://huggingface.co, or unset it."),
            Path.GetFullPath(Folder("HF_HUB_CACHE") ?? Path.Combine(home, "hub")),
            Value("HF_TOKEN") is { } token ? Checked(token, "HF_TOKEN") : TokenIn(Folder("HF_TOKEN_PATH") ?? Path.Combine(home, "token")),
            Value("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE");

        string? Value(string name) => variables(name)?.Trim() is { Length: > 0 } value ? value : null;

        string? Folder(string name) => Value(name) is not { } value ? null
            : !value.StartsWith("~/", StringComparison.Ordinal) ? value
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), value[2..]);
    }

    // Not the token.
    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{nameof(Endpoint)} = {Endpoint}, {nameof(CacheFolder)} = {CacheFolder}, {nameof(Offline)} = {Offline}");
        return true;
    }

    private static string? TokenIn(string path) => File.Exists(path) && HubCache.Guarded(path, () => File.ReadAllText(path)).Trim() is { Length: > 0 } text ? Checked(text, path) : null;

    private static string Checked(string token, string where) => token.All(c => c is > ' ' and <= '~') ? token
        : throw new Llm360Exception("The token holds what no token can hold: white space, or what is not ASCII.", where, "Copy it again.");
}
