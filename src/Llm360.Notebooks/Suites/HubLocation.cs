// A location on the Hugging Face Hub, as manifests and command lines write it.
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>A revision of a repository on the Hugging Face Hub, or one file of it.</summary>
/// <param name="Repository"><c>organisation/name</c>.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
/// <param name="Path">A file of the revision, with <c>/</c>; empty for the whole revision.</param>
/// <param name="IsDataset">Whether the repository is a dataset, not a model.</param>
public sealed partial record HubLocation(string Repository, string Revision = HubLocation.Main, string Path = "", bool IsDataset = false)
{
    /// <summary>The default revision of a repository.</summary>
    public const string Main = "main";

    /// <summary>
    /// Reads <c>organisation/name</c> or <c>organisation/name@revision</c>, a model's repository.
    /// </summary>
    /// <returns>Null if the text is not of that form.</returns>
    public static HubLocation? TryParse(string text)
    {
        var match = Written().Match(text);
        if (!match.Success)
            return null;
        var revision = match.Groups["revision"];
        return new HubLocation(match.Groups["repository"].Value, revision.Success ? revision.Value : Main);
    }

    /// <summary>
    /// Whether repository, revision and path are of the Hub's form, and no part of them could lead
    /// out of a folder.
    /// </summary>
    public bool IsValid => RepositoryName().IsMatch(Repository) && IsRelative(Revision) && (Path.Length == 0 || IsRelative(Path));

    /// <summary>
    /// For example <c>LLM360/Amber@ckpt_100</c> or
    /// <c>datasets/LLM360/AmberDatasets@main/train/train_000.jsonl</c>.
    /// </summary>
    public override string ToString() => $"{(IsDataset ? "datasets/" : "")}{Repository}@{Revision}{(Path.Length > 0 ? "/" + Path : "")}";

    /// <summary>
    /// Whether a path, with <c>/</c>, stays inside the folder it is joined to, on every system.
    /// </summary>
    internal static bool IsRelative(string path) => path.Split('/').All(part =>
        part.Length > 0 && part.Trim('.').Length > 0 && part.IndexOfAny(['\\', ':', '\0']) < 0);

    // The Hub's rule: letters, digits, '-', '_' and '.', without "--" and "..".
    [GeneratedRegex(@"^(?!.*(--|\.\.))[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*\z")]
    private static partial Regex RepositoryName();

    [GeneratedRegex(@"^(?<repository>[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*)(@(?<revision>[A-Za-z0-9][A-Za-z0-9_./-]*))?\z")]
    private static partial Regex Written();
}
