// The options of commands that load a model.
using System.CommandLine;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>--model</c>, <c>--device</c> and <c>--dtype</c>.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string> model = new("--model", "-m") { Description = "A checkpoint's folder, suite/checkpoint, or organisation/name@revision on the Hugging Face Hub.", Required = true };
    private readonly Option<string> device = new("--device") { Description = "best, cpu, cuda or cuda:N.", DefaultValueFactory = _ => "best" };
    private readonly Option<string> type = TypeOption();

    public void AddTo(Command command)
    {
        command.Options.Add(model);
        command.Options.Add(device);
        command.Options.Add(type);
    }

    /// <summary>The checkpoint that is meant; nothing of it is read or fetched yet.</summary>
    public Checkpoint Checkpoint(ParseResult parsed) => Suites.FindCheckpoint(parsed.GetValue(model)!);

    public async Task<LanguageModel> LoadAsync(ParseResult parsed, Screen screen, CancellationToken cancellation)
    {
        // A device that is not there should not be found so after 27 GB were fetched.
        var (on, of) = (Device.Parse(parsed.GetValue(device)!), Precision.Parse(parsed.GetValue(type)!));
        return LanguageModel.Load(await FetchAsync(Checkpoint(parsed), screen, cancellation).ConfigureAwait(false), on, of);
    }

    /// <summary>The folder or file of a checkpoint, fetched from the Hub with a bar if it is there.</summary>
    public static Task<string> FetchAsync(Checkpoint checkpoint, Screen screen, CancellationToken cancellation) => checkpoint.IsOnHub
        ? screen.WatchAsync(progress => checkpoint.FetchAsync(new(Progress: progress, Cancellation: cancellation)))
        : Task.FromResult(checkpoint.Folder);

    /// <summary>The rows of a file of token sequences.</summary>
    /// <exception cref="Llm360Exception">There are none, or one is broken.</exception>
    public static IReadOnlyList<TokenRow> Rows(FileInfo file, CancellationToken cancellation)
    {
        List<TokenRow> rows = [.. ChunkReader.Read(file.FullName, cancellation: cancellation)];
        return rows.Count > 0 ? rows : throw new Llm360Exception("There are no rows.", file.FullName, "A row is [ids], {\"token_ids\": [ids]} or {\"prompt\": [ids], \"continuation\": [ids]}, one a line.");
    }

    /// <summary>The tokens of a text, the tokenizer's begin token before them if it is wanted.</summary>
    /// <exception cref="Llm360Exception">It is wanted, and the tokenizer has none.</exception>
    public static int[] Encode(ITokenizer tokenizer, string text, bool bos, Checkpoint checkpoint) => !bos ? tokenizer.Encode(text)
        : tokenizer.BosId >= 0 ? [tokenizer.BosId, .. tokenizer.Encode(text)]
        : throw new Llm360Exception("The tokenizer has no begin token.", checkpoint.Name, "Leave --bos out.");

    /// <summary>Checks that a model can read rows of a file, and go on from them with so many <paramref name="added"/> tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">All tokens must be in the vocabulary, also those that are not
    /// used.</param>
    /// <param name="used">The tokens of a row that the model is given.</param>
    /// <param name="file">Where the rows come from.</param>
    /// <param name="added">Tokens that will be added to each row.</param>
    /// <exception cref="Llm360Exception">It cannot; the error has the file's name.</exception>
    public static void Check(LanguageModel model, IReadOnlyList<TokenRow> rows, Func<TokenRow, int[]> used, FileInfo file, int added = 0)
    {
        TokenRows.CheckVocabulary(model.Config, [.. rows.Select(r => r.TokenIds)], file.FullName);
        try
        {
            model.CheckTokens([.. rows.Select(used)], added);
        }
        catch (Llm360Exception e)
        {
            throw new Llm360Exception(e.What, $"{file.FullName}, {e.Where} (counted from 0)", e.Remedy, e);
        }
    }

    /// <summary>Where a result goes; checked before anything is computed.</summary>
    /// <exception cref="Llm360Exception">It is a folder.</exception>
    public static string Output(FileInfo file) => !Directory.Exists(file.FullName) ? file.FullName
        : throw new Llm360Exception("The output is a folder.", file.FullName, "Name a file in it.");

    public static Option<string> TypeOption()
    {
        var option = new Option<string>("--dtype")
        {
            Description = "Type to compute in: auto (the checkpoint's own), fp32, bf16, fp16.",
            DefaultValueFactory = _ => Precision.Auto.ToString(),
        };
        option.AcceptOnlyFromAmong([.. Precision.Names]);
        return option;
    }

    public static Option<FileInfo> RowsOption(bool required, string name = "--tokens") => new(name) { Description = "Token sequences, one a line: [ids], {\"token_ids\": [ids]} or {\"prompt\": [ids], \"continuation\": [ids]}.", Required = required, HelpName = "rows.jsonl" };

    /// <summary>Refuses a length below 1.</summary>
    public static Action<System.CommandLine.Parsing.OptionResult> AtLeastOne(Option<int> option) => given =>
    {
        // What is no number at all has its own error.
        if (!given.Errors.Any() && given.Tokens.All(t => int.TryParse(t.Value, CultureInfo.InvariantCulture, out _)) && given.GetValueOrDefault<int>() < 1)
            given.AddError($"{option.Name} takes a number from 1 on.");
    };
}
