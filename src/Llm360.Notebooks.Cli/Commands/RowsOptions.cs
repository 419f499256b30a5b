// The options of commands that read token rows from a file.
using System.CommandLine;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>--rows</c> and <c>-n</c>.</summary>
internal sealed class RowsOptions
{
    private const string Forms = "[ids], {\"token_ids\": [ids]} or {\"prompt\": [ids], \"continuation\": [ids]}";

    private readonly Option<FileInfo?> file;
    private readonly Option<int?> count = new("-n", "--sequences") { Description = "Only the first n rows of the file." };

    /// <param name="required">Whether rows must be given.</param>
    public RowsOptions(bool required)
    {
        file = new("--rows") { Description = $"Token sequences, one a line: {Forms}.", Required = required, HelpName = "rows.jsonl" };
        count.Validators.Add(ModelOptions.AtLeastOne(count));
    }

    public void AddTo(Command command)
    {
        command.Options.Add(file);
        command.Options.Add(count);
    }

    /// <summary>The file; null if none is given.</summary>
    public FileInfo? File(System.CommandLine.Parsing.CommandResult parsed) => parsed.GetValue(file);

    /// <summary>The file; null if none is given.</summary>
    public FileInfo? File(ParseResult parsed) => parsed.GetValue(file);

    /// <summary>The selected rows; empty if no file is given.</summary>
    /// <exception cref="Llm360Exception">The file has no rows, or one is malformed.</exception>
    public IReadOnlyList<TokenRow> Read(ParseResult parsed, CancellationToken cancellation) =>
        File(parsed) is { } given ? Read(given, parsed.GetValue(count), cancellation) : [];

    /// <summary>The rows of a file of token sequences.</summary>
    /// <exception cref="Llm360Exception">There are no rows, or one is malformed.</exception>
    public static IReadOnlyList<TokenRow> Read(FileInfo file, int? limit, CancellationToken cancellation)
    {
        List<TokenRow> rows = [.. ChunkReader.Read(file.FullName, limit, cancellation)];
        return rows.Count > 0 ? rows : throw new Llm360Exception("There are no rows.", file.FullName, $"A row is {Forms}, one a line.");
    }

    /// <summary>
    /// The inputs of a row. A row of training data has one token more than the model's positions;
    /// it is only predicted.
    /// </summary>
    public static int[] Inputs(TokenRow row, ModelConfig config) =>
        row.TokenIds.Length - 1 == config.LongestSequence ? row.TokenIds[..^1] : row.TokenIds;

    /// <summary>
    /// Checks that a model can read the rows of a file and continue them by
    /// <paramref name="added"/> tokens.
    /// </summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="rows">
    /// All tokens must be in the vocabulary, also those that are not used.
    /// </param>
    /// <param name="used">The tokens of a row that are given to the model.</param>
    /// <param name="file">Where the rows come from.</param>
    /// <param name="added">Tokens that will be added to each row.</param>
    /// <exception cref="Llm360Exception">It cannot; the error names the file.</exception>
    public static void Check(ModelConfig config, IReadOnlyList<TokenRow> rows, Func<TokenRow, int[]> used, FileInfo file, int added = 0)
    {
        TokenRows.CheckVocabulary(config, [.. rows.Select(r => r.TokenIds)], file.FullName);
        try
        {
            TokenRows.CheckTokens(config, [.. rows.Select(used)], added);
        }
        catch (Llm360Exception e)
        {
            throw new Llm360Exception(e.What, $"{file.FullName}, {e.Where} (counted from 0)", e.Remedy, e);
        }
    }
}
