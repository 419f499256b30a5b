// The description of a suite that others have trained and that lies on the Hugging Face Hub.
using System.Globalization;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>A suite on the Hub, as written in <c>data-manifests/hub/NAME.json</c>.</summary>
/// <param name="Name">Short name, also the name of the folder where files of one's own may lie.</param>
/// <param name="Description">One or two sentences, with the source of what is said.</param>
/// <param name="Parameters">Of the model.</param>
/// <param name="TrainedTokens">Tokens that the last checkpoint has seen.</param>
/// <param name="Checkpoints">Where they are and what they are called.</param>
/// <param name="Chunks">The training data; null where it is not published as rows that this kit reads.</param>
public sealed record HubManifest(string Name, string Description, long Parameters, long TrainedTokens, HubCheckpoints Checkpoints, HubChunks? Chunks = null);

/// <summary>The checkpoints of a suite: revisions of one repository.</summary>
/// <param name="Repository">Of the model, <c>organisation/name</c>.</param>
/// <param name="Series">In training order.</param>
/// <param name="ChunksSeenByFirst">How many chunks the checkpoint with number 0 has seen; each further number has seen one more.</param>
public sealed record HubCheckpoints(string Repository, IReadOnlyList<CheckpointSeries> Series, int ChunksSeenByFirst = 0);

/// <summary>Checkpoints whose names differ by a number.</summary>
/// <param name="Name">With the number's place and format in braces: <c>ckpt_{0:000}</c>.</param>
/// <param name="From">The first number.</param>
/// <param name="To">The last number; <paramref name="From"/> when null.</param>
/// <param name="Step">From one number to the next.</param>
/// <param name="Revision">What the Hub calls it, with the number's place where there are several; the name when null.</param>
public sealed record CheckpointSeries(string Name, int From, int? To = null, int Step = 1, string? Revision = null)
{
    internal IEnumerable<int> Numbers()
    {
        for (long number = From; number <= (To ?? From); number += Step)
            yield return (int)number;
    }
}

/// <summary>The chunks of a suite: files of one dataset, JSON Lines of token sequences as <see cref="Chunk"/> has them.</summary>
/// <param name="Repository">Of the dataset, <c>organisation/name</c>.</param>
/// <param name="Name">With the number's place: <c>train_{0:000}</c>.</param>
/// <param name="Path">Of the file in the repository, with the number's place.</param>
/// <param name="Count">How many, numbered from 0 in the order of training.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
public sealed record HubChunks(string Repository, string Name, string Path, int Count, string Revision = HubLocation.Main);

/// <summary>Names with a number in them.</summary>
internal static partial class NumberedName
{
    private const int LongestPattern = 256;

    public static string Of(string pattern, int number) => string.Format(CultureInfo.InvariantCulture, pattern, number);

    /// <summary>Whether a text is a pattern: any text with places <c>{0}</c>, <c>{0:000}</c> or <c>{0:D3}</c>. .NET's other formats could ask for a billion digits.</summary>
    public static bool IsPattern(string text) => text.Length <= LongestPattern && Pattern().IsMatch(text);

    /// <summary>Whether a pattern has a place for the number, and gives good and different names for all of them.</summary>
    public static bool AreValid(string pattern, IEnumerable<int> numbers, Func<string, bool> isGood)
    {
        if (!IsPattern(pattern) || Of(pattern, 0) == Of(pattern, 1))
            return false;
        var names = numbers.Select(n => Of(pattern, n)).ToList();
        return names.All(isGood) && names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Count;
    }

    [GeneratedRegex(@"^([^{}]|\{0(:(0{1,20}|D[0-9]|D1[0-9]))?\})*\z")]
    private static partial Regex Pattern();
}
