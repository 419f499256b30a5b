// Memory budgets of computations, and the detection of out-of-memory failures of LibTorch.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Llm360.Notebooks;

internal static partial class DeviceMemory
{
    /// <summary>Bytes that keys and values of active rows may take on the CPU.</summary>
    private const long OnCpu = 1L << 30;

    /// <summary>Fewer tokens per pass leave a device idle; more do not speed it up.</summary>
    private const int LeastTokensAtOnce = 1 << 11, MostTokensAtOnce = 1 << 16;

    private static readonly string[] Complaints = ["out of memory", "can't allocate memory", "not enough memory"];

    // The most memory that was ever free beside a model. Memory that LibTorch keeps from earlier
    // passes is not free for the driver, but the next pass can use it.
    private static readonly ConditionalWeakTable<LanguageModel, StrongBox<long>> Budgets = [];

    /// <summary>
    /// Bytes that keys and values, or the activations of a pass, may take. On a CUDA device this is
    /// half of the memory that is free beside the model; elsewhere it is 1 GiB.
    /// </summary>
    public static long Budget(LanguageModel model)
    {
        if (model.Device.type != DeviceType.CUDA || Free(model.Device.index) is not { } free)
            return OnCpu;
        var known = Budgets.GetOrCreateValue(model);
        return known.Value = Math.Max(known.Value, free / 2);
    }

    /// <summary>
    /// Rows at once, at least one: as many as fit in <see cref="Budget"/>. They are spread evenly
    /// over the rounds, because a last round of few rows takes nearly as long as one of many.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="capacity">Tokens per row.</param>
    /// <param name="rows">Total number of rows.</param>
    /// <param name="most">Maximum number of rows at once.</param>
    public static int Rows(LanguageModel model, int capacity, int rows, int most)
    {
        most = (int)Math.Clamp(Budget(model) / SlotCache.BytesOfSlot(model, capacity), 1, most);
        var rounds = (rows + most - 1) / most;
        return (rows + rounds - 1) / rounds;
    }

    /// <summary>
    /// Tokens of one pass over whole sequences on a device that fit in <see cref="Budget"/>. Each
    /// token needs the memory of a block of LLaMA: 21 tensors of the hidden width, four of the
    /// MLP's, and six in float32 in its norms.
    /// </summary>
    public static int TokensAtOnce(LanguageModel model)
    {
        long hidden = model.Config.HiddenSize, intermediate = model.Config.IntermediateSize;
        var bytesOfToken = (model.Type.ElementSize() * ((21 * hidden) + (4 * intermediate))) + (6 * sizeof(float) * hidden);
        return (int)Math.Clamp(Budget(model) / bytesOfToken, LeastTokensAtOnce, MostTokensAtOnce);
    }

    /// <summary>Refuses work that needs more memory than the model's device has.</summary>
    /// <exception cref="Llm360Exception">It needs more.</exception>
    public static void Require(LanguageModel model, Int128 bytes, string what, string where, string remedy) =>
        SizeCheck.RequireMemory(bytes, what, where, remedy, model.Device.type == DeviceType.CUDA ? Free(model.Device.index) : null);

    /// <summary>
    /// Whether an operator failed for lack of memory, by the messages of LibTorch's CUDA and CPU
    /// allocators. All failures of LibTorch have one exception type.
    /// </summary>
    public static bool IsExhausted(Exception e) => e is OutOfMemoryException
        || (e is ExternalException && Complaints.Any(c => e.Message.Contains(c, StringComparison.OrdinalIgnoreCase)));

    // TorchSharp has no memory statistics, so this asks the driver; null if that is impossible.
    private static long? Free(int index)
    {
        try
        {
            if (Initialize(0) != 0 || GetDevice(out var device, Math.Max(index, 0)) != 0 || RetainContext(out var context, device) != 0)
                return null;
            try
            {
                if (PushContext(context) != 0)
                    return null;
                var known = GetMemory(out var free, out _) == 0;
                _ = PopContext(out _);
                return known ? (long)free : null;
            }
            finally
            {
                _ = ReleaseContext(device);
            }
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("cuda", EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport("cuda", EntryPoint = "cuDeviceGet")]
    private static partial int GetDevice(out int device, int ordinal);

    [LibraryImport("cuda", EntryPoint = "cuDevicePrimaryCtxRetain")]
    private static partial int RetainContext(out nint context, int device);

    [LibraryImport("cuda", EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    private static partial int ReleaseContext(int device);

    [LibraryImport("cuda", EntryPoint = "cuCtxPushCurrent_v2")]
    private static partial int PushContext(nint context);

    [LibraryImport("cuda", EntryPoint = "cuCtxPopCurrent_v2")]
    private static partial int PopContext(out nint context);

    [LibraryImport("cuda", EntryPoint = "cuMemGetInfo_v2")]
    private static partial int GetMemory(out nuint free, out nuint total);
}
