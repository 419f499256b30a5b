// The Hub's environment variables for one test; tests that set them do not run in parallel.
namespace Llm360.Notebooks.Tests;

/// <summary>Clears the Hub's variables, lets a test set them, and restores their values.</summary>
internal sealed class HubEnvironment : IDisposable
{
    private static readonly string[] Names =
    [
        "HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "XDG_CACHE_HOME", Downloads.Variable,
    ];
    private readonly Dictionary<string, string?> former = Names.ToDictionary(n => n, Environment.GetEnvironmentVariable);

    public HubEnvironment()
    {
        foreach (var name in Names)
            Environment.SetEnvironmentVariable(name, null);
    }

    public string this[string name]
    {
        set => Environment.SetEnvironmentVariable(name, former.ContainsKey(name) ? value : throw new ArgumentException(name));
    }

    public void Dispose()
    {
        foreach (var (name, value) in former)
            Environment.SetEnvironmentVariable(name, value);
    }
}
