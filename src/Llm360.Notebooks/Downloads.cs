// The limit of downloads without confirmation, and a count of the bytes that an operation fetched.
using System.Globalization;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>
/// The limit of downloads from the Hugging Face Hub. By default 1 GB per operation.
/// </summary>
/// <remarks>
/// An operation is a notebook's cell or a command; without either, one call of the library. The
/// bytes it needs are compared with <see cref="Limit"/> before the first byte is fetched, so that a
/// sweep over 60 checkpoints is refused as a whole. Cached bytes do not count.
/// </remarks>
public static partial class Downloads
{
    /// <summary>
    /// The variable that sets <see cref="Limit"/>: a size such as <c>20GB</c>, or <c>all</c>.
    /// </summary>
    public const string Variable = "LLM360_MAX_DOWNLOAD";

    /// <summary>Bytes an operation may fetch if nothing else is set: 1 GB.</summary>
    public const long DefaultLimit = 1_000_000_000;

    private const string AnySize = "all";
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];
    private static readonly AsyncLocal<Meter?> Operation = new();
    private static long? limit;

    /// <summary>
    /// Bytes that each operation of this process may fetch: the value set by <see cref="Allow"/>,
    /// else <c>LLM360_MAX_DOWNLOAD</c>, else <see cref="DefaultLimit"/>.
    /// </summary>
    /// <exception cref="Llm360Exception">The variable is not a size.</exception>
    public static long Limit
    {
        get => limit
            ?? (Environment.GetEnvironmentVariable(Variable)?.Trim() is { Length: > 0 } text ? Parse(text, Variable) : DefaultLimit);
        set => limit = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <summary>Sets <see cref="Limit"/> for the rest of the process.</summary>
    /// <param name="size">
    /// A size such as <c>500 MB</c>, <c>30GB</c> or <c>1.7TB</c> (1 kB is 1,000 bytes), a number of
    /// bytes, or <c>all</c> for any size. An empty text leaves the limit as it is.
    /// </param>
    /// <exception cref="Llm360Exception">The text is not a size.</exception>
    public static void Allow(string size)
    {
        if (!string.IsNullOrWhiteSpace(size))
            Limit = Parse(size, "Downloads.Allow");
    }

    /// <summary>Bytes with a unit: <c>1.6 TB</c>.</summary>
    internal static string Text(long bytes)
    {
        const int step = 1000;
        var (value, unit) = ((double)bytes, 0);
        for (; value >= step && unit < Units.Length - 1; unit++)
            value /= step;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {Units[unit]}");
    }

    /// <summary>
    /// Starts an operation: all bytes that this logical call fetches from now on are counted
    /// together.
    /// </summary>
    /// <returns>Ends it when disposed.</returns>
    internal static IDisposable Begin()
    {
        var former = Operation.Value;
        Operation.Value = new Meter();
        return new End(() => Operation.Value = former);
    }

    /// <summary>The count of the running operation; a new count if none is running.</summary>
    internal static Meter Current => Operation.Value ?? new Meter();

    internal static long Parse(string text, string where)
    {
        if (text.Trim().Equals(AnySize, StringComparison.OrdinalIgnoreCase))
            return long.MaxValue;
        var match = Size().Match(text);
        var unit = Array.FindIndex(Units, u => u.Equals(match.Groups["unit"].Value, StringComparison.OrdinalIgnoreCase));
        if (match.Success && double.TryParse(match.Groups["number"].Value, CultureInfo.InvariantCulture, out var number))
        {
            var bytes = number * Math.Pow(1000, Math.Max(unit, 0));
            if (bytes < 9e18)
                return (long)bytes;
        }

        throw new Llm360Exception($"\"{text}\" is not a size.", where, $"Write for example 30GB, 1.7TB, a number of bytes, or {AnySize}.");
    }

    [GeneratedRegex(@"^\s*(?<number>\d+(\.\d+)?)\s*(?<unit>[kKmMgGtTpP]?[bB])?\s*\z")]
    private static partial Regex Size();

    /// <summary>Counts the bytes that one operation fetches.</summary>
    internal sealed class Meter
    {
        private long fetched;

        /// <summary>Adds bytes that have arrived.</summary>
        public void Add(long bytes) => Interlocked.Add(ref fetched, bytes);

        /// <summary>Checks that the operation may fetch more.</summary>
        /// <param name="bytes">Bytes that it needs in addition to those already fetched.</param>
        /// <param name="what">What needs them, the subject of the sentence.</param>
        /// <param name="where">Its location.</param>
        /// <param name="allowed">The limit; <see cref="Limit"/> when null.</param>
        /// <param name="about">Whether the number of bytes is an estimate.</param>
        /// <exception cref="Llm360Exception">It may not fetch them.</exception>
        public void Require(long bytes, string what, string where, long? allowed = null, bool about = false)
        {
            var (before, most) = (Interlocked.Read(ref fetched), allowed ?? Limit);
            if (bytes <= most - before)
                return;
            var (need, total) = (about ? $"about {Text(bytes)}" : Text(bytes), Text(Rounded(before + bytes)));
            var after = before > 0 ? $", after {Text(before)} that this operation has fetched" : "";
            throw new Llm360Exception(
                $"{what} {need} from the Hugging Face Hub{after}; without permission at most {Text(most)} are fetched.",
                where,
                $"Allow it: --yes for a command, Downloads.Allow(\"{total}\") in a notebook, or {Variable}=\"{total}\". " +
                "What is in the cache is not fetched again.");
        }

        // Rounds up to two digits, so that the limit in the error message is sufficient.
        private static long Rounded(long bytes)
        {
            var step = (long)Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(Math.Max(1, bytes))) - 1));
            return bytes > long.MaxValue - step ? bytes : ((bytes / step) + 1) * step;
        }
    }

    private sealed class End(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
