// Opens tasks by name or from a file.
namespace Llm360.Notebooks;

/// <summary>The tasks of the kit, and the user's own.</summary>
public static class EvaluationTasks
{
    private const string TaskFile = "task.json", GroupFile = "group.json";

    /// <summary>Names of all described tasks and groups.</summary>
    public static IReadOnlyList<string> Names => ManifestDocument.Names(ManifestDocument.Tasks);

    /// <summary>Opens a task or a group.</summary>
    /// <param name="nameOrPath">
    /// A name of <see cref="Names"/>, a sub-group or task of a group there such as
    /// <c>mmlu_astronomy</c>, a JSON file, an lm-eval YAML file, or a folder with <c>task.json</c>
    /// or <c>group.json</c>.
    /// </param>
    /// <exception cref="Llm360Exception">There is none, or its description is wrong.</exception>
    public static TaskEntry Open(string nameOrPath)
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        var isPath = nameOrPath.AsSpan().ContainsAny('/', '\\') || nameOrPath.EndsWith(".json", StringComparison.Ordinal)
            || nameOrPath.EndsWith(".yaml", StringComparison.Ordinal);
        return isPath ? OpenPath(Path.GetFullPath(nameOrPath), []) : OpenName(nameOrPath, []) ?? throw new Llm360Exception(
            $"There is no task \"{nameOrPath}\".",
            string.Join(", ", Workspace.ManifestFolders),
            $"Choose one of: {string.Join(", ", Names)}; or name a task.json file.");
    }

    /// <summary>
    /// Keeps the tasks for which a suite has items. A task that is made from held-out text needs a
    /// suite that was trained here, with enough held-out text.
    /// </summary>
    /// <param name="suite">The suite.</param>
    /// <param name="namesOrPaths">As in <see cref="Open"/>, separated by commas.</param>
    /// <exception cref="Llm360Exception">As in <see cref="Open"/>.</exception>
    public static IReadOnlyList<string> For(Suite suite, string namesOrPaths)
    {
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(namesOrPaths);
        return [.. namesOrPaths.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(n => Open(n).Leaves.All(t => t.Data.Rule is not { } rule || SuiteItems.Exist(rule, suite)))];
    }

    private static TaskEntry? OpenName(string name, IReadOnlyList<string> above)
    {
        RequireNoCircle(name, above);
        if (ManifestDocument.Find(ManifestDocument.Tasks, name) is { } document)
            return TaskReader.Read(document, member => OpenName(member, [.. above, name]) ?? throw Missing(member, document.Where));
        // A part of a group that is described in one file.
        return Names.Where(group => name.StartsWith(group + "_", StringComparison.Ordinal))
            .Select(group => Find(OpenName(group, above)!, name)).FirstOrDefault(found => found is not null);
    }

    private static TaskEntry OpenPath(string path, IReadOnlyList<string> above)
    {
        RequireNoCircle(path, above);
        var file = !Directory.Exists(path) ? path
            : new[] { TaskFile, GroupFile }.Select(name => Path.Combine(path, name)).FirstOrDefault(File.Exists)
                ?? Path.Combine(path, TaskFile);
        // The folders of a group's members are beside the group's own.
        var beside = Path.GetDirectoryName(Path.GetDirectoryName(file))!;
        return file.EndsWith(".yaml", StringComparison.Ordinal)
            ? LmEvalTask.Read(file)
            : TaskReader.Read(ManifestDocument.File(file), member => ManifestJson.IsSafeName(member)
                ? OpenPath(Path.Combine(beside, member), [.. above, path]) : throw Missing(member, file));
    }

    private static TaskEntry? Find(TaskEntry entry, string name) => entry.Name == name ? entry
        : (entry as TaskGroup)?.Members.Select(m => Find(m, name)).FirstOrDefault(found => found is not null);

    private static void RequireNoCircle(string name, IReadOnlyList<string> above)
    {
        if (above.Contains(name))
            throw new Llm360Exception($"The group {above[0]} contains itself.", name, "Remove it from the group's members.");
    }

    private static Llm360Exception Missing(string member, string where) =>
        new($"The group's member \"{Printable.Value(member)}\" is no task.", where, "Correct \"members\".");
}
