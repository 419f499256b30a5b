// The results of a model on one text.
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Tokens, logits and activations of one text. Disposing it frees the tensors.</summary>
/// <remarks>Only <see cref="LogitLens"/> needs the model. The rest works without it.</remarks>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed class ModelRun : IDisposable, IShownAsTable
{
    private const int Shown = 3;
    private readonly LanguageModel model;
    private readonly TokenNames names;

    internal ModelRun(LanguageModel model, TokenNames names, int[] tokens, torch.Tensor logits, ActivationCache activations)
    {
        (this.model, this.names, Tokens, Logits, Activations) = (model, names, tokens, logits, activations);
        TokenTexts = [.. tokens.Select(names.Of)];
    }

    /// <summary>The token ids.</summary>
    public IReadOnlyList<int> Tokens { get; }

    /// <summary>The text of each token.</summary>
    public IReadOnlyList<string> TokenTexts { get; }

    /// <summary>[time, vocabulary]; row t predicts token t + 1.</summary>
    public torch.Tensor Logits { get; }

    /// <summary>
    /// The embedding, the residual stream at every block, the outputs of attention and MLP, and the
    /// final norm, [1, time, hidden] each.
    /// </summary>
    public ActivationCache Activations { get; }

    /// <summary>The most probable next tokens after every token, the most probable first.</summary>
    /// <param name="count">Number of tokens, at least 1.</param>
    /// <exception cref="Llm360Exception">The count is below 1 or above the vocabulary.</exception>
    public IReadOnlyList<IReadOnlyList<TokenPrediction>> NextTokens(int count = Shown)
    {
        if (count < 1 || count > Logits.shape[1])
            throw new Llm360Exception($"{count} next tokens were asked for.", "count", $"Ask for 1 to {Logits.shape[1]}.");
        using var scope = torch.NewDisposeScope();
        return Largest(Logits, count);
    }

    /// <summary>
    /// The logit lens (nostalgebraist 2020): final norm and unembedding of every block's input and
    /// of the last block's output.
    /// </summary>
    /// <exception cref="Llm360Exception">The model was disposed.</exception>
    public LogitLens LogitLens()
    {
        var blocks = model.Config.Layers;
        HookSite[] sites = [.. Enumerable.Range(0, blocks).Select(HookSite.BlockInput), HookSite.AfterMlp(blocks - 1)];
        return new LogitLens(TokenTexts, [.. sites.Select(s => s.ToString())], [.. sites.Select(Predict)]);

        IReadOnlyList<TokenPrediction> Predict(HookSite site)
        {
            using var scope = torch.NewDisposeScope();
            using var plain = torch.no_grad();
            return [.. Largest(model.Logits(model.FinalNorm(Activations[site].squeeze(0))), 1).Select(p => p[0])];
        }
    }

    /// <summary>
    /// A row for each token: its probability given the tokens before it, and the most probable next
    /// tokens.
    /// </summary>
    public Table ToTable()
    {
        var next = NextTokens((int)Math.Min(Shown, Logits.shape[1]));
        var probabilities = Probabilities();
        return new Table(
            $"Most probable next tokens after each of {Tokens.Count} tokens, with probabilities",
            [
                new("position", ColumnAlignment.Right), new("token"), new("its probability", ColumnAlignment.Right),
                .. Enumerable.Range(1, next[0].Count).Select(i => new TableColumn($"next token, choice {i}")),
            ],
            [.. Tokens.Select((_, t) => Row(t))]);

        IReadOnlyList<string> Row(int t) =>
        [
            t.ToString(CultureInfo.InvariantCulture), TokenNames.Quoted(TokenTexts[t]),
            t == 0 ? "" : TokenPrediction.Rounded(probabilities[t - 1]), .. next[t].Select(n => n.ToString()),
        ];
    }

    /// <summary>
    /// A row for each token: its text, its probability given the tokens before it, and the most
    /// probable next token.
    /// </summary>
    public DataFrame ToDataFrame()
    {
        var (next, probabilities) = (NextTokens(1), Probabilities());
        return ParquetRows.ToDataFrame<DataRow>([.. Tokens.Select((token, t) => new DataRow(
            t, token, TokenTexts[t], t == 0 ? null : probabilities[t - 1], next[t][0].Token, next[t][0].Text, next[t][0].Probability))]);
    }

    /// <summary>The table as HTML.</summary>
    public string ToHtml() => ToTable().ToHtml();

    /// <summary>The table as text.</summary>
    public override string ToString() => ToTable().ToString();

    /// <inheritdoc/>
    public void Dispose()
    {
        Logits.Dispose();
        Activations.Dispose();
    }

    // Probability of each token but the first, stored at the position of the token before it.
    private float[] Probabilities()
    {
        using var scope = torch.NewDisposeScope();
        // The token after the last one is unknown; token 0 takes its place and is not shown.
        var following = torch.tensor(Tokens.Skip(1).Append(0).Select(t => (long)t).ToArray(), [Tokens.Count, 1], device: Logits.device);
        return Logits.to(torch.float32).softmax(-1).gather(1, following).cpu().data<float>().ToArray();
    }

    private TokenPrediction[][] Largest(torch.Tensor logits, int count)
    {
        var (values, indices) = logits.to(torch.float32).softmax(-1).topk(count, 1); // [time, count]
        var (probabilities, tokens) = (values.cpu().data<float>().ToArray(), indices.cpu().data<long>().ToArray());
        return [.. tokens.Select((t, i) => new TokenPrediction((int)t, names.Of((int)t), probabilities[i])).Chunk(count)];
    }

    private sealed record DataRow(
        [property: JsonPropertyName("position")] int Position,
        [property: JsonPropertyName("token")] int Token,
        [property: JsonPropertyName("text")] string Text,
        [property: JsonPropertyName("probability")] double? Probability,
        [property: JsonPropertyName("next_token")] int NextToken,
        [property: JsonPropertyName("next_text")] string NextText,
        [property: JsonPropertyName("next_probability")] double NextProbability);
}
