// Computes rows segment by segment, each row at its own position.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// Holds rows in slots and computes their next tokens, in passes whose activations stay in the
/// caches.
/// </summary>
internal sealed class RowDecoder : IDisposable
{
    /// <summary>
    /// Tokens of a pass on the CPU, where few are faster, and on other devices.
    /// </summary>
    private const int TokensAtOnce = 512, TokensAtOnceOnDevice = 1 << 14;

    private readonly LanguageModel model;
    private readonly SlotCache? cache;
    private readonly List<int>[]? histories; // by slot, where keys cannot be kept

    /// <summary>Allocates memory.</summary>
    /// <param name="model">The model.</param>
    /// <param name="slots">Maximum number of rows at a time.</param>
    /// <param name="capacity">Tokens per row.</param>
    public RowDecoder(LanguageModel model, int slots, int capacity)
    {
        this.model = model;
        // With dynamic angles, keys beyond the trained length cannot be kept: each token rotates
        // all of them again.
        if (model.Config.HasDynamicAngles && capacity > model.Config.MaximumLength)
            histories = [.. Enumerable.Range(0, slots).Select(_ => new List<int>())];
        else
            cache = new SlotCache(model, slots, capacity);
    }

    /// <summary>Shortens a row to its first tokens; 0 frees the slot.</summary>
    public void TakeBack(int slot, int length)
    {
        if (cache is not null)
            cache.Lengths[slot] = length;
        else
            histories![slot].RemoveRange(length, histories[slot].Count - length);
    }

    /// <summary>Replaces a slot's content by the first tokens of another slot.</summary>
    public void Copy(int from, int to, int length)
    {
        if (cache is not null)
        {
            cache.Copy(from, to, length);
            return;
        }

        histories![to].Clear();
        histories[to].AddRange(histories[from].Take(length));
    }

    /// <summary>Replaces the content of every slot by the first tokens of one.</summary>
    public void CopyToAll(int from, int length)
    {
        if (cache is not null)
        {
            cache.CopyToAll(from, length);
            return;
        }

        for (var to = 0; to < histories!.Length; to++)
        {
            if (to != from)
                Copy(from, to, length);
        }

        TakeBack(from, length);
    }

    /// <summary>Computes segments, at most one per slot.</summary>
    /// <param name="segments">
    /// In the order of the output; on a GPU, segments of one size should be adjacent.
    /// </param>
    /// <param name="cancellation">Checked before every pass.</param>
    /// <returns>The requested hidden states, [sum of output counts, hidden].</returns>
    public Tensor Compute(IReadOnlyList<Segment> segments, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        foreach (var pass in Passes(segments))
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            parts.Add((cache is null ? Whole(pass[0]) : model.Forward(pass, cache)).MoveToOuterDisposeScope());
        }

        return (parts.Count == 1 ? parts[0] : cat(parts)).MoveToOuterDisposeScope();
    }

    public void Dispose() => cache?.Dispose();

    private IEnumerable<List<Segment>> Passes(IReadOnlyList<Segment> segments)
    {
        var limit = histories is not null ? 0 : model.Device.type == TorchSharp.DeviceType.CPU ? TokensAtOnce : TokensAtOnceOnDevice;
        var (pass, tokens) = (new List<Segment>(), 0);
        foreach (var segment in segments)
        {
            if (pass.Count > 0 && tokens + segment.Tokens.Length > limit)
            {
                yield return pass;
                (pass, tokens) = ([], 0);
            }

            pass.Add(segment);
            tokens += segment.Tokens.Length;
        }

        yield return pass;
    }

    private Tensor Whole(Segment segment)
    {
        var history = histories![segment.Slot];
        history.AddRange(segment.Tokens);
        var hidden = model.ForwardChecked(TokenRows.PadRight([[.. history]], history.Count, model.Device)); // [1, tokens, hidden]
        return hidden.squeeze(0).narrow(0, history.Count - segment.OutputCount, segment.OutputCount);
    }
}
