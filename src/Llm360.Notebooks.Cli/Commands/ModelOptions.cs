// The options of commands that load a model.
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>--model</c>, <c>--device</c> and <c>--precision</c>.</summary>
internal sealed class ModelOptions
{
    /// <summary>How a checkpoint is named.</summary>
    public const string Names = "A checkpoint's folder, SUITE/CHECKPOINT (nano/36, nano/last, nano/-2), or organisation/name@revision on "
        + "the Hugging Face Hub.";

    private readonly Option<string> model = new("--model", "-m") { Description = Names, Required = true };
    private readonly Option<string> device = DeviceOption();
    private readonly Option<string> precision = TypeOption();

    public void AddTo(Command command)
    {
        command.Options.Add(model);
        command.Options.Add(device);
        command.Options.Add(precision);
    }

    /// <summary>The named checkpoint. Nothing of it is read or fetched yet.</summary>
    public Checkpoint Checkpoint(ParseResult parsed) => Suites.FindCheckpoint(parsed.GetValue(model)!);

    public async Task<LanguageModel> LoadAsync(ParseResult parsed, Screen screen, CancellationToken cancellation)
    {
        // Check the device first: a missing device must not be found after fetching 27 GB.
        var (on, of) = (Device.Parse(parsed.GetValue(device)!), Precision.Parse(parsed.GetValue(precision)!));
        return LanguageModel.Load(await FetchAsync(Checkpoint(parsed), screen, cancellation).ConfigureAwait(false), on, of);
    }

    /// <summary>
    /// The folder or file of a checkpoint. A checkpoint on the Hub is fetched with a progress bar.
    /// </summary>
    public static Task<string> FetchAsync(Checkpoint checkpoint, Screen screen, CancellationToken cancellation) => checkpoint.IsOnHub
        ? screen.WatchAsync(progress => checkpoint.FetchAsync(new(Progress: progress, Cancellation: cancellation)))
        : Task.FromResult(checkpoint.Folder);

    /// <summary>
    /// The tokens of a text, with the tokenizer's begin token before them if requested.
    /// </summary>
    /// <exception cref="Llm360Exception">It is requested, and the tokenizer has none.</exception>
    public static int[] Encode(ITokenizer tokenizer, string text, bool bos, Checkpoint checkpoint) => !bos ? tokenizer.Encode(text)
        : tokenizer.BosId >= 0 ? [tokenizer.BosId, .. tokenizer.Encode(text)]
        : throw new Llm360Exception("The tokenizer has no begin token.", checkpoint.Name, "Leave --bos out.");

    /// <summary><c>--precision</c>, the same for all commands and notebooks.</summary>
    public static Option<string> TypeOption()
    {
        var option = new Option<string>("--precision")
        {
            Description = "Type to compute in: auto (the checkpoint's own), fp32, bf16, fp16; or as PyTorch calls them.",
            DefaultValueFactory = _ => Precision.Auto.ToString(),
            HelpName = string.Join('|', Precision.Names),
        };
        option.Validators.Add(given => Try(given, () => Precision.Parse(given.GetValueOrDefault<string>())));
        return option;
    }

    /// <summary><c>--device</c>.</summary>
    public static Option<string> DeviceOption() => new("--device")
    {
        Description = "best, cpu, cuda or cuda:N.",
        DefaultValueFactory = _ => "best",
    };

    /// <summary>Refuses a number below 1.</summary>
    public static Action<OptionResult> AtLeastOne(Option option) => From(option, 1);

    /// <summary>Refuses a number below a minimum.</summary>
    public static Action<OptionResult> From(Option option, int least) => given =>
    {
        // An argument that is not a number has its own error.
        if (!given.Errors.Any() && given.Tokens.Any(t =>
            int.TryParse(t.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number < least))
            given.AddError($"{option.Name} takes a number from {least} on.");
    };

    /// <summary>
    /// Refuses invalid values with the library's own checks, before any computation.
    /// </summary>
    public static void Try(SymbolResult given, Action check)
    {
        try
        {
            check();
        }
        catch (Llm360Exception e)
        {
            given.AddError($"{e.What} {e.Remedy}");
        }
    }
}
