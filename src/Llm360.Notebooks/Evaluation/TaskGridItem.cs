// An evaluation task as an item of a grid.
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>A task as an item of a grid. Its cells are named <c>task=arc_easy</c>.</summary>
internal sealed record TaskGridItem(EvaluationTask Task, Suite Suite, bool NeedsPool) : GridItem("task", Task.Name)
{
    /// <summary>Hash of the task's description and of its items.</summary>
    public override string? Identity => IdentityFrom(new Fingerprints());

    /// <summary>The task's file.</summary>
    public override string Place => Task.Where;

    /// <inheritdoc/>
    public override Task RequireAsync(CancellationToken cancellation) =>
        System.Threading.Tasks.Task.Run(() => TaskContent.Read(Task, Suite, NeedsPool, cancellation), cancellation);

    /// <inheritdoc/>
    internal override string? IdentityFrom(Fingerprints known)
    {
        var parts = new List<string?> { Task.Definition };
        if (Task.Data.Rule is not null)
            parts.AddRange([$"rules {SuiteItems.Version}", Hash(Suite.ValidationPath)]);
        else if (Task.Data.Hub is { } hub)
            parts.AddRange([hub.ToString(), Commit(hub)]);
        else
            parts.AddRange(new[] { Task.Data.File, Task.Data.FewshotFile }.OfType<string>()
                .Select(f => Hash(Path.Combine(Path.GetDirectoryName(Task.Where)!, f))));
        return parts.Contains(null) ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))));
    }

    // Null if the Hub cannot be reached and the cache does not know the revision.
    private static string? Commit(HubLocation place)
    {
        try
        {
            using var hub = new HubClient();
            return hub.ResolveAsync(place, AmbientWork.Cancellation).GetAwaiter().GetResult().Commit;
        }
        catch (Llm360Exception)
        {
            return null;
        }
    }

    // If the items are missing, the computation reports it.
    private static string Hash(string path) => File.Exists(path) ? Fingerprint.Of(path) : "none";

    /// <inheritdoc/>
    public override string ToString() => Task.Name;
}
