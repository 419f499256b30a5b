// A model's parameters on a device, bound to one checkpoint and then to the next.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>A model's parameters on a device and in a type, bound to a checkpoint.</summary>
/// <remarks>
/// On the CPU in the file's own type a parameter is a view of the mapped file. Elsewhere it is allocated once, filled straight from the file (there is no
/// second copy in host memory), and filled again by <see cref="Rebind"/>. Files are read ahead on another thread.
/// </remarks>
internal sealed class BoundWeights : IDisposable
{
    /// <summary>Elements that go to a device at once.</summary>
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

    /// <summary>The parameters by name. The tensors of a name may be others after <see cref="Rebind"/>.</summary>
    public IReadOnlyDictionary<string, torch.Tensor> Tensors => tensors;

    /// <summary>Binds parameters.</summary>
    /// <param name="source">The checkpoint; closed by this object, now on failure.</param>
    /// <param name="names">The parameters; all must be there.</param>
    /// <param name="device">Where to; the CPU when null.</param>
    /// <param name="type">Type to convert to; null keeps the file's.</param>
    /// <exception cref="Llm360Exception">A tensor is missing.</exception>
    public static BoundWeights Load(StateDict source, IReadOnlyCollection<string> names, Device? device = null, torch.ScalarType? type = null)
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

    /// <summary>Binds the same parameters to another checkpoint, in the device and types of the first. No tensor is allocated where one can be filled or mapped.</summary>
    /// <param name="next">The other checkpoint; closed by this object, now on failure. Check names and shapes before.</param>
    /// <exception cref="OperationCanceledException"><see cref="AmbientWork.Cancellation"/> was asked for; the parameters are those of the checkpoint before, as after any other failure.</exception>
    public void Rebind(StateDict next)
    {
        try
        {
            Bind(next, entry => tensors[entry.Name].dtype, AmbientWork.Cancellation);
        }
        catch
        {
            // Some parameters may be the next one's, or half filled.
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

    private bool IsMapped(TensorEntry entry, torch.ScalarType type) => device.type == DeviceType.CPU && entry.ScalarType == type && entry.Strides is null;

    private void Replace(string name, torch.Tensor tensor)
    {
        if (tensors.Remove(name, out var former))
            former.Dispose();
        tensors[name] = tensor;
    }

    // On the CPU the copy converts as it goes. On its way to a device a whole tensor would be converted first, in host memory: so in pieces.
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
