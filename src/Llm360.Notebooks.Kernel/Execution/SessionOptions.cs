// Settings of a session.
namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Settings of a C# session.</summary>
public sealed record SessionOptions
{
    /// <summary>The folder against which <c>#r</c> and <c>#load</c> resolve; null for the current
    /// one.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>
    /// Whether cells also get the namespaces of .NET Interactive, such as the tags of
    /// <c>PocketView</c>.
    /// </summary>
    public bool DotNetInteractive { get; init; }

    /// <summary>How long a cell that is to stop may take before it is left behind.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Asks the user for a line of text. Gets the prompt, and whether the typed text stays
    /// hidden. Null if no user can be asked.</summary>
    public Func<string, bool, string>? Input { get; init; }

    /// <summary>Called before every output. Returns once the front end can take more. Null if it
    /// always can.</summary>
    internal Action<CancellationToken>? WaitForRoom { get; init; }

    /// <summary>Gets the progress of long work in addition to the progress display in the cell;
    /// null for none.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}
