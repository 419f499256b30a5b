// The kind of device and the type of hidden states with which a cell was computed.

namespace Llm360.Notebooks;

/// <summary>The part of a cell's identity that distinguishes numerics.</summary>
/// <remarks>
/// Weights and settings determine the type of the weights. Two more things change the last bits:
/// the kind of device, and its type of hidden states (<see cref="LanguageModel.HiddenType"/>).
/// Threads, the number of the device and vector width are not part of the identity. If the rule for
/// hidden types changes, change the text here: cells of the former rule then become stale.
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
