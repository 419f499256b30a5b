// The rows of a generation that still go on, padded on the left, with their cache.
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models;

/// <summary>Computes the next logits of rows of different lengths; rows that have ended are dropped.</summary>
internal sealed class BatchDecoder : IDisposable
{
    private readonly LanguageModel model;
    private readonly int promptLength;
    private KeyValueCache? cache;
    private Tensor all; // [rows, longest prompt + new], padded on the left
    private List<int> rows;
    private int[] padding; // by row of the batch
    private int filled;

    public BatchDecoder(LanguageModel model, int[][] prompts, int count)
    {
        this.model = model;
        promptLength = filled = prompts.Max(p => p.Length);
        rows = [.. Enumerable.Range(0, prompts.Length)];
        padding = [.. prompts.Select(p => promptLength - p.Length)];
        if (MayCache(model, promptLength + count))
            cache = new KeyValueCache(model.Config, prompts.Length, promptLength + count, model.Device, model.Type);
        else if (padding.Any(p => p > 0))
            throw new Llm360Exception("With dynamic rotary scaling the angles depend on the longest row, and these prompts differ in length.", "prompts", "Generate from prompts of one length at a time.");
        using var scope = NewDisposeScope();
        var ids = zeros([prompts.Length, promptLength + count], int64, device: model.Device);
        ids.narrow(1, 0, promptLength).copy_(TokenRows.PadLeft(prompts, promptLength, model.Device));
        all = ids.DetachFromDisposeScope();
    }

    /// <summary>The rows that go on, by their numbers in the prompts.</summary>
    public IReadOnlyList<int> Rows => rows;

    /// <summary>With dynamic angles keys beyond the trained length cannot be kept: each token turns all of them anew.</summary>
    public static bool MayCache(LanguageModel model, int length) => !model.Config.HasDynamicAngles || length <= model.Config.MaximumLength;

    /// <summary>Logits of the next token, [rows, vocabulary].</summary>
    public Tensor Logits()
    {
        using var scope = NewDisposeScope();
        var seen = cache?.Length ?? 0;
        var hidden = model.Forward(all.narrow(1, seen, filled - seen), cache, padding); // [rows, time, hidden]
        return model.Logits(hidden.select(1, hidden.shape[1] - 1)).MoveToOuterDisposeScope();
    }

    /// <summary>Appends the next tokens and drops the rows that have ended.</summary>
    /// <param name="next">[rows]</param>
    /// <param name="goesOn">Places of the rows that go on, in order.</param>
    public void Advance(Tensor next, List<int> goesOn)
    {
        all.select(1, filled++).copy_(next);
        if (goesOn.Count == rows.Count)
            return;
        rows = [.. goesOn.Select(i => rows[i])];
        padding = [.. goesOn.Select(i => padding[i])];
        if (rows.Count == 0)
            return;
        using var kept = tensor(goesOn.Select(i => (long)i).ToArray(), device: model.Device);
        var (formerCache, formerIds) = (cache, all);
        cache = cache?.Keep(kept);
        all = all.index_select(0, kept).DetachFromDisposeScope();
        formerCache?.Dispose();
        formerIds.Dispose();
    }

    public void Dispose()
    {
        cache?.Dispose();
        all.Dispose();
    }
}
