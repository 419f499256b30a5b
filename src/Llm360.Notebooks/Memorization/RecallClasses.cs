// Classes of memorised sequences: recited, reconstructed or recollected.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>The taxonomy of Prashanth et al. 2024 (arXiv 2406.17746).</summary>
public enum RecallClass
{
    /// <summary>The sequence occurs in the corpus more than five times.</summary>
    Recite,

    /// <summary>
    /// It follows a template: a unit repeats, or numbers change by a constant step.
    /// </summary>
    Reconstruct,

    /// <summary>Neither: a memorised sequence that is rare and follows no template.</summary>
    Recollect,
}

/// <summary>One extractible sequence and its class.</summary>
public sealed class RecallRow
{
    /// <summary>Number of the chunk.</summary>
    [JsonPropertyName("chunk")]
    public int Chunk { get; set; }

    /// <summary>Line in the chunk, from 0.</summary>
    [JsonPropertyName("row")]
    public int Row { get; set; }

    /// <summary>The sequence's source.</summary>
    [JsonPropertyName("source")]
    public string Source { get; set; } = "";

    /// <summary>Occurrences of its k + l tokens in what the checkpoint has read.</summary>
    [JsonPropertyName("duplicates")]
    public long Duplicates { get; set; }

    /// <summary>The class, in lower case.</summary>
    [JsonPropertyName("class")]
    public string ClassName => Class.ToString().ToLowerInvariant();

    /// <summary>The class.</summary>
    [JsonIgnore]
    public RecallClass Class { get; set; }
}

/// <summary>The extractible sequences of ordinary text by class.</summary>
/// <param name="Duplicates">The scores with duplicates that were classified.</param>
/// <param name="Rows">The extractible sequences, canaries left out.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record RecallClasses(DuplicateScores Duplicates, IReadOnlyList<RecallRow> Rows) : IShownAsTable
{
    /// <summary>
    /// What can be guessed: the extractible sequences of <see cref="DuplicateScores.Baseline"/>.
    /// </summary>
    public UnreadBaseline<RecallRow>? Baseline { get; init; }

    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <summary>The first rows as a table.</summary>
    public Table ToTable() => RowTable.Of(
        $"Classes of the sequences extractible from {Duplicates.Checkpoint} of {Duplicates.Scores.Suite.Name}", Rows);
}

/// <summary>Classifying memorised sequences.</summary>
public static class RecallOfDuplicates
{
    private const long MostOfRare = 5;

    /// <summary>Classifies the extractible sequences of ordinary text.</summary>
    public static RecallClasses Classify(this DuplicateScores duplicates)
    {
        if (duplicates.Rows.Count == 0)
            return new RecallClasses(duplicates, []);
        var tokenizer = duplicates.Checkpoint.Tokenizer();
        return new RecallClasses(duplicates, Extractible(duplicates.Rows)) { Baseline = duplicates.Baseline?.Select(Extractible) };

        IReadOnlyList<RecallRow> Extractible(IReadOnlyList<DuplicateRow> rows) =>
        [
            .. rows.Where(r => r.Extractible && r.CanaryRepetitions is null).Select(r => new RecallRow
            {
                Chunk = r.Chunk,
                Row = r.Row,
                Source = r.Source,
                Duplicates = r.Duplicates,
                Class = ClassOf(r.Tokens, r.Duplicates, tokenizer),
            }),
        ];
    }

    /// <summary>
    /// The class of one sequence. Duplicates take precedence over templates, as in the paper.
    /// </summary>
    internal static RecallClass ClassOf(int[] tokens, long duplicates, ITokenizer tokenizer) =>
        duplicates > MostOfRare ? RecallClass.Recite
        : Templates.Matches(tokens, tokenizer) ? RecallClass.Reconstruct
        : RecallClass.Recollect;
}
