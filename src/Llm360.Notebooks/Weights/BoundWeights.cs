// A model's parameters on a device, bound to one checkpoint and later to another.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>A model's parameters on a device and in a type, bound to a checkpoint.</summary>
/// <remarks>
/// On the CPU and in the file's own type, a parameter is a view of the mapped file. Otherwise it is
/// allocated once and filled directly from the file, without a second copy in host memory.
/// <see cref="Rebind"/> fills it again. Another thread reads files ahead.
/// </remarks>
internal sealed class BoundWeights : IDisposable
{
    /// <summary>Elements copied to a device at a time.</summary>
    private const long BlockLength = 1 << 24;

    private readonly Dictionary<string, torch.Tensor> tensors = new(StringComparer.Ordinal);
    private readonly HashSet<string> owned = new(StringComparer.Ordinal);
    private readonly IReadOnlyCollection<string> names;
    private readonly torch.Device device;
    private StateDict source;

    private BoundWeights(StateDict source, IReadOnlyCollection<string> names, torch.Device device)
    {
        this.source = source;
        this.names = names;
        this.device = device;
    }

    /// <summary>
    /// The parameters by name. <see cref="Rebind"/> may replace the tensor of a name.
    /// </summary>
    public IReadOnlyDictionary<string, torch.Tensor> Tensors => tensors;

    /// <summary>Binds parameters.</summary>
    /// <param name="source">The checkpoint; closed by this object, immediately on failure.</param>
    /// <param name="names">The parameters; all must exist.</param>
    /// <param name="device">Target device; the CPU when null.</param>
    /// <param name="type">Type to convert to; null keeps the file's.</param>
    /// <exception cref="Llm360Exception">A tensor is missing.</exception>
    public static BoundWeights Load(
        StateDict source, IReadOnlyCollection<string> names, Device? device = null, torch.ScalarType? type = null)
    {
        var bound = new BoundWeights(source, names, (device ?? Device.Cpu).ToTorch());
        try
        {
            bound.Bind(source, entry => type ?? entry.ScalarType, AmbientWork.Cancellation);
            return bound;
        }
        catch
        {
            bound.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Binds the same parameters to another checkpoint, with the device and types of the first. No
    /// tensor is allocated if one can be filled or mapped.
    /// </summary>
    /// <param name="next">
    /// The other checkpoint; closed by this object, immediately on failure. Check names and shapes
    /// before.
    /// </param>
    /// <exception cref="OperationCanceledException">
    /// <see cref="AmbientWork.Cancellation"/> was requested. The parameters are those of the
    /// previous checkpoint, as after any other failure.
    /// </exception>
    public void Rebind(StateDict next)
    {
        try
        {
            Bind(next, entry => tensors[entry.Name].dtype, AmbientWork.Cancellation);
        }
        catch
        {
            // Some parameters may belong to the next checkpoint, or be half filled.
            Bind(source, entry => tensors[entry.Name].dtype, CancellationToken.None);
            next.Dispose();
            throw;
        }

        source.Dispose();
        source = next;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
        tensors.Clear();
        source.Dispose();
    }

    private void Bind(StateDict from, Func<TensorEntry, torch.ScalarType> type, CancellationToken cancellation)
    {
        var entries = names.Select(from.Entry).OrderBy(e => e.File, StringComparer.Ordinal).ThenBy(e => e.Begin).ToList();
        using var ahead = new ReadAhead(from, [.. entries.Where(e => !IsMapped(e, type(e)))]);
        foreach (var entry in entries)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = torch.NewDisposeScope();
            var view = from.View(entry.Name);
            if (IsMapped(entry, type(entry)))
            {
                Replace(entry.Name, view.DetachFromDisposeScope());
                owned.Remove(entry.Name);
                continue;
            }

            if (owned.Add(entry.Name))
                Replace(entry.Name, torch.empty([.. entry.Shape], type(entry), device).DetachFromDisposeScope());
            Fill(tensors[entry.Name], view);
            ahead.Used(entry);
        }
    }

    private bool IsMapped(TensorEntry entry, torch.ScalarType type) =>
        device.type == DeviceType.CPU && entry.ScalarType == type && entry.Strides is null;

    private void Replace(string name, torch.Tensor tensor)
    {
        if (tensors.Remove(name, out var former))
            former.Dispose();
        tensors[name] = tensor;
    }

    // On the CPU, the copy converts the type. For a device, a whole tensor would first be converted
    // in host memory, so it is copied in blocks.
    private static void Fill(torch.Tensor target, torch.Tensor view)
    {
        if (target.device_type == DeviceType.CPU)
        {
            target.copy_(view);
            return;
        }

        var (to, from) = (target.view(-1), view.contiguous().view(-1));
        for (var at = 0L; at < to.numel(); at += BlockLength)
        {
            using var scope = torch.NewDisposeScope();
            var length = Math.Min(BlockLength, to.numel() - at);
            to.narrow(0, at, length).copy_(from.narrow(0, at, length).to(target.dtype));
        }
    }
}
