// Settings of a session.
namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Settings of a C# session.</summary>
public sealed record SessionOptions
{
    /// <summary>The folder against which <c>#r</c> and <c>#load</c> resolve; null for the current one.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>
    /// Whether cells are given the namespaces of .NET Interactive besides, such as the tags of
    /// <c>PocketView</c>.
    /// </summary>
    public bool DotNetInteractive { get; init; }

    /// <summary>How long a cell that is to stop has before it is left behind.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Asks the user for a line of text: given the prompt and whether what is typed stays hidden; null where nobody can be asked.</summary>
    public Func<string, bool, string>? Input { get; init; }

    /// <summary>Called before every output: returns once the front end can take more. Null if it
    /// always can.</summary>
    internal Action<CancellationToken>? WaitForRoom { get; init; }

    /// <summary>Gets the progress of long work besides the progress display in the cell; null for nobody.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}
