// Where Jupyter keeps its data on each system.
namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>The data folders of Jupyter, by its own rules.</summary>
public static class JupyterFolders
{
    private static readonly string[] EnvironmentVariables = ["VIRTUAL_ENV", "CONDA_PREFIX"];

    /// <summary>The user's data folder.</summary>
    public static string User => UserOn(
        OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "macos" : "linux",
        Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>All folders that Jupyter searches, in its order, as far as known without its
    /// Python.</summary>
    public static IReadOnlyList<string> All =>
        [.. (Environment.GetEnvironmentVariable("JUPYTER_PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(User)
            .Concat(EnvironmentVariables.Select(Environment.GetEnvironmentVariable)
                .OfType<string>()
                .Where(prefix => prefix.Length > 0)
                .Select(Prefix))
            .Concat(OperatingSystem.IsWindows()
                ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "jupyter")]
                : ["/usr/local/share/jupyter", "/usr/share/jupyter"])
            .Distinct()];

    /// <summary>The data folder of a Python environment.</summary>
    public static string Prefix(string prefix) => Path.Combine(Path.GetFullPath(prefix), "share", "jupyter");

    internal static string UserOn(string system, Func<string, string?> variable, string home)
    {
        if (variable("JUPYTER_DATA_DIR") is { Length: > 0 } data)
            return data;
        return system switch
        {
            "windows" => Path.Combine(
                variable("APPDATA") is { Length: > 0 } roaming ? roaming : Path.Combine(home, "AppData", "Roaming"),
                "jupyter"),
            "macos" => Path.Combine(home, "Library", "Jupyter"),
            _ => Path.Combine(
                variable("XDG_DATA_HOME") is { Length: > 0 } shared ? shared : Path.Combine(home, ".local", "share"),
                "jupyter"),
        };
    }
}
