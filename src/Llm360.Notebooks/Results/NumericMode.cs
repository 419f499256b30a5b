// On which kind of device, and with which type of hidden states, a cell was computed.

namespace Llm360.Notebooks;

/// <summary>The part of a cell's identity that tells numerics apart.</summary>
/// <remarks>
/// Weights and settings fix the type of the weights, so two things are left that change the last
/// bits: the kind of device, and the type of hidden states on it (<see
/// cref="LanguageModel.HiddenType"/>).
/// Threads, the number of the device and vector width are no part of it. When the rule for hidden
/// types changes, change the text here: cells of the former rule become stale.
/// </remarks>
internal static class NumericMode
{
    /// <summary>Weights of 16 bits have float32 hidden states.</summary>
    private const string Cpu = "cpu/float32";

    /// <summary>Hidden states have the type of the weights.</summary>
    private const string Cuda = "cuda/weights";

    /// <summary>All modes.</summary>
    public static IReadOnlyList<string> All { get; } = [Cpu, Cuda];

    /// <summary>The mode of a device.</summary>
    public static string Of(Device device) => device.Kind == Device.Cpu.Kind ? Cpu : Cuda;
}
